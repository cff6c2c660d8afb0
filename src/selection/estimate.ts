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

/** Rows and picks of the trial run: enough to be timed, a fraction of a second on two cores. */
const TRIAL_ELEMENTS = 1 << 21;
const TRIAL_PICKS = 64;

/**
 * Says roughly what a selection takes on this machine, from a short trial on made-up data of the same width.
 * k-centers is taken to cost rows × columns × budget; the trial's data are without structure, where pruning helps
 * least, so that features of a trained network usually take less.
 */
export async function estimateSelection(
  method: SelectionMethod,
  size: SelectionSize,
): Promise<SelectionEstimate> {
  const { rows, columns, budget, threads } = size;
  const inputBytes = 4 * rows * columns;
  const given = threads === undefined ? {} : { threads };
  switch (method.needs) {
    case 'features': {
      const trial = trialMatrix(Math.min(rows, Math.ceil(TRIAL_ELEMENTS / Math.max(1, columns))), columns);
      const picks = Math.min(budget, TRIAL_PICKS, trial.rows);
      const seconds = await timed(() => kCenterGreedy(trial, { budget: picks, start: 0, ...given }));
      const work = (rows * budget) / Math.max(1, trial.rows * picks);
      // m and the bookkeeping of each row; each center and its norm; blocks of the products.
      const workingBytes = 40 * rows + budget * (4 * columns + 24) + (32 << 20);
      return { seconds: seconds * work, inputBytes, workingBytes };
    }
    case 'logits': {
      const trial = trialMatrix(Math.min(rows, Math.ceil(TRIAL_ELEMENTS / Math.max(1, columns))), columns);
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

function ranking(rows: number, budget: number): Promise<number> {
  const random = new Random(1);
  const scores = Float32Array.from({ length: Math.min(rows, 1 << 18) }, () => random.uniform());
  return timed(async () =>
    rankDescending(scores, Math.ceil((budget * scores.length) / Math.max(1, rows))),
  ).then((seconds) => (seconds * rows) / Math.max(1, scores.length));
}

/** Made-up features: a table of normal deviates read from a different place for each row, which is quicker than drawing. */
function trialMatrix(rows: number, columns: number): Matrix {
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
