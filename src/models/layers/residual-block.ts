import type { Handle } from '../kernels';
import { add } from '../ops/add';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

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
    const branch = this.branch.forward(pass, activation.y);
    const shortcut = this.projection?.forward(pass, activation.y);
    pass.release(activation.y);
    const y = add(pass, branch.y, shortcut?.y ?? x);
    pass.release(branch.y);
    if (shortcut) pass.release(shortcut.y);

    const sum = (a: Handle, b: Handle) => {
      const total = add(pass, a, b);
      pass.release(a);
      pass.release(b);
      return total;
    };
    return {
      y,
      backward: (dy) => {
        let da = branch.backward(dy);
        if (shortcut) da = sum(da, shortcut.backward(dy));
        const dx = activation.backward(da);
        pass.release(da);
        return shortcut ? dx : sum(dx, pass.retain(dy));
      },
    };
  }
}
