import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const FLOAT = [attribute.float32()];

/** a + b, of one shape. Its gradient is dy for both. */
export function add(pass: Pass, a: Handle, b: Handle): Handle {
  return pass.one('AddV2', FLOAT, [a, b]);
}
