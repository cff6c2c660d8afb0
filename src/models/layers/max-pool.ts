import type { Handle } from '../kernels';
import { maxPool, maxPoolGradient, type PoolShape } from '../ops/max-pool';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

/** The greatest value of each window. */
export class MaxPool implements Layer {
  constructor(private readonly shape: PoolShape) {}

  forward(pass: Pass, x: Handle): LayerOutput {
    const y = maxPool(pass, x, this.shape);
    if (pass.training) {
      pass.retain(x);
      pass.retain(y);
    }
    return {
      y,
      backward: (dy) => {
        const dx = maxPoolGradient(pass, x, y, dy, this.shape);
        pass.release(x);
        pass.release(y);
        return dx;
      },
    };
  }
}
