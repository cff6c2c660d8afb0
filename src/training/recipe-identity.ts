import type { ResolvedRecipe } from './recipe';

/**
 * What decides how the parameters move, as plain data whose JSON is equal for equal recipes, however they were spelled.
 * Defaults that came later than the first checkpoints are left out, so that those stay valid: without `decayBatchNorm`
 * everything decays, as it did at first.
 */
export function recipeIdentity(r: ResolvedRecipe): Record<string, unknown> {
  const { optimizer, schedule } = r;
  const sgd = optimizer === 'sgd';
  const decays = r.weightDecay > 0;
  return {
    rates: schedule.rates,
    batchSize: r.batchSize,
    ...(sgd && { momentum: r.momentum }),
    weightDecay: r.weightDecay,
    augment: r.augment,
    ...(!sgd && { optimizer, beta1: r.beta1, beta2: r.beta2, epsilon: r.epsilon }),
    ...(sgd && r.nesterov && { nesterov: true }),
    ...(decays && !r.decayBatchNorm && { decayBatchNorm: false }),
    ...(decays && !r.decayBiases && { decayBiases: false }),
    ...(r.labelSmoothing > 0 && { labelSmoothing: r.labelSmoothing }),
    ...(r.accumulate > 1 && { accumulate: r.accumulate }),
    ...(schedule.kind === 'cosine' && { cosineTo: schedule.finalLearningRate }),
    ...(schedule.warmUpEpochs > 0 && { warmUpEpochs: schedule.warmUpEpochs }),
  };
}
