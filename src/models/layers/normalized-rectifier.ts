import type { Handle } from '../kernels';
import { batchNormRelu, batchNormReluGradient, batchNormReluInference } from '../ops/batch-norm-relu';
import type { Parameter, ParameterSet } from '../parameters';
import type { Pass } from '../pass';
import type { Statistic, StatisticSet } from '../statistics';
import type { Layer, LayerOutput } from './layer';

/**
 * Batch normalisation, with scale 1 and shift 0 to begin with, and ReLU: what stands before every convolution of a
 * pre-activation network. A pass for training moves the running statistics.
 */
export class NormalizedRectifier implements Layer {
  private readonly gamma: Parameter;
  private readonly beta: Parameter;
  private readonly mean: Statistic;
  private readonly variance: Statistic;

  constructor(parameters: ParameterSet, statistics: StatisticSet, name: string, channels: number) {
    const all = (value: number) => () => new Float32Array(channels).fill(value);
    this.gamma = parameters.add(`${name}.weight`, [channels], all(1), 'norm');
    this.beta = parameters.add(`${name}.bias`, [channels], all(0), 'norm');
    this.mean = statistics.add(`${name}.running_mean`, new Float32Array(channels));
    this.variance = statistics.add(`${name}.running_var`, new Float32Array(channels).fill(1));
  }

  forward(pass: Pass, x: Handle): LayerOutput {
    const gamma = pass.value(this.gamma);
    const beta = pass.value(this.beta);
    const { mean, variance } = this;
    if (!pass.training) {
      const y = batchNormReluInference(pass, x, gamma, beta, mean.value, variance.value);
      return { y, backward: (dy) => dy };
    }
    const { y, runningMean, runningVariance, saved } = batchNormRelu(
      pass,
      x,
      gamma,
      beta,
      mean.value,
      variance.value,
    );
    mean.replace(pass.give(runningMean));
    variance.replace(pass.give(runningVariance));
    pass.retain(x);
    pass.retain(y);
    const backward = (dy: Handle, plus?: Handle): Handle => {
      const { dx, dgamma, dbeta } = batchNormReluGradient(pass, dy, x, y, gamma, beta, saved, plus);
      pass.setGradient(this.gamma, dgamma);
      pass.setGradient(this.beta, dbeta);
      for (const kept of [x, y, ...saved]) pass.release(kept);
      return dx;
    };
    return { y, backward: (dy) => backward(dy), backwardAdding: backward };
  }
}
