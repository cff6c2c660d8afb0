/**
 * The steps of core-set selection via proxy (Selection via Proxy, sections 2.2 and 2.3), for any data set: split the
 * pool, train the model that chooses, let a method choose, train the target on the choice. `core-set.ts` runs them once,
 * `quickstart.ts` for several methods beside each other.
 */

import type { Matrix } from '../core/matrix';
import { Random } from '../core/random';
import type { Dataset } from '../data/examples';
import { splitValidation } from '../data/split';
import { validationSize } from '../data/validation-size';
import { SvpError } from '../errors';
import { rankDescending } from '../selection/rank';
import { findMethod } from '../selection/registry';
import { choose, positionsOf } from './choose';
import type { Network } from './network';
import { poolScorer } from './pool-scorer';
import type { RunDirectory, SelectionLine, TrainingLine } from './run-directory';
import type { JobHooks, TrainingHost, TrainJob, TrainOutcome } from './training-host';

/** Disjoint rows of the train split. */
export interface PoolSplit {
  /** What can be kept, in a random order by seed: ties of a ranking then fall at random, not by class or source. */
  pool: Uint32Array;
  /** Held out to choose epochs by; often empty. */
  validation: Uint32Array;
}

/** Where and on what the steps run. */
export interface CoreSetContext extends PoolSplit {
  host: TrainingHost;
  /** Rows of the test split; all of them when absent. */
  testIndices?: Uint32Array;
  seed: number;
}

/** A model that has been trained on the pool and kept by the host under `key`. */
export interface Chooser {
  key: string;
  outcome: TrainOutcome;
}

/** What one method chose out of the pool. Rows count in the train split. */
export interface Choice {
  method: string;
  rows: Uint32Array;
  /** Running the chooser over the pool (0 for random and forgetting events). */
  inferenceSeconds: number;
  /** Ordering the pool by what came out. */
  rankingSeconds: number;
  /** k-centers: how many of the first picks are random. */
  randomInitial: number;
  /** The rows not kept, least wanted first. */
  dropped: Uint32Array;
}

/** Parts of a run that draw from one seed without disturbing each other. */
const POOL_DRAWS = 1;
const TEST_DRAWS = 2;

/**
 * Splits a train split by seed.
 * @param poolSize how many rows the pool takes; all that are left beside the validation by default
 * @param validation held out first: a number of rows, or a share of them
 * @param stratified each class gives its share of the validation; not where labels are hidden
 * @throws SvpError SVP_E_BUDGET when there are not so many rows
 */
export function splitPool(
  { labels, count }: Pick<Dataset, 'labels' | 'count'>,
  seed: number,
  poolSize?: number,
  validation: number | string = 0,
  stratified = true,
): PoolSplit {
  const size = validationSize(validation, count);
  const left = count - size;
  if (left < 1 || (poolSize ?? 1) > left) {
    throw new SvpError(
      'SVP_E_BUDGET',
      `A pool of ${poolSize ?? 'at least 1'} and a validation set of ${size} examples do not fit into the ${count} examples of the train split.`,
    );
  }
  const { train, validation: held } = splitValidation(labels, { size, seed, stratified });
  return { validation: held, pool: new Random(seed).fork(POOL_DRAWS).shuffle(train).slice(0, poolSize) };
}

/** Rows of the test split by seed, ascending: a random part of it, or undefined for all. */
export function splitTest(
  { count }: Pick<Dataset, 'count'>,
  seed: number,
  size?: number,
): Uint32Array | undefined {
  if (size === undefined || size >= count) return undefined;
  return new Random(seed).fork(TEST_DRAWS).permutation(count).slice(0, size).sort();
}

/** Trains a network on `rows`: always from the same initial weights for the same seed and architecture. */
export function trainNetwork(
  context: CoreSetContext,
  network: Network,
  rows: Uint32Array,
  extra: Pick<TrainJob, 'keepAs' | 'trackForgetting' | 'evaluateEveryEpoch' | 'checkpoint'>,
  hooks: JobHooks,
): Promise<TrainOutcome> {
  const job: TrainJob = {
    ...network,
    ...extra,
    weightSeed: context.seed,
    seed: context.seed,
    indices: rows,
    ...(context.validation.length > 0 ? { validation: context.validation } : {}),
    ...(context.testIndices ? { testIndices: context.testIndices } : {}),
  };
  return context.host.train(job, hooks);
}

