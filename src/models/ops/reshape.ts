import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const RESHAPE = [attribute.float32(), attribute.int32('Tshape')];
const TRANSPOSE = [attribute.float32(), attribute.int32('Tperm')];

/**
 * The same values in another shape. In a forward pass the first side is −1, the batch, so that a recorded pass holds for a
 * batch of any size.
 */
export function reshape(pass: Pass, x: Handle, shape: readonly number[]): Handle {
  return pass.one('Reshape', RESHAPE, [x, pass.kernels.ints(shape)]);
}

/** Side i of the result is side order[i] of x. */
export function transpose(pass: Pass, x: Handle, order: readonly number[]): Handle {
  return pass.one('Transpose', TRANSPOSE, [x, pass.kernels.ints(order)]);
}
