import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';
import type { Attribute } from '../tensorflow';
import { addTo, NO_TERM, ONE_TERM } from './add';

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
  if (pass.kernels.own) return ownBatchNorm(pass, x, gamma, beta, runningMean, runningVariance, false);
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

export interface BatchNormGradients {
  dx: Handle;
  dgamma: Handle;
  dbeta: Handle;
}

/** Gradients of the training form; `x` is its input. `plus`, of the shape of x, is added to dx. */
export function batchNormGradient(
  pass: Pass,
  dy: Handle,
  x: Handle,
  gamma: Handle,
  beta: Handle,
  saved: BatchNormSaved,
  plus?: Handle,
): BatchNormGradients {
  if (pass.kernels.own) return ownBatchNormGradient(pass, dy, x, gamma, beta, saved, plus, false);
  const out = pass.many('FusedBatchNormGradV3', GRADIENT, [dy, x, gamma, ...saved], 5);
  pass.release(out[3]);
  pass.release(out[4]);
  return { dx: addTo(pass, out[0], plus), dgamma: out[1], dbeta: out[2] };
}

const ownAttributes = (relu: boolean) => {
  const common = [attribute.bool('relu', relu), attribute.float('epsilon', EPSILON)];
  return {
    forward: [...common, attribute.float('factor', RUNNING_FACTOR)],
    backward: [
      [...common, NO_TERM],
      [...common, ONE_TERM],
    ],
  };
};
const OWN = { plain: ownAttributes(false), relu: ownAttributes(true) };

/** `batchNorm` in this package's own kernel, with ReLU behind it or not. */
export function ownBatchNorm(
  pass: Pass,
  x: Handle,
  gamma: Handle,
  beta: Handle,
  runningMean: Handle,
  runningVariance: Handle,
  relu: boolean,
): BatchNormOutput {
  const inputs = [x, gamma, beta, runningMean, runningVariance];
  const out = pass.many('SvpBatchNorm', OWN[relu ? 'relu' : 'plain'].forward, inputs, 5);
  return {
    y: out[0],
    runningMean: out[1],
    runningVariance: out[2],
    saved: [out[3], out[4], pass.kernels.empty],
  };
}

/** Its gradients. Where ReLU let through is found again from x: y is not needed. */
export function ownBatchNormGradient(
  pass: Pass,
  dy: Handle,
  x: Handle,
  gamma: Handle,
  beta: Handle,
  saved: BatchNormSaved,
  plus: Handle | undefined,
  relu: boolean,
): BatchNormGradients {
  const attributes = OWN[relu ? 'relu' : 'plain'].backward[plus ? 1 : 0];
  const inputs = [dy, x, gamma, beta, saved[0], saved[1]];
  if (plus) inputs.push(plus);
  const [dx, dgamma, dbeta] = pass.many('SvpBatchNormGradient', attributes, inputs, 3);
  return { dx, dgamma, dbeta };
}
