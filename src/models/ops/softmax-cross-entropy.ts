import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const SPARSE = [attribute.float32(), attribute.int32('Tlabels')];
const FLOAT = [attribute.float32()];
const ONE_HOT = [attribute.int('axis', -1), attribute.float32(), attribute.int32('TI')];

export interface CrossEntropyOptions {
  /**
   * Label smoothing ε, from 0 (the default) to 1: the target is 1 − ε + ε/classes for the label's class and ε/classes for
   * each other one (Szegedy et al. 2016, section 7; PyTorch's `label_smoothing`).
   */
  smoothing?: number;
  /** The gradient is that of the sum of the losses over this. Default the number of rows: of their mean. */
  divisor?: number;
}

/**
 * Softmax and cross entropy against class numbers, loss and gradient in one kernel.
 * @param logits batch × classes
 * @param labels batch, int32, each below the number of classes
 * @returns `losses`, one per row, and the gradient of their mean with respect to the logits
 */
export function softmaxCrossEntropy(
  pass: Pass,
  logits: Handle,
  labels: Handle,
  { smoothing = 0, divisor = logits.shape[0] }: CrossEntropyOptions = {},
): { losses: Handle; dlogits: Handle } {
  const [losses, gradient] =
    smoothing === 0
      ? pass.many('SparseSoftmaxCrossEntropyWithLogits', SPARSE, [logits, labels], 2)
      : smoothed(pass, logits, labels, smoothing);
  const dlogits = pass.one('Mul', FLOAT, [gradient, pass.kernels.scalar(1 / divisor)]);
  pass.release(gradient);
  return { losses, dlogits };
}

function smoothed(pass: Pass, logits: Handle, labels: Handle, smoothing: number): Handle[] {
  const { kernels } = pass;
  const classes = logits.shape[1];
  const other = smoothing / classes;
  const targets = pass.one('OneHot', ONE_HOT, [
    labels,
    kernels.whole(classes),
    kernels.scalar(1 - smoothing + other),
    kernels.scalar(other),
  ]);
  const made = pass.many('SoftmaxCrossEntropyWithLogits', FLOAT, [logits, targets], 2);
  pass.release(targets);
  return made;
}
