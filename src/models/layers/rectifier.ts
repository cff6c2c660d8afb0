import type { Handle } from '../kernels';
import { relu, reluGradient } from '../ops/relu';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

/** ReLU. */
export class Rectifier implements Layer {
  forward(pass: Pass, x: Handle): LayerOutput {
    const y = relu(pass, x);
    if (pass.training) pass.retain(y);
    return {
      y,
      backward: (dy) => {
        const dx = reluGradient(pass, dy, y);
        pass.release(y);
        return dx;
      },
    };
  }
}
