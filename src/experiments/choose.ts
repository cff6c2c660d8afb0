import type { Matrix } from '../core/matrix';
import { SvpError } from '../errors';
import type { SelectionMethod } from '../selection/method';
import { rankDescending } from '../selection/rank';
import { select } from '../selection/select';
import { inTurns, takeShares } from './class-balance';
import type { PoolScorer } from './pool-scorer';
import type { JobHooks, TrainOutcome } from './training-host';

/** What is to be chosen. Rows count in the train split. */
export interface Choosing {
  method: SelectionMethod;
  /** What can be chosen, and what is labelled already; in the order that settles ties. */
  pool: Uint32Array;
  /** Part of the pool that is never chosen; k-centers keeps away from it. */
  labelled?: Uint32Array;
  budget: number;
  seed: number;
  /** k-centers without labelled rows: this many random picks first, counted (the paper: 1,000 of 50,000). */
  randomInitial?: number;
  /** How many rows of each class, `budget` in all; `labels` of the whole train split. */
  shares?: { of: readonly number[]; labels: ArrayLike<number> };
  /** k-centers: also say which center is nearest to each row of the pool. */
  assignments?: boolean;
}

/** A model that was trained. */
export interface Chooser {
  /** Its name at the scorer; asked for only when the method looks at what the model gives. */
  model: () => Promise<string>;
  /** With `forgetting`, for the methods that rank by it: a count for each row of the pool. */
  outcome: TrainOutcome;
}

export interface Chosen {
  /** `budget` rows, first pick first. */
  rows: Uint32Array;
  /** What can be chosen in its order, first pick first; by k-centers only the chosen. */
  ranking: Uint32Array;
  /** Running the model over the pool (0 for random and forgetting events), and ordering it. Seconds. */
  inferenceSeconds: number;
  rankingSeconds: number;
  /** How many of the first picks are random (k-centers). */
  randomInitial: number;
  /** For methods that score: one for each row that can be chosen, in the pool's order. */
  scores?: Float32Array | Float64Array;
  /** k-centers: of every row of the pool; and the position in `rows` of its nearest center, where wanted. */
  features?: Matrix;
  assignments?: Uint32Array;
}

/**
 * Chooses `budget` rows of the pool by one method: the step that active learning and core-set selection share (Selection
 * via Proxy, sections 2.1 and 2.2).
 * @throws SvpError SVP_E_BUDGET, SVP_E_NONFINITE (a chooser that diverged), SVP_E_ABORT
 */
export async function choose(
  choosing: Choosing,
  chooser: Chooser | undefined,
  scorer: PoolScorer,
  hooks: JobHooks,
): Promise<Chosen> {
  const { method, pool, labelled } = choosing;
  if (method.needs === 'nothing') return chooseAtRandom(choosing, hooks);
  if (!chooser)
    throw new SvpError('SVP_E_INTERNAL', `The method ${method.name} needs a trained model to choose by.`);
  if (method.needs === 'features') return chooseCenters(choosing, chooser, scorer, hooks);
  const candidates = without(pool, labelled);
  let scores: Float32Array | Float64Array | undefined = chooser.outcome.forgetting;
  let inferenceSeconds = 0;
  if (method.needs === 'logits') {
    const pass = await scorer.scores(await chooser.model(), candidates, method.name, hooks);
    scores = pass.scores;
    inferenceSeconds = pass.seconds;
  }
  if (scores?.length !== candidates.length) {
    throw new SvpError('SVP_E_INTERNAL', `${method.name} has no score for each of the pool's rows.`);
  }
  const startedAt = performance.now();
  const ranking = rankDescending(scores).map((position) => candidates[position]);
  const rows = firstOf(ranking, choosing);
  return {
    rows,
    ranking,
    scores,
    inferenceSeconds,
    rankingSeconds: secondsSince(startedAt),
    randomInitial: 0,
  };
}

