import { attribute, type Handle } from '../kernels';
import type { Pass } from '../pass';

const FLOAT = [attribute.float32()];

/** max(x, 0), elementwise. */
export function relu(pass: Pass, x: Handle): Handle {
  return pass.one('Relu', FLOAT, [x]);
}

/** dy where y > 0, else 0; `y` is relu's output, so that its input need not be kept. */
export function reluGradient(pass: Pass, dy: Handle, y: Handle): Handle {
  return pass.one('ReluGrad', FLOAT, [dy, y]);
}
