import { SvpError } from '../errors';
import { parseBudget } from '../selection/budget';
import type { SelectionMethod } from '../selection/method';
import { findMethod } from '../selection/registry';
import type { CoreSetOptions } from './core-set';
import { splitPool, splitTest } from './core-set-steps';
import type { Network } from './network';
import { type PrecomputedSelection, readPrecomputedSelection } from './precomputed-selection';
import { checkPatience, resolveNetworks, type Size } from './protocol-options';
import type { ProtocolPlan } from './protocol-run';
import type { ScoringRuntime } from './training-host';
import { networkIdentity, rowsIdentity, sameNetwork } from './training-identity';
import type { Workbench } from './workbench';

/** A core-set run with everything resolved and checked against the data. */
export interface CoreSetPlan extends ProtocolPlan {
  method: SelectionMethod;
  target: Network;
  proxy: Network;
  /** Proxy and target are the same training. */
  oracle: boolean;
  trainTarget: boolean;
  /** Train the target on the whole pool, too. */
  fullTarget: boolean;
  /** How many rows are kept, rising. */
  budgets: number[];
  balanced: boolean;
  /** k-centers: random picks at first. */
  randomInitial: number;
  evaluateEveryEpoch: boolean;
  scoring: ScoringRuntime;
  replay?: PrecomputedSelection;
}

function fail(option: string, message: string): never {
  throw new SvpError('SVP_E_OPTION', message, { option });
}

/**
 * Checks the options of `coreSet` and makes the plan of the run. Reads a precomputed selection; writes nothing.
 * @throws SvpError SVP_E_OPTION, SVP_E_BUDGET, and what reading a precomputed selection throws
 */
export async function coreSetPlan(given: CoreSetOptions, bench: Workbench): Promise<CoreSetPlan> {
  const { seed = 0, balanced = false } = given;
  const { train, test } = bench.splits;
  const networks = resolveNetworks(given, 'coreSet');
  const method = findMethod(given.method ?? 'forgetting-events');
  const replay =
    given.precomputedSelection === undefined
      ? undefined
      : await readPrecomputedSelection(given.precomputedSelection, train.count, false);
  if (replay) checkReplay(given);
  else if (given.subset === undefined) {
    fail('subset', 'coreSet: say how many examples to keep (subset), or name a precomputed selection.');
  }
  const split = replay ?? splitPool(train, seed, given.pool, given.validation);
  const wanted = replay ? replay.sets.map((set) => set.length) : [given.subset].flat();
  if (wanted.length === 0) fail('subset', 'coreSet: the list of subset sizes is empty.');
  const budgets = [...new Set(wanted.map((budget) => parseBudget(budget as Size, split.pool.length)))].sort(
    (a, b) => a - b,
  );
  checkPatience([networks.target, networks.proxy], split.validation.length, 'coreSet');
  const trainTarget = given.trainTarget ?? true;
  if (trainTarget && budgets[0] < 1) {
    throw new SvpError('SVP_E_BUDGET', 'A subset of 0 examples leaves nothing to train the target on.', {
      option: 'subset',
    });
  }
  if (replay && !trainTarget) {
    fail('trainTarget', 'With a precomputed selection there is nothing to do but to train the target.');
  }
  const testIndices = replay ? replay.testIndices : splitTest(test, seed, given.test);
  return {
    method,
    ...networks,
    oracle: method.needs !== 'nothing' && !replay && sameNetwork(networks.proxy, networks.target),
    trainTarget,
    fullTarget: given.fullTarget ?? false,
    evaluateEveryEpoch: given.evaluateEveryEpoch ?? true,
    scoring: given.scoring ?? 'tensorflow',
    seed,
    pool: split.pool,
    validation: split.validation,
    budgets,
    balanced,
    randomInitial:
      method.needs === 'features'
        ? parseBudget(given.initialSubset ?? Math.round(split.pool.length / 50), split.pool.length)
        : 0,
    ...(replay ? { replay } : {}),
    ...(testIndices ? { testIndices } : {}),
    data: bench.identity(true),
  };
}

/** What a precomputed selection decides cannot be asked for. */
function checkReplay(given: CoreSetOptions): void {
  const decided = [
    'subset',
    'method',
    'initialSubset',
    'pool',
    'validation',
    'test',
    'balanced',
    'proxy',
  ] as const;
  const option = decided.find((name) => given[name] !== undefined && given[name] !== false);
  if (option) {
    fail(option, `The precomputed selection decides what is kept: leave the option ${option} out.`);
  }
}

/** Everything that decides the run, as plain data: config.json. */
export function coreSetConfiguration(plan: CoreSetPlan, name: string): Record<string, unknown> {
  const { method, target, proxy, seed, budgets, balanced, replay, randomInitial } = plan;
  const chooses = method.needs !== 'nothing' && !replay;
  return {
    dataset: name,
    data: plan.data,
    method: replay ? replay.method : method.name,
    seed,
    pool: plan.pool.length,
    validation: plan.validation.length,
    ...(plan.testIndices ? { test: plan.testIndices.length } : {}),
    subset: budgets,
    balanced,
    ...(method.needs === 'features' ? { initialSubset: randomInitial } : {}),
    fullTarget: plan.fullTarget,
    evaluateEveryEpoch: plan.evaluateEveryEpoch,
    ...(replay ? { precomputedSelection: replay.folder, selected: replay.sets.map(rowsIdentity) } : {}),
    ...(plan.trainTarget || plan.fullTarget ? { target: networkIdentity(target) } : {}),
    ...(chooses ? { proxy: networkIdentity(proxy), scoring: plan.scoring } : {}),
    trainTarget: plan.trainTarget,
  };
}
