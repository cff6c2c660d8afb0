import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const SPARSE = [attribute.float32(), attribute.int32('Tlabels')];
const FLOAT = [attribute.float32()];

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
): { losses: Handle; dlogits: Handle } {
  const [losses, gradient] = pass.many('SparseSoftmaxCrossEntropyWithLogits', SPARSE, [logits, labels], 2);
  const dlogits = pass.one('Mul', FLOAT, [gradient, pass.kernels.scalar(1 / logits.shape[0])]);
  pass.release(gradient);
  return { losses, dlogits };
}
