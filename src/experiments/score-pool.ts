import { createHash } from 'node:crypto';
import { z } from 'zod';
import { throwIfAborted, unlessAborted } from '../core/abort';
import { parseOptions } from '../core/options';
import { ProgressMeter } from '../core/progress';
import type { PoolSource } from '../data/pool';
import { datasetPool, matrixPool } from '../data/pools/array-pool';
import { openPool } from '../data/pools/open-pool';
import { isSvpError, SvpError } from '../errors';
import { fitPool, imageFilesFor, textsFor } from '../scoring/fit-pool';
import type { Scorer } from '../scoring/scorer';
import { type OpenScorer, openScorer } from './open-scorer';
import { ScoreArrays } from './score-arrays';
import { FILE_OF, ScoreFiles, TOP_K_INDEX, TOP_K_SCORES } from './score-files';
import {
  checkTogether,
  isSource,
  type Pool,
  type ScorePoolOptions,
  type ScorePoolResult,
  scoreOptionsShape,
} from './score-options';
import { type ScoredBatch, scoredBatches } from './score-pass';
import { planScores, type ScorePlan } from './score-plan';
import { topOf } from './score-top';
import { type ScorePoolPlan, tryPass } from './score-trial';

/**
 * A scoring pass: runs a model over a pool and keeps logits, features ("Selection via Proxy", section 3.1), measures of
 * uncertainty (section 2.2) or the most uncertain rows. Nothing is augmented. ONNX models and checkpoints run in a child
 * process, a model in memory in this thread. With `out` the outputs are written as they come, and memory is a few batches
 * whatever the pool's size; an interrupted pass goes on with `resume` and gives the same bytes.
 *
 * @throws SvpError SVP_E_OPTION, SVP_E_FILE, SVP_E_FORMAT, SVP_E_SHAPE (pool and model do not fit; both shapes are named),
 *   SVP_E_NONFINITE (names the row), SVP_E_INDEX, SVP_E_BUDGET, SVP_E_EXISTS, SVP_E_CHECKPOINT (what was interrupted was
 *   another pass), SVP_E_WRITE, SVP_E_DEVICE, SVP_E_MEMORY, SVP_E_RUNTIME, SVP_E_ABORT
 */
export async function scorePool(options: ScorePoolOptions): Promise<ScorePoolResult> {
  const o = parseOptions(z.object(scoreOptionsShape), options, 'scorePool') as ScorePoolOptions;
  checkTogether(o);
  return withScorerAndPool(o, (opened) => (o.out === undefined ? toArrays(o, opened) : toFiles(o, opened)));
}

/**
 * What a pass with these options would do: shapes, memory and a rough time, from a trial batch. Nothing is written.
 * @throws SvpError as `scorePool`
 */
export async function scorePoolPlan(options: ScorePoolOptions): Promise<ScorePoolPlan> {
  const o = parseOptions(z.object(scoreOptionsShape), options, 'scorePoolPlan') as ScorePoolOptions;
  checkTogether(o);
  return withScorerAndPool(o, (opened) => tryPass(opened, o.signal));
}

/** Model, pool and plan of a pass, ready to run. */
export interface OpenedPass {
  scorer: Scorer;
  modelFingerprint: OpenScorer['fingerprint'];
  pool: PoolSource;
  plan: ScorePlan;
  /** Columns of each array; undefined for the measures, which are one number a row. */
  columns: Partial<Record<ScorePlan['arrays'][number], number | undefined>>;
}

/** Opens model and pool, works with them, and closes them whatever happens. */
async function withScorerAndPool<T>(
  o: ScorePoolOptions,
  work: (opened: OpenedPass) => Promise<T>,
): Promise<T> {
  throwIfAborted(o.signal);
  const { scorer, fingerprint } = await openScorer(o.model, {
    ...(o.inputConfig !== undefined && { inputConfig: o.inputConfig }),
    ...(o.threads !== undefined && { threads: o.threads }),
    ...(o.device && { device: o.device }),
    ...(o.signal && { signal: o.signal }),
  });
  let source: PoolSource | undefined;
  try {
    source = await unlessAborted(o.signal, poolOf(o, scorer));
    const pool = fitPool(source, scorer.input, scorer.name);
    const plan = planScores(pool, scorer, o);
    await unlessAborted(o.signal, scorer.prepare(pool.itemShape, plan.model));
    const widths = { logits: scorer.classes, features: scorer.featureSize };
    const columns = Object.fromEntries(
      plan.arrays.map((name) => [name, name === 'logits' || name === 'features' ? widths[name] : undefined]),
    );
    return await work({ scorer, modelFingerprint: fingerprint, pool, plan, columns });
  } finally {
    await scorer.close();
    await source?.close();
  }
}

async function poolOf(o: ScorePoolOptions, scorer: Scorer): Promise<PoolSource> {
  const given = (o.pool ?? o.dataset) as Pool;
  if (typeof given === 'string') {
    return openPool(given, {
      images: () => imageFilesFor(scorer.input, scorer.name),
      texts: () => textsFor(scorer.input, scorer.name),
      ...(o.cacheDirectory !== undefined && { cacheDirectory: o.cacheDirectory }),
      ...(o.signal && { signal: o.signal }),
    });
  }
  if (isSource(given)) return given;
  return 'images' in given ? datasetPool(given, o.indices) : matrixPool(given, o.indices);
}

interface Run {
  rows: number;
  seconds: number;
}

