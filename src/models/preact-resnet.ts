import type { NetworkPlan } from './architecture';
import type { Layer } from './layers/layer';
import type { NetworkBuilder } from './network-builder';

export interface PreactResnetShape {
  /** Blocks in each of the three sections. */
  blocks: number;
  /** 1×1, 3×3, 1×1 with four times the channels at the end, rather than two 3×3. */
  bottleneck: boolean;
  /** Channels of the sections over those of the stem: k of a wide ResNet. Default 1. */
  widen?: number;
}

/** Output channels of a bottleneck block over those of its 3×3 convolution. */
const EXPANSION = 4;

/**
 * Pre-activation ResNet for small images (He et al. 2016; the reference's CIFAR networks): 3×3 stem to `width` channels, three
 * sections of widen · width and twice and four times as many, stride 2 at the second and third, batch norm and ReLU,
 * average pool, `fc`. With `widen` it is the wide ResNet of Zagoruyko and Komodakis 2016.
 */
export function preactResnet(network: NetworkBuilder, shape: PreactResnetShape): NetworkPlan {
  const { blocks, bottleneck, widen = 1 } = shape;

  /** One block; its layers are made in the order in which a pass meets them. */
  const block = (name: string, inputs: number, channels: number, stride: number): Layer => {
    const outputs = bottleneck ? EXPANSION * channels : channels;
    const first = network.batchNormRelu(`${name}.bn1`, inputs);
    const branch = bottleneck
      ? network.sequence(
          network.convolution(`${name}.conv1`, inputs, channels, 1),
          network.batchNormRelu(`${name}.bn2`, channels),
          network.convolution(`${name}.conv2`, channels, channels, 3, { stride }),
          network.batchNormRelu(`${name}.bn3`, channels),
          network.convolution(`${name}.conv3`, channels, outputs, 1),
        )
      : network.sequence(
          network.convolution(`${name}.conv1`, inputs, channels, 3, { stride }),
          network.batchNormRelu(`${name}.bn2`, channels),
          network.convolution(`${name}.conv2`, channels, outputs, 3),
        );
    const projected = stride !== 1 || inputs !== outputs;
    return network.preactivated(
      first,
      branch,
      projected ? network.convolution(`${name}.shortcut`, inputs, outputs, 1, { stride }) : undefined,
    );
  };

  let channels = network.width;
  const body = [network.convolution('conv1', network.channels, channels, 3, { first: true })];
  for (let section = 0; section < 3; section++) {
    for (let i = 0; i < blocks; i++) {
      const inside = network.width * widen * 2 ** section;
      body.push(block(`layer${section + 1}.${i}`, channels, inside, section > 0 && i === 0 ? 2 : 1));
      channels = bottleneck ? EXPANSION * inside : inside;
    }
  }
  body.push(network.batchNormRelu('bn', channels), network.averagePool());
  return { body, featureSize: channels };
}
