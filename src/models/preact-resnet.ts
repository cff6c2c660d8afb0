import { Random } from '../core/random';
import type { Kernels } from './kernels';
import { Convolution } from './layers/convolution';
import { GlobalAveragePool } from './layers/global-average-pool';
import { type Layer, Sequence } from './layers/layer';
import { Linear } from './layers/linear';
import { NormalizedRectifier } from './layers/normalized-rectifier';
import { ResidualBlock } from './layers/residual-block';
import type { InputShape } from './model';
import { Network } from './network';
import { ParameterSet } from './parameters';
import { StatisticSet } from './statistics';

export interface PreactResnetOptions {
  arch: string;
  inputShape: InputShape;
  classes: number;
  /** Blocks in each of the three sections. */
  blocks: number;
  /** 1×1, 3×3, 1×1 with four times the channels at the end, rather than two 3×3. */
  bottleneck: boolean;
  /** Channels of the first section; the second has twice, the third four times as many. */
  width: number;
  seed: number;
}

/** Output channels of a bottleneck block over those of its 3×3 convolution. */
const EXPANSION = 4;

/**
 * Pre-activation ResNet for small images (He et al. 2016; the reference's CIFAR networks): 3×3 stem, three sections with
 * stride 2 at the second and third, batch norm and ReLU, average pool, `fc`.
 */
export function preactResnet(kernels: Kernels, options: PreactResnetOptions): Network {
  const { arch, inputShape, classes, blocks, bottleneck, width, seed } = options;
  const random = new Random(seed);
  const parameters = new ParameterSet(kernels);
  const statistics = new StatisticSet(kernels);
  const convolution = (name: string, inputs: number, outputs: number, size: number, stride = 1) =>
    new Convolution(parameters, random, { name, inputs, outputs, size, stride });
  const activation = (name: string, channels: number) =>
    new NormalizedRectifier(parameters, statistics, name, channels);

  /** One block; its layers are made in the order in which a pass meets them. */
  const block = (name: string, inputs: number, channels: number, stride: number): Layer => {
    const outputs = bottleneck ? EXPANSION * channels : channels;
    const first = activation(`${name}.bn1`, inputs);
    const branch = bottleneck
      ? new Sequence([
          convolution(`${name}.conv1`, inputs, channels, 1),
          activation(`${name}.bn2`, channels),
          convolution(`${name}.conv2`, channels, channels, 3, stride),
          activation(`${name}.bn3`, channels),
          convolution(`${name}.conv3`, channels, outputs, 1),
        ])
      : new Sequence([
          convolution(`${name}.conv1`, inputs, channels, 3, stride),
          activation(`${name}.bn2`, channels),
          convolution(`${name}.conv2`, channels, outputs, 3),
        ]);
    const projected = stride !== 1 || inputs !== outputs;
    return new ResidualBlock(
      first,
      branch,
      projected ? convolution(`${name}.shortcut`, inputs, outputs, 1, stride) : undefined,
    );
  };

  const layers: Layer[] = [
    new Convolution(parameters, random, {
      name: 'conv1',
      inputs: inputShape[2],
      outputs: width,
      size: 3,
      stride: 1,
      first: true,
    }),
  ];
  let channels = width;
  for (let section = 0; section < 3; section++) {
    for (let i = 0; i < blocks; i++) {
      const inside = width * 2 ** section;
      layers.push(block(`layer${section + 1}.${i}`, channels, inside, section > 0 && i === 0 ? 2 : 1));
      channels = bottleneck ? EXPANSION * inside : inside;
    }
  }
  layers.push(activation('bn', channels), new GlobalAveragePool());
  const head = new Linear(parameters, random, 'fc', channels, classes);
  return new Network(kernels, {
    arch,
    width,
    inputShape,
    classes,
    featureSize: channels,
    body: new Sequence(layers),
    head,
    parameters,
    statistics,
  });
}
