import { Random } from '../core/random';
import { SvpError } from '../errors';
import { checkBudget, parseBudget } from '../selection/budget';
import type { SelectionMethod } from '../selection/method';
import { findMethod } from '../selection/registry';
import type { ActiveLearningOptions } from './active-learning';
import { classCounts, equalShares, takeShares } from './class-balance';
import { type PoolSplit, splitPool, splitTest } from './core-set-steps';
import type { Network } from './network';
import { type PrecomputedSelection, readPrecomputedSelection } from './precomputed-selection';
import { checkPatience, resolveNetworks, type Size } from './protocol-options';
import type { ScoringRuntime } from './training-host';
import { networkIdentity, rowsIdentity, sameNetwork } from './training-identity';
import type { Workbench } from './workbench';

/** Parts of a run that draw from one seed without disturbing each other. */
const INITIAL_DRAWS = 3;

/** A run of active learning with everything resolved and checked against the data. */
export interface ActivePlan extends PoolSplit {
  method: SelectionMethod;
  target: Network;
  proxy: Network;
  /** Proxy and target are the same training. */
  oracle: boolean;
  trainTarget: boolean;
  seed: number;
  /** Labelled at first. */
  initial: Uint32Array;
  /** Rows that each round adds. */
  rounds: number[];
  /** Sizes of the labelled set at which the target is trained, rising; empty without target training. */
  evalTargetAt: number[];
  balanced: boolean;
  warmStart: boolean;
  replay?: PrecomputedSelection;
  testIndices?: Uint32Array;
  hiddenLabels: boolean;
  evaluateEveryEpoch: boolean;
  scoring: ScoringRuntime;
  /** The data set's identity. */
  data: string;
}

/** The paper's sizes: 2 % at first, then 8 % and four times 10 % of the pool. */
function defaultRounds(pool: number): number[] {
  return [0.08, 0.1, 0.1, 0.1, 0.1].map((share) => Math.floor(share * pool));
}

/**
 * Checks the options of `activeLearning` and makes the plan of the run. Reads a precomputed selection; writes nothing.
 * @throws SvpError SVP_E_OPTION, SVP_E_BUDGET, and what reading a precomputed selection throws
 */
export async function activePlan(given: ActiveLearningOptions, bench: Workbench): Promise<ActivePlan> {
  const { seed = 0, balanced = false, warmStart = false } = given;
  const { train, test } = bench.splits;
  const hiddenLabels = given.labels !== undefined;
  const networks = resolveNetworks(given, 'activeLearning');
  const method = findMethod(given.method ?? 'least-confidence');
  if (method.needs === 'forgetting') {
    fail(
      'method',
      `The method ${method.name} counts how training goes on examples whose labels are known: it chooses core-sets, not what to label.`,
    );
  }
  const replay =
    given.precomputedSelection === undefined
      ? undefined
      : await readPrecomputedSelection(given.precomputedSelection, train.count, true);
  if (replay) checkReplay(given);
  const split = replay ?? splitPool(train, seed, given.pool, given.validation, !hiddenLabels);
  checkPatience([networks.target, networks.proxy], split.validation.length, 'activeLearning');
  const { pool } = split;
  let initial: Uint32Array;
  let rounds: number[];
  if (replay) {
    initial = replay.sets[0];
    rounds = replay.sets.slice(1).map((set, i) => set.length - replay.sets[i].length);
  } else {
    const size = parseBudget(given.initialSubset ?? Math.max(1, Math.round(pool.length / 50)), pool.length);
    if (size < 1)
      fail(
        'initialSubset',
        'The initial subset must have at least one example: the first proxy is trained on it.',
      );
    const sizes = given.rounds ?? defaultRounds(pool.length).filter((n) => n > 0);
    rounds = sizes.map((round) => parseBudget(round, pool.length));
    rounds.forEach((round, k) => {
      if (round < 1) fail('rounds', `Round ${k + 1} adds ${round} examples: it must be at least 1.`);
    });
    checkBudget(
      rounds.reduce((a, b) => a + b, 0),
      pool.length,
      size,
    );
    if (balanced && hiddenLabels) {
      fail('balanced', 'The initial subset cannot be balanced by class: the labels are hidden.');
    }
    initial = initialRows(
      split,
      size,
      seed,
      balanced ? { labels: train.labels, classes: train.classes } : undefined,
    );
  }
  const sizes = [initial.length];
  for (const round of rounds) sizes.push(sizes[sizes.length - 1] + round);
  const trainTarget = given.trainTarget ?? true;
  if (replay && !trainTarget) {
    fail('trainTarget', 'With a precomputed selection there is nothing to do but to train the target.');
  }
  const testIndices = replay ? replay.testIndices : splitTest(test, seed, given.test);
  return {
    method,
    ...networks,
    oracle: method.needs !== 'nothing' && !replay && sameNetwork(networks.proxy, networks.target),
    trainTarget,
    seed,
    pool,
    validation: split.validation,
    initial,
    rounds,
    evalTargetAt: trainTarget ? evaluationSizes(given.evalTargetAt, sizes, pool.length) : [],
    balanced,
    warmStart,
    ...(replay ? { replay } : {}),
    ...(testIndices ? { testIndices } : {}),
    hiddenLabels,
    evaluateEveryEpoch: given.evaluateEveryEpoch ?? true,
    scoring: given.scoring ?? 'tensorflow',
    data: bench.identity(!hiddenLabels),
  };
}

