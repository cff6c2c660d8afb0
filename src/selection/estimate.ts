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

/** Rows of the two trial runs of k-centers, and values of the trial of logits: together a second or so on two cores. */
export const TRIAL_ROWS = 12_000;
const TRIAL_VALUES = 1 << 21;

/**
 * Says roughly what a selection takes on this machine, from a short trial: k-centers picks from two samples of different
 * size with the pool's share of picks, and what it costs more on the larger one tells how it grows, since pruning pays
 * the more the larger the pool. Within a factor of three on 70,000 rows of trained features and of noise.
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
      const trial = sample ?? madeUp(Math.min(rows, TRIAL_ROWS), columns);
      // m, the nearest center and the order of each row; each center; blocks of the products.
      const workingBytes = 40 * rows + budget * (4 * columns + 24) + (32 << 20);
      return { seconds: await growth(trial, size), inputBytes, workingBytes };
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

/** Seconds of k-centers on the pool, from a quarter of the trial rows and all of them: seconds ~ (rows × picks)^power. */
async function growth(trial: Matrix, { rows, budget, threads }: SelectionSize): Promise<number> {
  if (rows === 0 || budget === 0) return 0;
  const given = threads === undefined ? {} : { threads };
  const run = async (some: number) => {
    const picks = Math.min(some, budget, Math.max(Math.min(budget, 32), Math.round((budget * some) / rows)));
    const stride = Math.floor(trial.rows / some);
    const part = some === trial.rows ? trial : everyRow(trial, stride, some);
    return {
      seconds: await timed(() => kCenterGreedy(part, { budget: picks, start: 0, ...given })),
      work: some * picks,
    };
  };
  const small = await run(Math.ceil(trial.rows / 4));
  const large = await run(trial.rows);
  const measured = Math.log(large.seconds / small.seconds) / Math.log(large.work / small.work);
  // More picks from more rows never cost less, and never more than one pass over all rows for each pick.
  const power = Number.isFinite(measured) ? Math.min(1, Math.max(0.5, measured)) : 1;
  return large.seconds * ((rows * budget) / large.work) ** power;
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

/** Seconds of the quicker of two runs: the first one also pays for loading and for warming up. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 2; turn++) {
    const startedAt = performance.now();
    await run();
    best = Math.min(best, performance.now() - startedAt);
  }
  return best / 1000;
}
