import type { Handle } from '../kernels';
import { averagePool, averagePoolGradient } from '../ops/average-pool';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

/** Mean over all pixels: batch × height × width × channels to batch × channels. */
export class GlobalAveragePool implements Layer {
  forward(pass: Pass, x: Handle): LayerOutput {
    return { y: averagePool(pass, x), backward: (dy) => averagePoolGradient(pass, dy, x.shape) };
  }
}
