import type { Handle } from '../kernels';
import { add } from '../ops/add';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

/**
 * y = branch(x) + shortcut(x), where the shortcut is x itself if none is given: the residual unit of He et al. 2015
 * ("Deep residual learning"), whose ReLU follows.
 */
export class Sum implements Layer {
  constructor(
    private readonly branch: Layer,
    private readonly shortcut?: Layer,
  ) {}

  forward(pass: Pass, x: Handle): LayerOutput {
    const branch = this.branch.forward(pass, x);
    const shortcut = this.shortcut?.forward(pass, x);
    const y = add(pass, branch.y, shortcut?.y ?? x);
    pass.release(branch.y);
    if (shortcut) pass.release(shortcut.y);
    return {
      y,
      backward: (dy) => {
        const through = branch.backward(dy);
        const around = shortcut ? shortcut.backward(dy) : pass.retain(dy);
        const dx = add(pass, through, around);
        pass.release(through);
        pass.release(around);
        return dx;
      },
    };
  }
}
