import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';
import type { Attribute } from '../tensorflow';

/** Added to the variance: PyTorch's default, which the reference trains with. */
export const EPSILON = 1e-5;
/** running ← 0.9 running + 0.1 batch, PyTorch's momentum of 0.1. */
export const RUNNING_FACTOR = 0.1;

const common = (training: boolean) => [
  attribute.float32(),
  attribute.float32('U'),
  attribute.float('epsilon', EPSILON),
  attribute.string('data_format', 'NHWC'),
  attribute.bool('is_training', training),
];

/** Attributes of FusedBatchNormV3 and of operations in its place. */
export function batchNormAttributes(training: boolean): Attribute[] {
  return training
    ? [...common(true), attribute.float('exponential_avg_factor', RUNNING_FACTOR)]
    : common(false);
}

const TRAINING = batchNormAttributes(true);
const INFERENCE = batchNormAttributes(false);
const GRADIENT = common(true);

/** What the gradient needs of the forward pass: batch mean, batch variance, and a buffer of the kernel's own. */
export type BatchNormSaved = [mean: Handle, variance: Handle, reserved: Handle];

export interface BatchNormOutput {
  y: Handle;
  /** The running statistics after this batch (unbiased variance); of the pass, so `give` them to keep them. */
  runningMean: Handle;
  runningVariance: Handle;
  saved: BatchNormSaved;
}

/**
 * γ (x − mean) / √(variance + ε) + β per channel, with the batch's mean and biased variance.
 * @param x batch × height × width × channels; `gamma`, `beta` and the running statistics: channels
 */
export function batchNorm(
  pass: Pass,
  x: Handle,
  gamma: Handle,
  beta: Handle,
  runningMean: Handle,
  runningVariance: Handle,
): BatchNormOutput {
  const out = pass.many('FusedBatchNormV3', TRAINING, [x, gamma, beta, runningMean, runningVariance], 6);
  return { y: out[0], runningMean: out[1], runningVariance: out[2], saved: [out[3], out[4], out[5]] };
}

/** The same with the running statistics in place of the batch's. */
export function batchNormInference(
  pass: Pass,
  x: Handle,
  gamma: Handle,
  beta: Handle,
  runningMean: Handle,
  runningVariance: Handle,
): Handle {
  const out = pass.many('FusedBatchNormV3', INFERENCE, [x, gamma, beta, runningMean, runningVariance], 6);
  for (const unused of out.slice(1)) pass.release(unused);
  return out[0];
}

/** Gradients of the training form; `x` is its input. */
export function batchNormGradient(
  pass: Pass,
  dy: Handle,
  x: Handle,
  gamma: Handle,
  saved: BatchNormSaved,
): { dx: Handle; dgamma: Handle; dbeta: Handle } {
  const out = pass.many('FusedBatchNormGradV3', GRADIENT, [dy, x, gamma, ...saved], 5);
  pass.release(out[3]);
  pass.release(out[4]);
  return { dx: out[0], dgamma: out[1], dbeta: out[2] };
}
