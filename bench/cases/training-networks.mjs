// The networks of the training bench; bench/peers/training.py builds the same in PyTorch, whose arrays have the same names.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const dist = (file) => require(`../../dist/${file}`);

const common = { classes: 10, rate: 0.05, momentum: 0.9, weightDecay: 5e-4 };
const small = {
  ...common,
  batch: 128,
  input: { kind: 'image', shape: [32, 32, 3] },
  family: 'preact',
  width: 16,
};

/** `sections`: blocks of each; `finalNorm`: batch norm and ReLU before the average pool. */
export const NETWORKS = {
  residual7: {
    ...small,
    title: '7-convolution residual network, 16 channels, 28 × 28 × 1, batch 128',
    input: { kind: 'image', shape: [28, 28, 1] },
    sections: [3],
    finalNorm: false,
  },
  preact20: {
    ...small,
    title: 'preact20, 32 × 32 × 3, batch 128',
    sections: [3, 3, 3],
    finalNorm: true,
  },
  preact56: {
    ...small,
    title: 'preact56, 32 × 32 × 3, batch 128',
    sections: [9, 9, 9],
    finalNorm: true,
  },
  resnet18: {
    ...common,
    title: 'ResNet18, 224 × 224 × 3, batch 16',
    batch: 16,
    rate: 0.01,
    input: { kind: 'image', shape: [224, 224, 3] },
    family: 'resnet',
    width: 64,
    sections: [2, 2, 2, 2],
  },
  vdcnn9: {
    ...common,
    title: 'VDCNN9, max pooling, 1,014 characters, batch 64',
    batch: 64,
    rate: 0.01,
    input: { kind: 'text', length: 1014, symbols: 69 },
    family: 'vdcnn',
    width: 64,
    sections: [1, 1, 1, 1],
  },
};

/** The network as a model of this package, weights by seed. */
export function build(name) {
  const { createModel, registerArchitecture, archNames } = dist('models/registry.js');
  const { input, classes, width } = NETWORKS[name];
  if (name === 'residual7' && !archNames().includes(name)) {
    registerArchitecture({ name, width, build: residual7 });
  }
  return createModel(name, { input, classes, width, seed: 1 });
}

function residual7(network) {
  const { width } = network;
  const body = [network.convolution('conv1', network.channels, width, 3, { first: true })];
  for (let i = 0; i < 3; i++) {
    const at = `layer1.${i}`;
    const branch = network.sequence(
      network.convolution(`${at}.conv1`, width, width, 3),
      network.batchNormRelu(`${at}.bn2`, width),
      network.convolution(`${at}.conv2`, width, width, 3),
    );
    body.push(network.preactivated(network.batchNormRelu(`${at}.bn1`, width), branch));
  }
  body.push(network.averagePool());
  return { body, featureSize: width };
}

/** Values of one example. */
export function exampleSize({ input }) {
  return input.kind === 'text' ? input.length : input.shape[0] * input.shape[1] * input.shape[2];
}

/** A random image of 8 × 8 blocks of one colour each: what a convolutional network can tell from another. */
function coarse(random, { kind, shape }) {
  if (kind === 'text') return [];
  const [height, width, channels] = shape;
  const across = Math.ceil(width / 8);
  const blocks = new Float32Array(Math.ceil(height / 8) * across * channels).map(() => random.normal());
  const at = (i) => {
    const pixel = Math.floor(i / channels);
    const block = Math.floor(Math.floor(pixel / width) / 8) * across + Math.floor((pixel % width) / 8);
    return block * channels + (i % channels);
  };
  return new Float32Array(height * width * channels).map((_, i) => blocks[at(i)]);
}

/**
 * `batches` batches that a network can learn from: images have their class's pattern in them, texts its characters.
 * Images as float32, texts as int32; labels int32.
 */
export function draw(spec, batches) {
  const { Random } = dist('core/random.js');
  const random = new Random(7);
  const size = exampleSize(spec);
  const patterns = Array.from({ length: spec.classes }, () => coarse(random, spec.input));
  const labels = new Int32Array(batches * spec.batch).map(() => random.below(spec.classes));
  const text = spec.input.kind === 'text';
  const values = new (text ? Int32Array : Float32Array)(labels.length * size);
  for (let i = 0; i < labels.length; i++) {
    for (let j = 0; j < size; j++) {
      values[i * size + j] = text
        ? random.below(2) === 0
          ? random.below(spec.input.symbols)
          : labels[i]
        : random.normal() + 0.5 * patterns[labels[i]][j];
    }
  }
  return { values, labels };
}
