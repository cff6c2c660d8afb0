import type { OnnxGraph, OnnxNode } from './graph';

/**
 * A convolution whose weights are not yet stored: a bias or a batch norm that follows it, and that alone uses its output, becomes
 * part of them. Conv and then γ(y − μ)/√(σ² + ε) + β is the convolution with w·γ/√(σ² + ε) and the bias
 * β + (b − μ)·γ/√(σ² + ε); both are computed in float64 and rounded once.
 */
export class FoldingConvolution {
  private readonly scale: Float64Array;
  private readonly bias: Float64Array;
  private biased = false;

  /**
   * @param node its weight and bias are appended to the inputs by `finish`
   * @param weight height × width × in × out, TensorFlow's order
   */
  constructor(
    private readonly node: OnnxNode,
    private readonly name: string,
    private readonly shape: readonly number[],
    private readonly weight: Float32Array,
  ) {
    this.scale = new Float64Array(shape[3]).fill(1);
    this.bias = new Float64Array(shape[3]);
  }

  addBias(bias: Float32Array): void {
    for (let o = 0; o < bias.length; o++) this.bias[o] += bias[o];
    this.biased = true;
  }

  multiply(scale: Float64Array, shift: Float64Array): void {
    for (let o = 0; o < scale.length; o++) {
      this.scale[o] *= scale[o];
      this.bias[o] = this.bias[o] * scale[o] + shift[o];
    }
    this.biased = true;
  }

  /** The output's name from now on; what is folded in gives its own. */
  rename(output: string): void {
    this.node.outputs[0] = output;
  }

  /** Stores the weights as out × in × height × width, ONNX's order. */
  finish(graph: OnnxGraph): void {
    const [height, width, inputs, outputs] = this.shape;
    const { weight, scale } = this;
    const data = new Float32Array(weight.length);
    const area = height * width;
    for (let o = 0; o < outputs; o++) {
      for (let c = 0; c < inputs; c++) {
        const to = (o * inputs + c) * area;
        for (let p = 0; p < area; p++) data[to + p] = weight[(p * inputs + c) * outputs + o] * scale[o];
      }
    }
    this.node.inputs.push(graph.store(this.name, [outputs, inputs, height, width], data));
    if (this.biased) {
      const bias = `${this.name.replace(/\.?weight$/, '')}.bias`;
      this.node.inputs.push(graph.store(bias, [outputs], Float32Array.from(this.bias)));
    }
  }
}

/** scale = γ/√(σ² + ε) and shift = β − μ·scale, per channel. */
export function scaleAndShift(
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  mean: ArrayLike<number>,
  variance: ArrayLike<number>,
  epsilon: number,
): { scale: Float64Array; shift: Float64Array } {
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + epsilon));
  return { scale, shift: Float64Array.from(beta, (b, c) => b - mean[c] * scale[c]) };
}
