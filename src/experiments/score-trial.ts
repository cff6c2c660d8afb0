import { unlessAborted } from '../core/abort';
import { scoredBatches } from './score-pass';
import type { ScoreOutput } from './score-plan';
import type { OpenedPass } from './score-pool';

/** What a pass would do, without doing it. */
export interface ScorePoolPlan {
  count: number;
  itemShape: readonly number[];
  dtype: string;
  batchSize: number;
  outputs: { name: ScoreOutput; shape: number[]; bytes: number }[];
  /** Batches in flight and their outputs; the model's own memory comes on top. */
  workingBytes: number;
  provider: string;
  providerReason: string;
  runtime: string;
  /** Estimate of the whole pass, from a trial batch after one to warm up. */
  seconds: number;
}

/** Batches that lie in memory at once: three scored or waiting, one read ahead. */
const BATCHES = 4;

/** Reads and scores the pool's first batch twice, and reckons. */
export async function tryPass(
  { scorer, pool, plan, columns }: OpenedPass,
  signal: AbortSignal | undefined,
): Promise<ScorePoolPlan> {
  const trial = async () => {
    const startedAt = performance.now();
    const batches = scoredBatches(scorer, firstBatchOf(pool, plan.batchSize), {
      arrays: plan.arrays,
      batchSize: plan.batchSize,
      ...(signal && { signal }),
    });
    let size = 0;
    for await (const batch of batches) size += batch.size;
    return size === 0 ? 0 : (performance.now() - startedAt) / 1000 / size;
  };
  await unlessAborted(signal, trial());
  const perItem = await unlessAborted(signal, trial());
  const outputs = plan.arrays
    .filter((name) => !plan.working.includes(name))
    .map((name) => {
      const width = columns[name];
      const shape = width === undefined ? [pool.count] : [pool.count, width];
      return {
        name: name as ScoreOutput,
        shape,
        bytes: shape.reduce((a, b) => a * b, 4),
      };
    });
  if (plan.topK) outputs.push({ name: 'topK', shape: [plan.topK.k], bytes: plan.topK.k * 8 });
  const itemBytes = pool.itemShape.reduce((a, b) => a * b, pool.dtype === 'uint8' ? 1 : 4);
  const widths = plan.model.reduce((sum, name) => sum + (columns[name] ?? scorer.classes ?? 1), 0);
  return {
    count: pool.count,
    itemShape: pool.itemShape,
    dtype: pool.dtype,
    batchSize: plan.batchSize,
    outputs,
    workingBytes: BATCHES * plan.batchSize * (itemBytes + 4 * widths) + (plan.topK?.k ?? 0) * 24,
    provider: scorer.provider,
    providerReason: scorer.providerReason,
    runtime: scorer.runtime,
    seconds: perItem * pool.count,
  };
}

function firstBatchOf(pool: OpenedPass['pool'], batchSize: number): OpenedPass['pool'] {
  return {
    name: pool.name,
    count: Math.min(pool.count, batchSize),
    itemShape: pool.itemShape,
    dtype: pool.dtype,
    fingerprint: () => pool.fingerprint(),
    close: async () => {},
    async *batches(options) {
      for await (const batch of pool.batches(options)) {
        yield batch;
        return;
      }
    },
  };
}
