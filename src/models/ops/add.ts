import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const FLOAT = [attribute.float32()];

/** a + b, of one shape. Its gradient is dy for both. */
export function add(pass: Pass, a: Handle, b: Handle): Handle {
  return pass.one('AddV2', FLOAT, [a, b]);
}

/** `made` + `plus`, in place of `made`, which is released; without `plus` it stays as it is. */
export function addTo(pass: Pass, made: Handle, plus: Handle | undefined): Handle {
  if (!plus) return made;
  const sum = add(pass, made, plus);
  pass.release(made);
  return sum;
}

/** How many tensors an operation of this package's own is to add to its result (native/core/training_kernels.cc). */
export const NO_TERM = attribute.int('N', 0);
export const ONE_TERM = attribute.int('N', 1);
