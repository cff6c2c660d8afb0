import type { Handle } from '../kernels';
import type { Pass } from '../pass';
import { backwardAdding, forwardAdding, type Layer, type LayerOutput } from './layer';

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
    const shortcut = this.shortcut?.forward(pass, x);
    const branch = forwardAdding(this.branch, pass, x, shortcut?.y ?? x);
    if (shortcut) pass.release(shortcut.y);
    return {
      y: branch.y,
      backward: (dy) => {
        const around = shortcut ? shortcut.backward(dy) : pass.retain(dy);
        const dx = backwardAdding(branch, pass, dy, around);
        pass.release(around);
        return dx;
      },
    };
  }
}
