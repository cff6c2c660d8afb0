import { unlessAborted } from '../core/abort';
import type { BrokenItem, PoolBatch, PoolSource } from '../data/pool';
import { SvpError } from '../errors';
import type { OutputName, Outputs } from '../models/model';
import type { Scorer } from '../scoring/scorer';
import { batchUncertainty, MEASURES, type UncertaintyMeasure } from '../selection/batch-uncertainty';

/** The arrays that a pass can give, one row an item. */
export type ScoreArray = OutputName | UncertaintyMeasure;

/** Batches in the scorer's hands at once: one that it works on, and two that wait, read while it works. */
const IN_FLIGHT = 3;

export interface PassOptions {
  arrays: readonly ScoreArray[];
  batchSize: number;
  first?: number;
  temperature?: number;
  strict?: boolean;
  signal?: AbortSignal;
}

/** One batch's rows of each wanted array; rows of broken items are NaN. */
export interface ScoredBatch {
  first: number;
  size: number;
  arrays: Partial<Record<ScoreArray, Float32Array>>;
  broken: BrokenItem[];
}

/** What the model has to give for the wanted arrays. */
export function modelOutputs(arrays: readonly ScoreArray[]): OutputName[] {
  const measured = arrays.some((name) => (MEASURES as readonly string[]).includes(name));
  return [
    ...(measured || arrays.includes('logits') ? ['logits' as const] : []),
    ...(arrays.includes('features') ? ['features' as const] : []),
  ];
}

/**
 * Scores a pool batch by batch, in order. Reading, scoring and what the caller does with the answers overlap; memory is
 * a few batches. Logits become measures at once.
 * @throws SvpError SVP_E_NONFINITE (names row and item), SVP_E_FILE (a broken item under `strict`), SVP_E_ABORT, and what
 *   pool and scorer throw
 */
export async function* scoredBatches(
  scorer: Scorer,
  pool: PoolSource,
  options: PassOptions,
): AsyncGenerator<ScoredBatch, void, void> {
  const { batchSize, first = 0, signal } = options;
  const wanted = modelOutputs(options.arrays);
  const iterator = pool.batches({ batchSize, first, signal })[Symbol.asyncIterator]();
  let reading: Promise<unknown> = Promise.resolve();
  const next = () => {
    const read = reading.then(() => iterator.next());
    reading = read.catch(() => {});
    const scored = read.then(async ({ done, value: batch }) => {
      if (done) return undefined;
      if (options.strict && batch.broken.length > 0) throw brokenError(batch.broken[0]);
      const { size, values } = batch;
      return { batch, outputs: await scorer.score({ size, itemShape: pool.itemShape, values }, wanted) };
    });
    // Whoever waits for it hears of its failure; after an abort nobody does.
    scored.catch(() => {});
    return scored;
  };
  const queue = Array.from({ length: IN_FLIGHT }, next);
  let finished = false;
  try {
    for (;;) {
      const answer = await unlessAborted(signal, queue.shift()!);
      if (answer === undefined) break;
      queue.push(next());
      yield await unlessAborted(signal, finishBatch(answer.batch, answer.outputs, options, pool));
    }
    finished = true;
  } finally {
    const ended = Promise.resolve(iterator.return?.()).catch(() => {});
    // A read under way may take long; after an abort or a failure nobody waits for it.
    if (finished) await ended;
  }
}

function brokenError({ row, item, reason }: BrokenItem): SvpError {
  return new SvpError(
    'SVP_E_FILE',
    `Item ${row}, ${item}, cannot be read: ${reason}. Without --strict (strict: true) it is counted and its outputs are NaN.`,
    { file: item, row },
  );
}

async function finishBatch(
  { first, size, broken }: PoolBatch,
  outputs: Outputs,
  { arrays, temperature, signal }: PassOptions,
  pool: PoolSource,
): Promise<ScoredBatch> {
  for (const [name, values] of Object.entries(outputs) as [OutputName, Float32Array][]) {
    const columns = values.length / size;
    for (const { row } of broken) values.fill(0, (row - first) * columns, (row - first + 1) * columns);
    checkFinite(name, values, columns, first, pool);
  }
  const given: ScoredBatch['arrays'] = {};
  const measures = arrays.filter((name): name is UncertaintyMeasure =>
    (MEASURES as readonly string[]).includes(name),
  );
  if (measures.length > 0) {
    const logits = outputs.logits as Float32Array;
    const scores = await batchUncertainty(
      { data: logits, rows: size, columns: logits.length / size },
      first,
      // A thread of its own would cost more than a batch takes, and the cores belong to the model.
      { measures, threads: 1, ...(temperature !== undefined && { temperature }), ...(signal && { signal }) },
    );
    Object.assign(given, scores);
  }
  for (const name of ['logits', 'features'] as const) if (arrays.includes(name)) given[name] = outputs[name];
  for (const values of Object.values(given)) {
    const columns = values.length / size;
    for (const { row } of broken) {
      values.fill(Number.NaN, (row - first) * columns, (row - first + 1) * columns);
    }
  }
  return { first, size, arrays: given, broken };
}

/** A logit of −Infinity is probability 0; everything else has to be finite. */
function checkFinite(
  name: OutputName,
  values: Float32Array,
  columns: number,
  first: number,
  pool: PoolSource,
): void {
  // A sum is not finite if a value is not; only then is it worth a closer look.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]);
  if (Number.isFinite(sum)) return;
  const bad = values.findIndex(
    (value) => !Number.isFinite(value) && !(name === 'logits' && value === Number.NEGATIVE_INFINITY),
  );
  if (bad < 0) return;
  const row = first + Math.floor(bad / columns);
  const item = pool.itemNames?.[row];
  throw new SvpError(
    'SVP_E_NONFINITE',
    `The model gives ${values[bad]} as ${name} of row ${row}${item === undefined ? '' : ` (${item})`}, column ${bad % columns}. ` +
      'Look at how its inputs are scaled, and at the model itself.',
    { row, column: bad % columns },
  );
}
