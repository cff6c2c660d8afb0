import type { Matrix } from '../core/matrix';
import { Random } from '../core/random';
import { kCenterGreedy } from '../native/k-center-greedy';
import { uncertainty } from '../native/uncertainty';
import type { SelectionMethod } from './method';
import { rankDescending } from './rank';

export interface SelectionSize {
  /** n */
  rows: number;
  /** d, or classes, or 1 */
  columns: number;
  budget: number;
  threads?: number;
}

export interface SelectionEstimate {
  /** Of picking alone; reading the file comes on top. */
  seconds: number;
  /** Bytes of the input once it is in memory. */
  inputBytes: number;
  /** Bytes beside the input at the most. */
  workingBytes: number;
}

/** Values of the trial of logits. */
const TRIAL_VALUES = 1 << 21;
/** The larger trial of k-centers is expected to take at most this; fewer rows where the smaller one says otherwise. */
const LARGE_TRIAL_SECONDS = 1;
/**
 * Time grows with rows × picks at least to this power: up to 100,000 rows, and beyond, where the features leave the
 * caches. Measured on features of a trained network and on noise.
 */
const LEAST_POWER = 0.6;
const LEAST_POWER_BEYOND = 0.8;
const BEYOND_ROWS = 100_000;

/** Rows of the larger of the two trial runs of k-centers; with the smaller one less than three seconds on two cores. */
export function trialRows(rows: number): number {
  return Math.min(rows, 65_536, Math.max(12_000, Math.ceil(rows / 8)));
}

/**
 * Says roughly what a selection takes on this machine, from a short trial: k-centers picks from two samples of different
 * size with the pool's share of picks, and what it costs more on the larger one tells how it grows, since pruning pays
 * the more the larger the pool. Within a factor of two for a tenth of 70,000 to 1,281,167 rows of trained features and of
 * noise, and for a full ranking; thousands out of a million rows take less than it says, to a quarter.
 * @param sample some rows of the features; made-up rows without structure are taken where there are none, which usually
 *   take longer
 */
export async function estimateSelection(
  method: SelectionMethod,
  size: SelectionSize,
  sample?: Matrix,
): Promise<SelectionEstimate> {
  const { rows, columns, budget, threads } = size;
  const inputBytes = 4 * rows * columns;
  const given = threads === undefined ? {} : { threads };
  switch (method.needs) {
    case 'features': {
      const trial =
        sample ?? madeUp(Math.min(trialRows(rows), Math.ceil((1 << 24) / Math.max(1, columns))), columns);
      const { seconds, dense } = await growth(trial, size);
      // z, m, the nearest center and the order of each row; z of each center, in the filter and for refinement; blocks.
      const workingBytes = 300 * rows + budget * (600 + (dense ? 4 * columns : 0)) + (32 << 20);
      return { seconds, inputBytes, workingBytes };
    }
    case 'logits': {
      const trial = madeUp(Math.min(rows, Math.ceil(TRIAL_VALUES / Math.max(1, columns))), columns);
      const seconds = await timed(() => uncertainty(trial, { measures: ['entropy'], ...given }));
      const scoring = (seconds * rows) / Math.max(1, trial.rows);
      return { seconds: scoring + (await ranking(rows, budget)), inputBytes, workingBytes: 32 * rows };
    }
    case 'forgetting':
      return { seconds: await ranking(rows, budget), inputBytes: 8 * rows, workingBytes: 28 * rows };
    default:
      return {
        seconds: await timed(async () => new Random(0).permutation(rows)),
        inputBytes: 0,
        workingBytes: 4 * rows + 4 * budget,
      };
  }
}

/**
 * Seconds of k-centers on the pool, from two trials: seconds ~ (rows × picks)^power. `dense`: whether the engine's filter
 * ended up as long as the rows, and so keeps every center whole.
 */
async function growth(
  trial: Matrix,
  { rows, columns, budget, threads }: SelectionSize,
): Promise<{ seconds: number; dense: boolean }> {
  if (rows === 0 || budget === 0) return { seconds: 0, dense: false };
  const given = threads === undefined ? {} : { threads };
  const run = async (some: number, turns: number) => {
    const picks = Math.min(some, budget, Math.max(Math.min(budget, 32), Math.round((budget * some) / rows)));
    const part = some === trial.rows ? trial : everyRow(trial, Math.floor(trial.rows / some), some);
    let dense = false;
    const seconds = await timed(async () => {
      const { stats } = await kCenterGreedy(part, { budget: picks, start: 0, device: 'cpu', ...given });
      dense = stats.filterColumns >= columns;
    }, turns);
    return { seconds, dense, work: some * picks };
  };
  const small = await run(Math.ceil(trial.rows / 4), 2);
  // Rows and picks both grow, so that time grows with the square of the rows at the most.
  const growable = Math.min(4, Math.max(1.5, Math.sqrt(LARGE_TRIAL_SECONDS / small.seconds)));
  const large = await run(
    Math.min(trial.rows, Math.ceil((trial.rows / 4) * growable)),
    small.seconds < 0.1 ? 2 : 1,
  );
  const measured = Math.log(large.seconds / small.seconds) / Math.log(large.work / small.work);
  // More picks from more rows never cost more than one pass over all rows for each pick.
  const power = (least: number) => (Number.isFinite(measured) ? Math.min(1, Math.max(least, measured)) : 1);
  // Rows and picks both shrink, so that work falls with the square.
  const near = rows * budget * Math.min(1, BEYOND_ROWS / rows) ** 2;
  const seconds =
    large.seconds *
    Math.max(1, near / large.work) ** power(LEAST_POWER) *
    ((rows * budget) / Math.max(near, large.work)) ** power(LEAST_POWER_BEYOND);
  return { seconds, dense: large.dense };
}

function everyRow({ data, columns }: Matrix, stride: number, rows: number): Matrix {
  const part = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    part.set(data.subarray(row * stride * columns, (row * stride + 1) * columns), row * columns);
  }
  return { data: part, rows, columns };
}

function ranking(rows: number, budget: number): Promise<number> {
  const random = new Random(1);
  const scores = Float32Array.from({ length: Math.min(rows, 1 << 18) }, () => random.uniform());
  return timed(async () =>
    rankDescending(scores, Math.ceil((budget * scores.length) / Math.max(1, rows))),
  ).then((seconds) => (seconds * rows) / Math.max(1, scores.length));
}

/** Made-up features: a table of normal deviates read from a different place for each row, which is quicker than drawing. */
function madeUp(rows: number, columns: number): Matrix {
  const random = new Random(0);
  const table = Float32Array.from({ length: 65_521 }, () => random.normal());
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    let at = random.below(table.length);
    const step = 1 + random.below(1_000);
    for (let column = 0; column < columns; column++) {
      data[row * columns + column] = table[at];
      at = (at + step) % table.length;
    }
  }
  return { data, rows, columns };
}

/** Seconds of the quickest of some runs: the first one also pays for loading and for warming up. */
async function timed(run: () => Promise<unknown>, turns = 2): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < turns; turn++) {
    const startedAt = performance.now();
    await run();
    best = Math.min(best, performance.now() - startedAt);
  }
  return best / 1000;
}
