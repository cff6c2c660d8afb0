import { unlessAborted } from '../core/abort';
import type { BrokenItem, PoolBatch, PoolSource } from '../data/pool';
import { isSvpError, SvpError } from '../errors';
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
      return scorer.score({ size, itemShape: pool.itemShape, values }, wanted, (outputs) => {
        batch.release?.();
        return finishBatch(batch, outputs, options, pool);
      });
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
      yield answer;
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

/** @param outputs lent: what is kept of them is copied */
async function finishBatch(
  { first, size, broken }: PoolBatch,
  outputs: Outputs,
  { arrays, temperature, signal }: PassOptions,
  pool: PoolSource,
): Promise<ScoredBatch> {
  for (const values of Object.values(outputs)) {
    const columns = values.length / size;
    for (const { row } of broken) values.fill(0, (row - first) * columns, (row - first + 1) * columns);
  }
  const check = (name: OutputName) => {
    const values = outputs[name] as Float32Array;
    checkFinite(name, values, values.length / size, first, pool);
  };
  const given: ScoredBatch['arrays'] = {};
  const measures = arrays.filter((name): name is UncertaintyMeasure =>
    (MEASURES as readonly string[]).includes(name),
  );
  if (measures.length > 0) {
    const data = outputs.logits as Float32Array;
    // A thread of its own would cost more than a batch takes, and the cores belong to the model.
    const how = {
      measures,
      threads: 1,
      ...(temperature !== undefined && { temperature }),
      ...(signal && { signal }),
    };
    try {
      Object.assign(
        given,
        await batchUncertainty({ data, rows: size, columns: data.length / size }, first, how),
      );
    } catch (error) {
      // Which item it is of, where a value is at fault.
      if (isSvpError(error) && error.code === 'SVP_E_NONFINITE') check('logits');
      throw error;
    }
  }
  for (const name of ['logits', 'features'] as const) {
    if (!arrays.includes(name)) continue;
    if (name === 'features' || measures.length === 0) check(name);
    given[name] = outputs[name]?.slice();
  }
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
  // A sum is not finite if a value is not; only then is it worth a closer look. Four sums do not wait for each other.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += Math.abs(values[i]);
    b += Math.abs(values[i + 1]);
    c += Math.abs(values[i + 2]);
    d += Math.abs(values[i + 3]);
  }
  for (let i = whole; i < values.length; i++) a += Math.abs(values[i]);
  if (Number.isFinite(a + b + c + d)) return;
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
