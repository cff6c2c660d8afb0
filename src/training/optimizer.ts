import { attribute, type Handle, type Kernels } from '../models/kernels';
import type { Model } from '../models/model';

const FLOAT = [attribute.float32()];

export interface MomentumOptions {
  /** Share of the last step's velocity that goes into this one's. */
  momentum: number;
  /** L2 penalty: this share of every parameter is added to its gradient. */
  weightDecay: number;
}

/**
 * Stochastic gradient descent with momentum and weight decay as PyTorch defines them:
 * v ← momentum·v + (g + weightDecay·w); w ← w − rate·v. The velocity starts at zero and keeps its meaning when the rate changes.
 * Works on the model's flat vector: five operations a step, whatever the number of layers.
 */
export class MomentumOptimizer {
  private velocity: Handle;

  constructor(
    private readonly kernels: Kernels,
    private readonly model: Model,
    private readonly options: MomentumOptions,
  ) {
    this.velocity = kernels.float(new Float32Array(model.parameters), [model.parameters]);
  }

  /** One step down `gradient`, which stays the caller's. */
  step(gradient: Handle, rate: number): void {
    const { kernels, model } = this;
    const { momentum, weightDecay } = this.options;
    const w = model.parameterVector;
    const scaled = this.multiply(this.velocity, momentum);
    const terms = [scaled, gradient];
    if (weightDecay !== 0) terms.push(this.multiply(w, weightDecay));
    const [velocity] = kernels.run('AddN', [attribute.int('N', terms.length), ...FLOAT], terms, 1);
    for (const term of terms) if (term !== gradient) kernels.free(term);
    kernels.free(this.velocity);
    this.velocity = velocity;
    const move = this.multiply(velocity, rate);
    const [moved] = kernels.run('Sub', FLOAT, [w, move], 1);
    kernels.free(move);
    model.replaceParameters(moved);
  }

  /** A copy of the velocity, for a checkpoint. */
  read(): Float32Array {
    return this.kernels.read(this.velocity);
  }

  /** Puts a checkpoint's velocity in place. */
  restore(velocity: Float32Array): void {
    const restored = this.kernels.float(velocity.slice(), [this.model.parameters]);
    this.kernels.free(this.velocity);
    this.velocity = restored;
  }

  dispose(): void {
    this.kernels.free(this.velocity);
  }

  private multiply(tensor: Handle, by: number): Handle {
    return this.kernels.run('Mul', FLOAT, [tensor, this.kernels.scalar(by)], 1)[0];
  }
}
