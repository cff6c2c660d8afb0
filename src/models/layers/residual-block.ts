import type { Handle } from '../kernels';
import type { Pass } from '../pass';
import { backwardAdding, forwardAdding, type Layer, type LayerOutput } from './layer';

/**
 * A pre-activation residual block (He et al. 2016, "Identity mappings in deep residual networks"):
 * a = activation(x); y = branch(a) + shortcut, where the shortcut is x itself, or `projection(a)` where the shape changes.
 */
export class ResidualBlock implements Layer {
  constructor(
    private readonly activation: Layer,
    private readonly branch: Layer,
    private readonly projection?: Layer,
  ) {}

  forward(pass: Pass, x: Handle): LayerOutput {
    const activation = this.activation.forward(pass, x);
    const shortcut = this.projection?.forward(pass, activation.y);
    const branch = forwardAdding(this.branch, pass, activation.y, shortcut?.y ?? x);
    pass.release(activation.y);
    if (shortcut) pass.release(shortcut.y);
    return {
      y: branch.y,
      backward: (dy) => {
        let da = branch.backward(dy);
        if (shortcut) {
          const through = backwardAdding(shortcut, pass, dy, da);
          pass.release(da);
          da = through;
        }
        const dx = shortcut ? activation.backward(da) : backwardAdding(activation, pass, da, dy);
        pass.release(da);
        return dx;
      },
    };
  }
}
