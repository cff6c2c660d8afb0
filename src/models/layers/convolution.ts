import type { Random } from '../../core/random';
import type { Handle } from '../kernels';
import { type ConvShape, conv2d, conv2dFilterGradient, conv2dInputGradient } from '../ops/conv2d';
import type { Parameter, ParameterSet } from '../parameters';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

export interface ConvolutionOptions extends ConvShape {
  name: string;
  inputs: number;
  outputs: number;
  /** The network's first layer: nobody wants the gradient of the images, and it costs as much as the convolution. */
  first?: boolean;
  /** Which end's variance the first weights keep: of the gradients ('out', default) or of the activations ('in'). */
  fan?: 'in' | 'out';
}

/** A convolution without bias; weights size × size × in × out (1 × size × in × out if temporal), Kaiming normal. */
export class Convolution implements Layer {
  private readonly weight: Parameter;

  constructor(
    parameters: ParameterSet,
    random: Random,
    private readonly options: ConvolutionOptions,
  ) {
    const { name, size, inputs, outputs, temporal, fan } = options;
    const height = temporal ? 1 : size;
    // He et al. 2015: the variance of the gradients (equation 14), or of the activations (equation 10), stays the same
    // from layer to layer under ReLU.
    const deviation = Math.sqrt(2 / (height * size * (fan === 'in' ? inputs : outputs)));
    const count = height * size * inputs * outputs;
    this.weight = parameters.add(`${name}.weight`, [height, size, inputs, outputs], () =>
      new Float32Array(count).map(() => random.normal() * deviation),
    );
  }

  forward(pass: Pass, x: Handle): LayerOutput {
    return this.forwardAdding(pass, x);
  }

  forwardAdding(pass: Pass, x: Handle, plus?: Handle): LayerOutput {
    const w = pass.value(this.weight);
    const y = conv2d(pass, x, w, this.options, plus);
    if (pass.training) pass.retain(x);
    const output: LayerOutput = { y, backward: (dy) => this.backward(pass, x, w, dy) };
    if (!this.options.first) output.backwardAdding = (dy, addend) => this.backward(pass, x, w, dy, addend);
    return output;
  }

  private backward(pass: Pass, x: Handle, w: Handle, dy: Handle, plus?: Handle): Handle {
    pass.setGradient(this.weight, conv2dFilterGradient(pass, x, w.shape, dy, this.options));
    const dx = this.options.first
      ? pass.retain(dy)
      : conv2dInputGradient(pass, x.shape, w, dy, this.options, plus);
    pass.release(x);
    return dx;
  }
}
