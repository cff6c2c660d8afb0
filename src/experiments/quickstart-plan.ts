import { SvpError } from '../errors';
import { checkArch } from '../models/registry';
import { findMethod } from '../selection/registry';
import { epochsOf, guessScoreSeconds, guessTrainSeconds, type Network } from './network';
import type { QuickstartSettings } from './quickstart-settings';
import type { Stage } from './stage-plan';

/** What a quickstart is going to do: also what `--dry-run` prints. */
export interface QuickstartPlan {
  /** Images that every subset keeps. */
  budget: number;
  stages: Stage[];
}

/**
 * The stages of a quickstart with these settings, in order, with guesses of their cost.
 * @throws SvpError SVP_E_OPTION for settings that cannot work, before anything is written
 */
export function quickstartPlan(settings: QuickstartSettings): QuickstartPlan {
  const { pool, test, proxy, target, methods } = settings;
  checkArch(proxy.arch);
  checkArch(target.arch);
  const budget = Math.round(settings.fraction * pool);
  if (budget < 1) {
    throw new SvpError('SVP_E_OPTION', `A fraction of ${settings.fraction} of ${pool} images keeps none.`, {
      option: 'fraction',
    });
  }
  const names = methods.map((name) => findMethod(name).name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new SvpError('SVP_E_OPTION', `The method ${twice} is named twice.`, { option: 'methods' });
  const oracle = findMethod(settings.oracle);

  // A unit is a guessed second, so that kinds with different sizes share one measured slowness.
  const stage = (name: string, kind: string, seconds: number): Stage => ({
    name,
    kind,
    units: seconds,
    secondsPerUnit: 1,
  });
  const training = (network: Network, examples: number) =>
    epochsOf(network) * (examples * guessTrainSeconds(network) + test * guessScoreSeconds(network));
  const scoring = (network: Network, needs: string) =>
    needs === 'logits' || needs === 'features' ? pool * guessScoreSeconds(network) : 0;
  const choosing = names.reduce((sum, name) => sum + scoring(proxy, findMethod(name).needs), 0.1);
  return {
    budget,
    stages: [
      stage('images and TensorFlow', 'load', 4),
      stage('proxy on the full pool', 'train proxy', training(proxy, pool)),
      stage('choosing by the proxy', 'score proxy', choosing),
      stage('target on the full pool', 'train target', training(target, pool)),
      ...names.map((name) => stage(`target on ${name}`, 'train target', training(target, budget))),
      stage('choosing by the target', 'score target', 0.05 + scoring(target, oracle.needs)),
      stage('target on its own choice', 'train target', training(target, budget)),
    ],
  };
}
