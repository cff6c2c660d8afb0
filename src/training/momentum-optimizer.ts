import { attribute, type Handle, type Kernels } from '../models/kernels';
import type { Model } from '../models/model';
import { ChangingScalar } from './changing-scalar';
import type { Optimizer, OptimizerState } from './optimizer';
import { WeightDecay, type WeightDecayOptions } from './weight-decay';

const FLOAT = [attribute.float32()];

export interface MomentumOptions extends WeightDecayOptions {
  /** Share of the last step's velocity that goes into this one's. */
  momentum: number;
  /** Step to where the velocity will have gone: along g + momentum·v rather than v. */
  nesterov: boolean;
}

/**
 * Stochastic gradient descent with momentum and weight decay as PyTorch defines them, with d = g + weightDecay·w:
 * v ← momentum·v + d; w ← w − rate·v, or with Nesterov w ← w − rate·(d + momentum·v). The velocity starts at zero and keeps
 * its meaning when the rate changes. Five operations a step on the flat vector, eight with Nesterov.
 */
export class MomentumOptimizer implements Optimizer {
  private velocity: Handle;
  private readonly decay: WeightDecay;
  private readonly rate: ChangingScalar;
  private steps = 0;

  constructor(
    private readonly kernels: Kernels,
    private readonly model: Model,
    private readonly options: MomentumOptions,
  ) {
    this.velocity = kernels.float(new Float32Array(model.parameters), [model.parameters]);
    this.decay = new WeightDecay(kernels, model, options);
    this.rate = new ChangingScalar(kernels);
  }

  step(gradient: Handle, rate: number): void {
    const { kernels, model } = this;
    const { nesterov } = this.options;
    const w = model.parameterVector;
    const down = [gradient, this.decay.of(w)].filter((term) => term !== undefined);
    const velocity = this.sum([this.slowed(this.velocity), ...down], down);
    kernels.free(this.velocity);
    this.velocity = velocity;
    const direction = nesterov ? this.sum([this.slowed(velocity), ...down], down) : velocity;
    for (const term of down) if (term !== gradient) kernels.free(term);
    const [move] = kernels.run('Mul', FLOAT, [direction, this.rate.of(rate)], 1);
    if (nesterov) kernels.free(direction);
    const [moved] = kernels.run('Sub', FLOAT, [w, move], 1);
    kernels.free(move);
    model.replaceParameters(moved);
    this.steps++;
  }

  read(): OptimizerState {
    return { name: 'sgd', steps: this.steps, vectors: { velocity: this.kernels.read(this.velocity) } };
  }

  restore({ steps, vectors }: OptimizerState): void {
    const restored = this.kernels.float(vectors.velocity.slice(), [this.model.parameters]);
    this.kernels.free(this.velocity);
    this.velocity = restored;
    this.steps = steps;
  }

  dispose(): void {
    this.kernels.free(this.velocity);
    this.decay.dispose();
    this.rate.dispose();
  }

  private slowed(velocity: Handle): Handle {
    return this.kernels.run('Mul', FLOAT, [velocity, this.kernels.scalar(this.options.momentum)], 1)[0];
  }

  /** The sum of some vectors, of which all but `kept` are freed. */
  private sum(terms: Handle[], kept: readonly Handle[]): Handle {
    const [total] = this.kernels.run('AddN', [attribute.int('N', terms.length), ...FLOAT], terms, 1);
    for (const term of terms) if (!kept.includes(term)) this.kernels.free(term);
    return total;
  }
}
