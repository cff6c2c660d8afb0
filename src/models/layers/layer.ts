import type { Handle } from '../kernels';
import type { Pass } from '../pass';

/** What a layer gives: its output, and how a gradient of the output becomes one of the input. */
export interface LayerOutput {
  /** Held once, for the caller. */
  y: Handle;
  /**
   * From d loss / d y to d loss / d x, noting the gradients of the layer's parameters in the pass; called at most once,
   * and only when the pass is for training. The result is held once, for the caller.
   */
  backward(dy: Handle): Handle;
}

/**
 * A part of a network. Layers keep nothing between passes: what the way back needs lives in the `backward` closure and in
 * the pass. Inputs and incoming gradients stay their caller's; a layer that needs one later retains it.
 */
export interface Layer {
  forward(pass: Pass, x: Handle): LayerOutput;
}

/** Layers one after the other. */
export class Sequence implements Layer {
  constructor(private readonly layers: readonly Layer[]) {}

  forward(pass: Pass, x: Handle): LayerOutput {
    const backwards: LayerOutput['backward'][] = [];
    let y = pass.retain(x);
    for (const layer of this.layers) {
      const output = layer.forward(pass, y);
      pass.release(y);
      y = output.y;
      if (pass.training) backwards.push(output.backward);
    }
    return {
      y,
      backward: (dy) => {
        let gradient = pass.retain(dy);
        for (const backward of backwards.reverse()) {
          const next = backward(gradient);
          pass.release(gradient);
          gradient = next;
        }
        return gradient;
      },
    };
  }
}
