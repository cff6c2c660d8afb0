import { attribute, type Handle, type Kernels } from '../models/kernels';
import type { Model } from '../models/model';
import type { Optimizer, OptimizerState } from './optimizer';
import { WeightDecay, type WeightDecayOptions } from './weight-decay';

const FLOAT = [attribute.float32()];

export interface AdamOptions extends WeightDecayOptions {
  /** 'adam': weight decay goes into the gradient; 'adamw': it acts on the parameters themselves, at the learning rate. */
  optimizer: 'adam' | 'adamw';
  /** Share of the last step's mean gradient that goes into this one's. */
  beta1: number;
  /** The same of the mean squared gradient. */
  beta2: number;
  /** Added to the root of the mean square. */
  epsilon: number;
}

/**
 * Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019) as PyTorch defines them: m ← β₁m + (1 − β₁)g,
 * v ← β₂v + (1 − β₂)g², w ← w − rate·m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ); weight decay as
 * `optimizer` says.
 *
 * The vectors kept are M = m / (1 − β₁) and V = v / (1 − β₂): the factors of all of them go into two numbers a step, which
 * leaves ten operations on the flat vector, and three more where something decays.
 */
export class AdamOptimizer implements Optimizer {
  private mean: Handle;
  private square: Handle;
  private steps = 0;
  private readonly decay: WeightDecay;

  constructor(
    private readonly kernels: Kernels,
    private readonly model: Model,
    private readonly options: AdamOptions,
  ) {
    const zeros = () => kernels.float(new Float32Array(model.parameters), [model.parameters]);
    this.mean = zeros();
    this.square = zeros();
    this.decay = new WeightDecay(kernels, model, options);
  }

  step(gradient: Handle, rate: number): void {
    const { kernels, model } = this;
    const { optimizer, beta1, beta2, epsilon } = this.options;
    const w = model.parameterVector;
    this.steps++;
    const decayed = this.decay.of(w);
    const coupled = optimizer === 'adam' && decayed !== undefined;
    const g = coupled ? this.run('AddV2', gradient, decayed) : gradient;
    this.mean = this.moved(this.mean, beta1, g);
    const squared = this.run('Mul', g, g);
    this.square = this.moved(this.square, beta2, squared);
    kernels.free(squared);
    if (coupled) kernels.free(g);

    const meanFactor = (1 - beta1) / (1 - beta1 ** this.steps);
    const rootFactor = Math.sqrt((1 - beta2) / (1 - beta2 ** this.steps));
    const root = kernels.run('Sqrt', FLOAT, [this.square], 1)[0];
    const raised = this.scaled('AddV2', root, epsilon / rootFactor);
    kernels.free(root);
    const direction = this.run('Div', this.mean, raised);
    kernels.free(raised);
    let move = this.scaled('Mul', direction, (rate * meanFactor) / rootFactor);
    kernels.free(direction);
    if (optimizer === 'adamw' && decayed !== undefined) {
      const shrink = this.scaled('Mul', decayed, rate);
      const both = this.run('AddV2', move, shrink);
      kernels.free(move);
      kernels.free(shrink);
      move = both;
    }
    if (decayed !== undefined) kernels.free(decayed);
    const moved = this.run('Sub', w, move);
    kernels.free(move);
    model.replaceParameters(moved);
  }

  read(): OptimizerState {
    const { kernels, steps } = this;
    return {
      name: this.options.optimizer,
      steps,
      vectors: { mean: kernels.read(this.mean), square: kernels.read(this.square) },
    };
  }

  restore({ steps, vectors }: OptimizerState): void {
    const { kernels } = this;
    const [mean, square] = [vectors.mean, vectors.square].map((vector) =>
      kernels.float(vector.slice(), [this.model.parameters]),
    );
    this.free();
    this.mean = mean;
    this.square = square;
    this.steps = steps;
  }

  dispose(): void {
    this.free();
    this.decay.dispose();
  }

  private free(): void {
    this.kernels.free(this.mean);
    this.kernels.free(this.square);
  }

  private run(name: string, a: Handle, b: Handle): Handle {
    return this.kernels.run(name, FLOAT, [a, b], 1)[0];
  }

  /** With a number of this step alone. */
  private scaled(name: string, vector: Handle, by: number): Handle {
    const scalar = this.kernels.float(Float32Array.of(by), []);
    const result = this.run(name, vector, scalar);
    this.kernels.free(scalar);
    return result;
  }

  /** share · moment + term, in place of the moment, which is freed. */
  private moved(moment: Handle, share: number, term: Handle): Handle {
    const kept = this.run('Mul', moment, this.kernels.scalar(share));
    const moved = this.run('AddV2', kept, term);
    this.kernels.free(kept);
    this.kernels.free(moment);
    return moved;
  }
}
