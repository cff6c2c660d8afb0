import type { NetworkPlan } from './architecture';
import type { Layer } from './layers/layer';
import type { NetworkBuilder } from './network-builder';

export interface ResnetShape {
  /** 'small': 3×3 with stride 1. 'large': 7×7 with stride 2, then 3×3 max pooling with stride 2, for ImageNet. */
  stem: 'small' | 'large';
  /** Blocks in each section; each section has twice the channels of the one before, and all but the first halve the sides. */
  sections: readonly number[];
  /** 1×1, 3×3, 1×1 with four times the channels at the end, rather than two 3×3. */
  bottleneck: boolean;
}

/** Output channels of a bottleneck block over those of its 3×3 convolution. */
const EXPANSION = 4;

/**
 * The original ResNet (He et al. 2015, "Deep residual learning for image recognition"), batch norm after every convolution and
 * ReLU after the addition. Where the shape changes the shortcut is a 1×1 convolution with batch norm; a bottleneck has its
 * stride at the 3×3 convolution. Arrays are named as in PyTorch's torchvision.
 */
export function resnet(network: NetworkBuilder, shape: ResnetShape): NetworkPlan {
  const { stem, sections, bottleneck } = shape;

  const block = (name: string, inputs: number, channels: number, stride: number): Layer => {
    const outputs = bottleneck ? EXPANSION * channels : channels;
    const branch = bottleneck
      ? network.sequence(
          network.convolution(`${name}.conv1`, inputs, channels, 1),
          network.batchNormRelu(`${name}.bn1`, channels),
          network.convolution(`${name}.conv2`, channels, channels, 3, { stride }),
          network.batchNormRelu(`${name}.bn2`, channels),
          network.convolution(`${name}.conv3`, channels, outputs, 1),
          network.batchNorm(`${name}.bn3`, outputs),
        )
      : network.sequence(
          network.convolution(`${name}.conv1`, inputs, channels, 3, { stride }),
          network.batchNormRelu(`${name}.bn1`, channels),
          network.convolution(`${name}.conv2`, channels, outputs, 3),
          network.batchNorm(`${name}.bn2`, outputs),
        );
    const projected = stride !== 1 || inputs !== outputs;
    const shortcut = projected
      ? network.sequence(
          network.convolution(`${name}.downsample.0`, inputs, outputs, 1, { stride }),
          network.batchNorm(`${name}.downsample.1`, outputs),
        )
      : undefined;
    return network.sequence(network.sum(branch, shortcut), network.relu());
  };

  const large = stem === 'large';
  let channels = network.width;
  const body = [
    network.convolution('conv1', network.channels, channels, large ? 7 : 3, {
      stride: large ? 2 : 1,
      first: true,
    }),
    network.batchNormRelu('bn1', channels),
  ];
  if (large) body.push(network.maxPool({ size: 3, stride: 2 }));
  sections.forEach((blocks, section) => {
    for (let i = 0; i < blocks; i++) {
      const inside = network.width * 2 ** section;
      body.push(block(`layer${section + 1}.${i}`, channels, inside, section > 0 && i === 0 ? 2 : 1));
      channels = bottleneck ? EXPANSION * inside : inside;
    }
  });
  body.push(network.averagePool());
  return { body, featureSize: channels };
}