function fail(option: string, message: string): never {
  throw new SvpError('SVP_E_OPTION', message, { option });
}

/** What a precomputed selection decides cannot be asked for. */
function checkReplay(given: ActiveLearningOptions): void {
  const decided = [
    'method',
    'initialSubset',
    'rounds',
    'pool',
    'validation',
    'test',
    'balanced',
    'warmStart',
    'labels',
    'proxy',
  ] as const;
  const option = decided.find((name) => given[name] !== undefined && given[name] !== false);
  if (option) {
    fail(
      option,
      `The precomputed selection decides what was labelled and when: leave the option ${option} out.`,
    );
  }
}

/** The rows that are labelled at first, in a random order by seed; with classes, as many of each as there are. */
function initialRows(
  { pool }: PoolSplit,
  size: number,
  seed: number,
  balance?: { labels: ArrayLike<number>; classes: number },
): Uint32Array {
  const order = new Random(seed).fork(INITIAL_DRAWS).shuffle(pool.slice());
  if (!balance) return order.slice(0, size);
  const { labels, classes } = balance;
  return takeShares(order, labels, equalShares(classCounts(pool, labels, classes), size));
}

/** The sizes at which the target is trained, rising. A share of the pool means the nearest size of the labelled set. */
function evaluationSizes(given: Size[] | undefined, sizes: number[], pool: number): number[] {
  if (!given?.length) return [sizes[sizes.length - 1]];
  const wanted = given.map((size) => {
    const rows = parseBudget(size, pool);
    // Each round was rounded by itself: their sum may miss the rounded whole by half a row a round.
    const distance = (reached: number) => Math.abs(reached - rows);
    const near = sizes.reduce((best, reached) => (distance(reached) < distance(best) ? reached : best));
    return typeof size === 'string' && distance(near) <= sizes.length / 2 ? near : rows;
  });
  const impossible = wanted.find((size) => !sizes.includes(size));
  if (impossible !== undefined) {
    fail(
      'evalTargetAt',
      `The target cannot be trained at ${impossible} examples: the labelled set has ${sizes.join(', ')}.`,
    );
  }
  return [...new Set(wanted)].sort((a, b) => a - b);
}

/** Everything that decides the run, as plain data: config.json. */
export function activeConfiguration(plan: ActivePlan, name: string): Record<string, unknown> {
  const { method, target, proxy, seed, initial, rounds, evalTargetAt, balanced, warmStart, replay } = plan;
  const chooses = method.needs !== 'nothing' && !replay;
  return {
    dataset: name,
    data: plan.data,
    method: replay ? replay.method : method.name,
    seed,
    pool: plan.pool.length,
    validation: plan.validation.length,
    ...(plan.testIndices ? { test: plan.testIndices.length } : {}),
    initialSubset: initial.length,
    rounds,
    evalTargetAt,
    balanced,
    warmStart,
    hiddenLabels: plan.hiddenLabels,
    evaluateEveryEpoch: plan.evaluateEveryEpoch,
    ...(replay ? { precomputedSelection: replay.folder, labelled: replay.sets.map(rowsIdentity) } : {}),
    ...(plan.trainTarget ? { target: networkIdentity(target) } : {}),
    ...(chooses ? { proxy: networkIdentity(proxy), scoring: plan.scoring } : {}),
  };
}
