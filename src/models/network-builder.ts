import { Random } from '../core/random';
import type { Architecture } from './architecture';
import type { Kernels } from './kernels';
import { BatchNormalization } from './layers/batch-normalization';
import { Convolution, type ConvolutionOptions } from './layers/convolution';
import { Embedding } from './layers/embedding';
import { GlobalAveragePool } from './layers/global-average-pool';
import { type KMaxOutput, KMaxPool } from './layers/k-max-pool';
import { type Layer, Sequence } from './layers/layer';
import { Linear } from './layers/linear';
import { MaxPool } from './layers/max-pool';
import { NormalizedRectifier } from './layers/normalized-rectifier';
import { Rectifier } from './layers/rectifier';
import { ResidualBlock } from './layers/residual-block';
import { Sum } from './layers/sum';
import type { ModelInput } from './model';
import { Network } from './network';
import type { PoolShape } from './ops/max-pool';
import { ParameterSet } from './parameters';
import { StatisticSet } from './statistics';

export interface NetworkBuilderOptions {
  input: ModelInput;
  classes: number;
  width: number;
  seed: number;
}

/**
 * Makes the layers of one network: draws their first weights from one seeded generator and declares their arrays under the
 * names that they are given, which are the names in checkpoints and in ONNX files. Images are batch × height × width ×
 * channels, sequences are images of height 1.
 */
export class NetworkBuilder {
  readonly input: ModelInput;
  readonly classes: number;
  /** Channels of the first section. */
  readonly width: number;
  private readonly random: Random;
  private readonly parameters: ParameterSet;
  private readonly statistics: StatisticSet;

  constructor(
    private readonly kernels: Kernels,
    options: NetworkBuilderOptions,
  ) {
    this.input = options.input;
    this.classes = options.classes;
    this.width = options.width;
    this.random = new Random(options.seed);
    this.parameters = new ParameterSet(kernels);
    this.statistics = new StatisticSet(kernels);
  }

  /** Channels of the images; 0 for texts. */
  get channels(): number {
    return this.input.kind === 'image' ? this.input.shape[2] : 0;
  }

  /** size × size without bias, padding (size − 1) / 2. Stride 1 unless given. */
  convolution(
    name: string,
    inputs: number,
    outputs: number,
    size: number,
    more: Partial<Omit<ConvolutionOptions, 'name' | 'inputs' | 'outputs' | 'size'>> = {},
  ): Layer {
    return new Convolution(this.parameters, this.random, { stride: 1, ...more, name, inputs, outputs, size });
  }

  /** With scale 1 and shift 0 to begin with. */
  batchNorm(name: string, channels: number): Layer {
    return new BatchNormalization(this.parameters, this.statistics, name, channels);
  }

  /** Batch norm and ReLU, in one kernel where there is one. */
  batchNormRelu(name: string, channels: number): Layer {
    return new NormalizedRectifier(this.parameters, this.statistics, name, channels);
  }

  relu(): Layer {
    return new Rectifier();
  }

  /** batch × inputs to batch × outputs, with bias. */
  linear(name: string, inputs: number, outputs: number): Layer {
    return new Linear(this.parameters, this.random, name, inputs, outputs);
  }

  /** Codes, batch × length, to batch × 1 × length × size. */
  embedding(name: string, symbols: number, size: number): Layer {
    return new Embedding(this.parameters, this.random, name, symbols, size);
  }

  /** The greatest value of each window, padding (size − 1) / 2. */
  maxPool(shape: PoolShape): Layer {
    return new MaxPool(shape);
  }

  /** The greatest values of each channel of a sequence, in their order; `keep` says how many of a length. */
  kMaxPool(keep: (length: number) => number, output: KMaxOutput): Layer {
    return new KMaxPool(keep, output);
  }

  /** Mean over height and width: batch × channels. */
  averagePool(): Layer {
    return new GlobalAveragePool();
  }

  sequence(...layers: Layer[]): Layer {
    return new Sequence(layers);
  }

  /** branch(x) + shortcut(x), where the shortcut is x itself if none is given. */
  sum(branch: Layer, shortcut?: Layer): Layer {
    return new Sum(branch, shortcut);
  }

  /** a = activation(x); branch(a) + projection(a), or + x if there is no projection: a pre-activation block. */
  preactivated(activation: Layer, branch: Layer, projection?: Layer): Layer {
    return new ResidualBlock(activation, branch, projection);
  }

  /** The whole network. */
  network(architecture: Architecture, arch: string): Network {
    const { body, featureSize, head } = architecture.build(this);
    return new Network(this.kernels, {
      arch,
      width: this.width,
      input: this.input,
      classes: this.classes,
      featureSize,
      body: Array.isArray(body) ? new Sequence(body) : body,
      head: head ?? this.linear('fc', featureSize, this.classes),
      parameters: this.parameters,
      statistics: this.statistics,
    });
  }
}
