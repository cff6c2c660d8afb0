import type { Random } from '../../core/random';
import type { Handle } from '../kernels';
import { embed, embedGradient } from '../ops/embedding';
import { reshape } from '../ops/reshape';
import type { Parameter, ParameterSet } from '../parameters';
import type { Pass } from '../pass';
import type { Layer, LayerOutput } from './layer';

/**
 * A vector for each symbol: int32 codes, batch × length, to an image of height 1, batch × 1 × length × size, so that temporal
 * convolutions take it. Table symbols × size, standard normal, PyTorch's default. Nothing is passed on: codes have no gradient.
 */
export class Embedding implements Layer {
  private readonly table: Parameter;

  constructor(parameters: ParameterSet, random: Random, name: string, symbols: number, size: number) {
    this.table = parameters.add(`${name}.weight`, [symbols, size], () =>
      new Float32Array(symbols * size).map(() => random.normal()),
    );
  }

  forward(pass: Pass, codes: Handle): LayerOutput {
    const [symbols, size] = this.table.shape;
    const vectors = embed(pass, codes, pass.value(this.table));
    const y = reshape(pass, vectors, [-1, 1, codes.shape[1], size]);
    pass.release(vectors);
    if (pass.training) pass.retain(codes);
    return {
      y,
      backward: (dy) => {
        pass.setGradient(this.table, embedGradient(pass, dy, codes, [symbols, size]));
        pass.release(codes);
        return pass.retain(dy);
      },
    };
  }
}
