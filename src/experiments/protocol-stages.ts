/** The stages of the protocols in their order, with guesses of their cost: what estimates of the time left are made of. */
import type { ActivePlan } from './active-plan';
import type { CoreSetPlan } from './core-set-plan';
import { epochsOf, guessScoreSeconds, guessTrainSeconds, type Network } from './network';
import type { Stage } from './stage-plan';
import { networkIdentity } from './training-identity';

/** A unit is a guessed second, so that kinds with different sizes share one measured slowness. */
function stage(name: string, kind: string, seconds: number, shared?: string): Stage {
  return { name, kind, units: seconds, secondsPerUnit: 1, ...(shared === undefined ? {} : { shared }) };
}

function trainingSeconds(
  network: Network,
  examples: number,
  testExamples: number,
  everyEpoch: boolean,
): number {
  const tests = (everyEpoch ? epochsOf(network) : 1) * testExamples * guessScoreSeconds(network);
  return epochsOf(network) * examples * guessTrainSeconds(network) + tests;
}

export function activeStages(plan: ActivePlan, testExamples: number): Stage[] {
  const { method, replay, proxy, target, rounds, initial, evalTargetAt, pool, oracle, seed } = plan;
  const chooses = method.needs !== 'nothing' && !replay;
  const training = (network: Network, examples: number) =>
    trainingSeconds(network, examples, testExamples, plan.evaluateEveryEpoch);
  // Runs of the same seed begin with the same examples, whatever they choose by.
  const shared = (network: Network, examples: number) =>
    examples === initial.length && !replay
      ? JSON.stringify([networkIdentity(network), seed, 'initial', examples, pool.length])
      : undefined;
  const stages: Stage[] = [];
  const evaluate = (examples: number) => {
    if (!evalTargetAt.includes(examples)) return;
    const kind = oracle ? 'train proxy' : 'train target';
    const seconds = training(target, examples);
    stages.push(stage(`target on ${examples} examples`, kind, seconds, shared(target, examples)));
  };
  let examples = initial.length;
  evaluate(examples);
  rounds.forEach((round, k) => {
    const what = `round ${k + 1} of ${rounds.length}`;
    // The oracle's target has been trained on the same examples: nothing is left to do.
    const trained = oracle && !plan.warmStart && evalTargetAt.includes(examples);
    const seconds = trained ? 0 : training(proxy, examples);
    if (chooses) {
      stages.push(
        stage(`${what}: proxy on ${examples} examples`, 'train proxy', seconds, shared(proxy, examples)),
      );
    }
    const scored = chooses ? pool.length * guessScoreSeconds(proxy) : 0;
    stages.push(stage(`${what}: choosing ${round} by ${method.name}`, 'score proxy', 0.05 + scored));
    examples += round;
    evaluate(examples);
  });
  return stages;
}

export function coreSetStages(plan: CoreSetPlan, testExamples: number): Stage[] {
  const { method, replay, proxy, target, budgets, pool, seed, trainTarget, fullTarget } = plan;
  const chooses = method.needs !== 'nothing' && !replay;
  const scores = method.needs === 'logits' || method.needs === 'features';
  const scored = chooses && scores ? pool.length * guessScoreSeconds(proxy) : 0;
  const training = (network: Network, examples: number) =>
    trainingSeconds(network, examples, testExamples, plan.evaluateEveryEpoch);
  const shared = (network: Network) => JSON.stringify([networkIdentity(network), seed, 'pool', pool.length]);
  return [
    ...(chooses
      ? [stage('proxy on the pool', 'train proxy', training(proxy, pool.length), shared(proxy))]
      : []),
    stage('choosing', 'score proxy', 0.05 + scored),
    ...(trainTarget
      ? budgets.map((n) => stage(`target on ${n} examples`, 'train target', training(target, n)))
      : []),
    ...(fullTarget
      ? [stage('target on the pool', 'train target', training(target, pool.length), shared(target))]
      : []),
  ];
}
