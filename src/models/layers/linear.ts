import type { Random } from '../../core/random';
import type { Handle } from '../kernels';
import { dense, denseGradient } from '../ops/dense';
import type { Parameter, ParameterSet } from '../parameters';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

/** A fully connected layer; weights in × out and bias uniform within ±1/√in, PyTorch's default. */
export class Linear implements Layer {
  private readonly weight: Parameter;
  private readonly bias: Parameter;

  constructor(parameters: ParameterSet, random: Random, name: string, inputs: number, outputs: number) {
    const bound = 1 / Math.sqrt(inputs);
    const draw = (size: number) => () => new Float32Array(size).map(() => (2 * random.uniform() - 1) * bound);
    this.weight = parameters.add(`${name}.weight`, [inputs, outputs], draw(inputs * outputs));
    this.bias = parameters.add(`${name}.bias`, [outputs], draw(outputs), 'bias');
  }

  forward(pass: Pass, x: Handle): LayerOutput {
    const w = pass.value(this.weight);
    const y = dense(pass, x, w, pass.value(this.bias));
    if (pass.training) pass.retain(x);
    return {
      y,
      backward: (dy) => {
        const { dx, dw, db } = denseGradient(pass, dy, x, w);
        pass.setGradient(this.weight, dw);
        pass.setGradient(this.bias, db);
        pass.release(x);
        return dx;
      },
    };
  }
}