/**
 * Chooses `budget` of the pool by one method, with the chooser's outputs where the method needs them.
 * @param randomInitial k-centers: this many random picks first, counted (the paper starts with 1,000 of 50,000)
 * @throws SvpError SVP_E_BUDGET, SVP_E_OPTION, SVP_E_NONFINITE (a chooser that diverged), SVP_E_ABORT
 */
export async function chooseSubset(
  context: CoreSetContext,
  name: string,
  budget: number,
  chooser: Chooser | undefined,
  randomInitial: number,
  hooks: JobHooks,
): Promise<Choice> {
  const { pool, host, seed } = context;
  const method = findMethod(name);
  const chosen = await choose(
    { method, pool, budget, seed, randomInitial, assignments: method.needs === 'features' },
    chooser && { model: async () => chooser.key, outcome: chooser.outcome },
    poolScorer(host),
    hooks,
  );
  const { rows, ranking, features, assignments, inferenceSeconds, rankingSeconds } = chosen;
  const dropped = features
    ? nearestToCenters(features, pool, rows, assignments!)
    : ranking.slice(budget).reverse();
  const seconds = { inferenceSeconds, rankingSeconds };
  return { method: method.name, rows, dropped, ...seconds, randomInitial: chosen.randomInitial };
}

/** The rows that are no centers, nearest to their center first: k-centers misses them least. O(n·d). */
function nearestToCenters(
  { data, rows, columns }: Matrix,
  pool: Uint32Array,
  chosen: Uint32Array,
  assignments: Uint32Array,
): Uint32Array {
  const closeness = new Float64Array(rows);
  const centers = positionsOf(chosen, pool);
  for (let row = 0; row < rows; row++) {
    const center = centers[assignments[row]];
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += (data[row * columns + k] - data[center * columns + k]) ** 2;
    closeness[row] = -sum;
  }
  return rankDescending(closeness, rows, centers).map((position) => pool[position]);
}

/** A training as a line of proxy.csv or target.csv: the last epoch's accuracies, the time of all of them. */
export function trainingLine(outcome: TrainOutcome, examples: number): TrainingLine {
  const last = outcome.epochs[outcome.epochs.length - 1];
  return {
    nexamples: examples,
    train_accuracy: outcome.trainAccuracy,
    dev_accuracy: last?.validationAccuracy ?? Number.NaN,
    test_accuracy: outcome.testAccuracy,
    train_time: outcome.trainSeconds,
    dev_time: outcome.validationSeconds,
    test_time: outcome.testSeconds,
  };
}

export function selectionLine(choice: Choice): SelectionLine {
  return {
    nexamples: choice.rows.length,
    current_nexamples: choice.randomInitial,
    new_nexamples: choice.rows.length - choice.randomInitial,
    total_time: choice.inferenceSeconds + choice.rankingSeconds,
    inference_time: choice.inferenceSeconds,
    ranking_time: choice.rankingSeconds,
  };
}

/** Writes what a training leaves behind: `<part>.csv`, and `<part>/` with its index files and results.csv. */
export async function writeTrainingPart(
  run: RunDirectory,
  part: 'proxy' | 'target',
  outcome: TrainOutcome,
  { rows, validation }: { rows: Uint32Array; validation: Uint32Array },
): Promise<void> {
  await run.writeTraining(`${part}.csv`, [trainingLine(outcome, rows.length)]);
  const folder = await run.within(part);
  await folder.writeIndices('train.index', rows);
  await folder.writeIndices('dev.index', validation);
  await folder.writeEpochs(outcome.epochs);
}

/** Writes what a choice leaves behind: selected.index, selection.csv and, with random first picks, initial_subset_N.index. */
export async function writeChoice(run: RunDirectory, choice: Choice): Promise<void> {
  await run.writeIndices('selected.index', choice.rows);
  await run.writeSelection([selectionLine(choice)]);
  const { randomInitial } = choice;
  if (randomInitial > 0) {
    await run.writeIndices(`initial_subset_${randomInitial}.index`, choice.rows.slice(0, randomInitial));
  }
}
