// The networks of the training bench, built from this package's own layers; bench/peers/training.py builds the same in PyTorch.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const dist = (file) => require(`../../dist/${file}`);

const common = { batch: 128, classes: 10, rate: 0.05, momentum: 0.9, weightDecay: 5e-4 };

/** `sections` of `blocks` pre-activation basic blocks; `finalNorm`: batch norm and ReLU before the average pool. */
export const NETWORKS = {
  residual7: {
    ...common,
    title: '7-convolution residual network, 16 channels, 28 × 28 × 1, batch 128',
    height: 28,
    columns: 28,
    channels: 1,
    width: 16,
    sections: 1,
    blocks: 3,
    finalNorm: false,
  },
  preact20: {
    ...common,
    title: 'preact20, 16 channels, 32 × 32 × 3, batch 128',
    height: 32,
    columns: 32,
    channels: 3,
    width: 16,
    sections: 3,
    blocks: 3,
    finalNorm: true,
  },
};

/** The network as a model of this package, weights by seed. */
export function build(name) {
  const spec = NETWORKS[name];
  const { kernels } = dist('models/kernels.js');
  const inputShape = [spec.height, spec.columns, spec.channels];
  if (spec.finalNorm) {
    const { preactResnet } = dist('models/preact-resnet.js');
    const { classes, blocks, width } = spec;
    return preactResnet(kernels(), {
      arch: name,
      inputShape,
      classes,
      blocks,
      bottleneck: false,
      width,
      seed: 1,
    });
  }
  const { Random } = dist('core/random.js');
  const { ParameterSet } = dist('models/parameters.js');
  const { StatisticSet } = dist('models/statistics.js');
  const { Convolution } = dist('models/layers/convolution.js');
  const { NormalizedRectifier } = dist('models/layers/normalized-rectifier.js');
  const { ResidualBlock } = dist('models/layers/residual-block.js');
  const { Sequence } = dist('models/layers/layer.js');
  const { GlobalAveragePool } = dist('models/layers/global-average-pool.js');
  const { Linear } = dist('models/layers/linear.js');
  const { Network } = dist('models/network.js');

  const random = new Random(1);
  const parameters = new ParameterSet(kernels());
  const statistics = new StatisticSet(kernels());
  const { width, channels } = spec;
  const convolution = (at, inputs, first = false) =>
    new Convolution(parameters, random, { name: at, inputs, outputs: width, size: 3, stride: 1, first });
  const activation = (at) => new NormalizedRectifier(parameters, statistics, at, width);
  const layers = [convolution('conv1', channels, true)];
  for (let i = 0; i < spec.blocks; i++) {
    const at = `layer1.${i}`;
    const first = activation(`${at}.bn1`);
    const conv1 = convolution(`${at}.conv1`, width);
    layers.push(
      new ResidualBlock(
        first,
        new Sequence([conv1, activation(`${at}.bn2`), convolution(`${at}.conv2`, width)]),
      ),
    );
  }
  layers.push(new GlobalAveragePool());
  return new Network(kernels(), {
    arch: name,
    width,
    inputShape,
    classes: spec.classes,
    featureSize: width,
    body: new Sequence(layers),
    head: new Linear(parameters, random, 'fc', width, spec.classes),
    parameters,
    statistics,
  });
}
