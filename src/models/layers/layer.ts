import type { Handle } from '../kernels';
import { addTo } from '../ops/add';
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
  /** `backward(dy)` + plus, of the shape of x, where the kernel that ends the way back can add it for nothing. */
  backwardAdding?(dy: Handle, plus: Handle): Handle;
}

/**
 * A part of a network. Layers keep nothing between passes: what the way back needs lives in the `backward` closure and in
 * the pass. Inputs and incoming gradients stay their caller's; a layer that needs one later retains it.
 */
export interface Layer {
  forward(pass: Pass, x: Handle): LayerOutput;
  /** `forward(x)` with y + plus, of the shape of y, where the kernel that ends the layer can add it for nothing. */
  forwardAdding?(pass: Pass, x: Handle, plus: Handle): LayerOutput;
}

/** A layer's output with `plus` added to y. The gradient of plus is that of y. */
export function forwardAdding(layer: Layer, pass: Pass, x: Handle, plus: Handle): LayerOutput {
  if (layer.forwardAdding) return layer.forwardAdding(pass, x, plus);
  const output = layer.forward(pass, x);
  return { ...output, y: addTo(pass, output.y, plus) };
}

/** A layer's gradient with `plus` added to it. */
export function backwardAdding(output: LayerOutput, pass: Pass, dy: Handle, plus: Handle): Handle {
  return output.backwardAdding?.(dy, plus) ?? addTo(pass, output.backward(dy), plus);
}

/** Layers one after the other. */
export class Sequence implements Layer {
  constructor(private readonly layers: readonly Layer[]) {}

  forward(pass: Pass, x: Handle): LayerOutput {
    return this.run(pass, x);
  }

  forwardAdding(pass: Pass, x: Handle, plus: Handle): LayerOutput {
    return this.run(pass, x, plus);
  }

  private run(pass: Pass, x: Handle, plus?: Handle): LayerOutput {
    const outputs: LayerOutput[] = [];
    let y = pass.retain(x);
    this.layers.forEach((layer, i) => {
      const last = i === this.layers.length - 1;
      const output = last && plus ? forwardAdding(layer, pass, y, plus) : layer.forward(pass, y);
      pass.release(y);
      y = output.y;
      if (pass.training) outputs.push(output);
    });
    const backward = (dy: Handle, addend?: Handle): Handle => {
      let gradient = pass.retain(dy);
      for (let i = outputs.length - 1; i >= 0; i--) {
        const output = outputs[i];
        const next =
          i === 0 && addend ? backwardAdding(output, pass, gradient, addend) : output.backward(gradient);
        pass.release(gradient);
        gradient = next;
      }
      return gradient;
    };
    return { y, backward: (dy) => backward(dy), backwardAdding: backward };
  }
}