/** The pass itself, into whatever takes batches. */
async function run(
  o: ScorePoolOptions,
  { scorer, pool, plan }: OpenedPass,
  first: number,
  write: (batch: ScoredBatch) => Promise<void> | void,
): Promise<Run> {
  const meter = new ProgressMeter(`scoring with ${scorer.name}`, pool.count, 'items', o.onProgress);
  const startedAt = performance.now();
  let done = first;
  let broken = 0;
  for await (const batch of scoredBatches(scorer, pool, {
    arrays: plan.arrays,
    batchSize: plan.batchSize,
    first,
    ...(o.temperature !== undefined && { temperature: o.temperature }),
    ...(o.strict !== undefined && { strict: o.strict }),
    ...(o.signal && { signal: o.signal }),
  })) {
    await unlessAborted(o.signal, Promise.resolve(write(batch)));
    done += batch.size;
    broken += batch.broken.length;
    const own = pool.count - first;
    meter.report(done, {
      ...(first > 0 && { resumed: first }),
      fraction: own > 0 ? (done - first) / own : 1,
      ...(broken > 0 && { detail: `${broken} broken` }),
    });
  }
  throwIfAborted(o.signal);
  if (done !== pool.count) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${pool.name} gave ${done} items, but it said that it holds ${pool.count}.`,
    );
  }
  return { rows: done - first, seconds: (performance.now() - startedAt) / 1000 };
}

const about = ({ scorer, plan, pool }: OpenedPass) => ({
  count: pool.count,
  batchSize: plan.batchSize,
  provider: scorer.provider,
  providerReason: scorer.providerReason,
  runtime: scorer.runtime,
});

async function toArrays(o: ScorePoolOptions, opened: OpenedPass): Promise<ScorePoolResult> {
  const { plan, pool, columns } = opened;
  const arrays = new ScoreArrays(pool.count, columns);
  const { seconds } = await run(o, opened, 0, (batch) => arrays.write(batch));
  const topK = plan.topK && (await topOf(arrays.column(plan.topK.by), plan.topK.k));
  return {
    ...about(opened),
    broken: arrays.broken,
    ...arrays.results(plan.working),
    ...(topK && { topK }),
    resumed: 0,
    seconds,
  };
}

async function toFiles(o: ScorePoolOptions, opened: OpenedPass): Promise<ScorePoolResult> {
  const { scorer, pool, plan, columns } = opened;
  const folder = o.out as string;
  const decides = {
    outputs: plan.arrays,
    topK: plan.topK ?? null,
    batchSize: plan.batchSize,
    temperature: o.temperature ?? 1,
    input: scorer.input,
    runtime: [scorer.provider, scorer.runtime],
    pool: { count: pool.count, itemShape: pool.itemShape, dtype: pool.dtype },
  };
  const [model, pooled] = await unlessAborted(
    o.signal,
    Promise.all([opened.modelFingerprint(), pool.fingerprint()]),
  );
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([1, model, pooled, decides]))
    .digest('hex');
  const files = await ScoreFiles.open({
    folder,
    count: pool.count,
    arrays: columns,
    working: plan.working,
    fingerprint,
    resume: o.resume ?? false,
    force: o.force ?? false,
  });
  const named: ScorePoolResult['files'] = Object.fromEntries(
    plan.arrays
      .filter((name) => !plan.working.includes(name))
      .map((name) => [name, pathIn(folder, FILE_OF[name])]),
  );
  if (plan.topK) named.topK = pathIn(folder, TOP_K_INDEX);
  if (!(files instanceof ScoreFiles)) {
    const { broken } = files.finished as { broken: ScorePoolResult['broken'] };
    return { ...about(opened), broken, files: named, resumed: pool.count, seconds: 0 };
  }
  try {
    const { seconds } = await run(o, opened, files.first, (batch) => files.write(batch));
    const topK = plan.topK && (await topOf(files.column(plan.topK.by), plan.topK.k));
    const record = {
      version: 1,
      model: {
        name: scorer.name,
        sha256: model,
        input: scorer.input,
        classes: scorer.classes,
        featureSize: scorer.featureSize,
      },
      pool: { name: pool.name, ...decides.pool },
      outputs: Object.fromEntries(
        plan.arrays
          .filter((name) => !plan.working.includes(name))
          .map((name) => [
            name,
            {
              file: FILE_OF[name],
              shape: columns[name] === undefined ? [pool.count] : [pool.count, columns[name]],
            },
          ]),
      ),
      ...(plan.topK && { topK: { ...plan.topK, indices: TOP_K_INDEX, scores: TOP_K_SCORES } }),
      batchSize: plan.batchSize,
      temperature: decides.temperature,
      provider: scorer.provider,
      providerReason: scorer.providerReason,
      runtime: scorer.runtime,
      broken: files.broken,
      fingerprint,
    };
    await files.finish(record, topK);
    return {
      ...about(opened),
      broken: files.broken,
      ...(topK && { topK }),
      files: named,
      resumed: files.first,
      seconds,
    };
  } catch (error) {
    // Bad data stay bad: nothing to go on from. A stop, a full disk or lacking memory can be got over.
    const again = isSvpError(error) && (error.exitCode === 4 || error.code === 'SVP_E_ABORT');
    await files.abandon(again);
    throw error;
  }
}

const pathIn = (folder: string, name: string) => `${folder.replace(/\/+$/, '')}/${name}`;
