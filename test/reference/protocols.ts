/**
 * The two protocols of Selection via Proxy as plainly as they can be written (sections 2.1 to 2.3, Algorithms 1 and 2), over
 * the fake training host's models: lists, no files, everything done again each time.
 */
import type { TrainJob } from '../../src/experiments/training-host';
import { fakeFeatures, fakeForgetting, fakeModel, fakeScore } from './fake-training-host';
import { kCenterGreedyOracle } from './k-center-greedy';

export type OracleMethod =
  | 'random'
  | 'least-confidence'
  | 'margin'
  | 'entropy'
  | 'k-centers'
  | 'forgetting-events';

/** Candidates by falling score; the earlier candidate wins a tie. */
function byScore(candidates: number[], score: (row: number) => number): number[] {
  return candidates
    .map((row, place) => ({ row, place, value: score(row) }))
    .sort((a, b) => (a.value === b.value ? a.place - b.place : b.value > a.value ? 1 : -1))
    .map(({ row }) => row);
}

/** Algorithm 1 on the fake features of the pool, with `centers` chosen already. */
function farthest(
  pool: number[],
  centers: number[],
  first: number[],
  budget: number,
  model: number,
): number[] {
  const features = {
    data: Float32Array.from(pool.flatMap((row) => fakeFeatures(model, row))),
    rows: pool.length,
    columns: 2,
  };
  const places = (rows: number[]) => rows.map((row) => pool.indexOf(row));
  const { indices } = kCenterGreedyOracle(features, {
    budget,
    initial: places(centers),
    first: places(first),
  });
  return indices.map((place) => pool[place]);
}

export interface ActiveOracle {
  pool: number[];
  initial: number[];
  rounds: number[];
  method: OracleMethod;
  /** The proxy's training on some rows. */
  job: (rows: number[]) => TrainJob;
  warmStart?: boolean;
  /** For random: the pool in a random order. */
  order?: number[];
}

/** Active learning: the labelled set after each round. A proxy is trained on all labelled rows, from fresh weights. */
export function activeOracle({
  pool,
  initial,
  rounds,
  method,
  job,
  warmStart,
  order,
}: ActiveOracle): number[][] {
  const sets: number[][] = [];
  let labelled = initial;
  let previous: number | undefined;
  for (const size of rounds) {
    const unlabelled = pool.filter((row) => !labelled.includes(row));
    let chosen: number[];
    if (method === 'random') {
      chosen = order!.filter((row) => unlabelled.includes(row)).slice(0, size);
    } else {
      const model = fakeModel(job(labelled), warmStart ? previous : undefined);
      previous = model;
      chosen =
        method === 'k-centers'
          ? farthest(pool, labelled, [], size, model)
          : byScore(unlabelled, (row) => fakeScore(model, row, method)).slice(0, size);
    }
    labelled = [...labelled, ...chosen];
    sets.push(labelled);
  }
  return sets;
}

export interface CoreSetOracle {
  pool: number[];
  budget: number;
  method: OracleMethod;
  job: (rows: number[]) => TrainJob;
  /** k-centers: the random picks at first. */
  first?: number[];
  order?: number[];
}

/** Core-set selection: a proxy trained on everything, and the `budget` examples that rank first by it. */
export function coreSetOracle({ pool, budget, method, job, first = [], order }: CoreSetOracle): number[] {
  if (method === 'random') return order!.slice(0, budget);
  const model = fakeModel(job(pool));
  if (method === 'k-centers') return farthest(pool, [], first, budget, model);
  const score = (row: number) =>
    method === 'forgetting-events' ? fakeForgetting(model, row) : fakeScore(model, row, method);
  return byScore(pool, score).slice(0, budget);
}
