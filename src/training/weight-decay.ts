import { attribute, type Handle, type Kernels } from '../models/kernels';
import type { Model } from '../models/model';

const FLOAT = [attribute.float32()];

export interface WeightDecayOptions {
  /** The share of a parameter that is added to its gradient (sgd, adam) or taken off it at each step (adamw). */
  weightDecay: number;
  /** Also on scale and shift of batch norm. */
  decayBatchNorm: boolean;
  /** Also on the biases of linear layers. */
  decayBiases: boolean;
}

/** Weight decay on the parameters that it is meant for: one operation on the flat vector, whichever they are. */
export class WeightDecay {
  private readonly factor?: Handle;
  private readonly own: boolean = false;

  constructor(
    private readonly kernels: Kernels,
    model: Model,
    { weightDecay, decayBatchNorm, decayBiases }: WeightDecayOptions,
  ) {
    if (weightDecay === 0) return;
    const spared = model.parameterList.filter(
      ({ role }) => (role === 'norm' && !decayBatchNorm) || (role === 'bias' && !decayBiases),
    );
    if (spared.length === 0) {
      this.factor = kernels.scalar(weightDecay);
      return;
    }
    const factors = new Float32Array(model.parameters).fill(weightDecay);
    for (const { offset, size } of spared) factors.fill(0, offset, offset + size);
    this.factor = kernels.float(factors, [model.parameters]);
    this.own = true;
  }

  /** The decay of each parameter times its value, for the caller to free; undefined where nothing decays. */
  of(parameters: Handle): Handle | undefined {
    return this.factor && this.kernels.run('Mul', FLOAT, [parameters, this.factor], 1)[0];
  }

  dispose(): void {
    if (this.own) this.kernels.free(this.factor as Handle);
  }
}