async function chooseAtRandom(choosing: Choosing, { signal }: JobHooks): Promise<Chosen> {
  const { method, pool, labelled, seed } = choosing;
  const startedAt = performance.now();
  const initial = labelled?.length ? positionsOf(labelled, pool) : undefined;
  const left = pool.length - (initial?.length ?? 0);
  const { indices } = await select({
    method: method.name,
    budget: left,
    poolSize: pool.length,
    seed,
    signal,
    ...(initial ? { initial } : {}),
  });
  const ranking = indices.map((position) => pool[position]);
  return {
    rows: firstOf(ranking, choosing),
    ranking,
    inferenceSeconds: 0,
    rankingSeconds: secondsSince(startedAt),
    randomInitial: 0,
  };
}

async function chooseCenters(
  choosing: Choosing,
  chooser: Chooser,
  scorer: PoolScorer,
  hooks: JobHooks,
): Promise<Chosen> {
  const { method, pool, labelled, budget, seed, shares, assignments } = choosing;
  // Labelled rows are scored with the rest: they are centers from the beginning.
  const { features, seconds: inferenceSeconds } = await scorer.features(await chooser.model(), pool, hooks);
  const startedAt = performance.now();
  const options = {
    method: method.name,
    features,
    seed,
    signal: hooks.signal,
    ...(assignments ? { assignments: true } : {}),
    ...(hooks.onProgress ? { onProgress: hooks.onProgress } : {}),
  };
  const randomInitial = labelled?.length ? 0 : Math.min(choosing.randomInitial ?? 0, budget);
  const rowsOf = (positions: Uint32Array) => positions.map((position) => pool[position]);
  const settle = (rows: Uint32Array, given?: Uint32Array): Chosen => ({
    rows,
    ranking: rows,
    features,
    ...(given ? { assignments: given } : {}),
    inferenceSeconds,
    rankingSeconds: secondsSince(startedAt),
    randomInitial,
  });
  if (!shares) {
    const initial = labelled?.length ? positionsOf(labelled, pool) : undefined;
    const picked = await select({
      ...options,
      budget,
      ...(initial ? { initial } : {}),
      ...(randomInitial > 0 ? { randomInitial } : {}),
    });
    return settle(rowsOf(picked.indices), picked.assignments);
  }
  // Within each class on its own. The random first picks are drawn here, so that every class has its part of them.
  const { indices: order } = await select({
    method: 'random',
    budget: pool.length,
    poolSize: pool.length,
    seed,
  });
  const labelOf = Uint32Array.from(pool, (row) => shares.labels[row]);
  const part = scaled(shares.of, randomInitial);
  const first = takeShares(order, labelOf, part);
  const picked = await select({
    ...options,
    budget: budget - first.length,
    initial: first,
    classes: { labels: labelOf, budgets: shares.of.map((share, c) => share - part[c]) },
  });
  const turns = (positions: Uint32Array) => inTurns(positions, labelOf);
  const rows = rowsOf(Uint32Array.from([...turns(first), ...turns(picked.indices)]));
  return { ...settle(rows), randomInitial: first.length };
}

/** `total` in the proportions of `shares`, none above its share; what rounding leaves goes to the lowest classes. */
function scaled(shares: readonly number[], total: number): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  if (sum === 0) return shares.map(() => 0);
  const parts = shares.map((share) => Math.floor((share * total) / sum));
  let left = total - parts.reduce((a, b) => a + b, 0);
  for (let c = 0; c < parts.length && left > 0; c++) {
    if (parts[c] < shares[c]) {
      parts[c]++;
      left--;
    }
  }
  return parts;
}

function firstOf(ranking: Uint32Array, { budget, shares }: Choosing): Uint32Array {
  return shares ? takeShares(ranking, shares.labels, shares.of) : ranking.slice(0, budget);
}

/** The rows of the pool that are not among `labelled`, in the pool's order. */
export function without(pool: Uint32Array, labelled?: Uint32Array): Uint32Array {
  if (!labelled?.length) return pool;
  const taken = new Set(labelled);
  return pool.filter((row) => !taken.has(row));
}

/** Where in the pool each of `rows` stands. */
export function positionsOf(rows: Uint32Array, pool: Uint32Array): Uint32Array {
  const place = new Map<number, number>();
  pool.forEach((row, position) => {
    place.set(row, position);
  });
  return rows.map((row) => place.get(row) as number);
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}
