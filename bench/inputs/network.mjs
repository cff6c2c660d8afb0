// The small network whose last hidden layer gives the benches' features: two strided convolutions, one hidden layer of as
// many ReLU units as columns are wanted. Made of this package's own layers, trained by its own trainer. A residual network
// of that width would need hours for 1.28 million images on two cores.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const dist = (file) => require(`../../dist/${file}`);

/** Batch × height × width × channels to batch × values. */
class Flatten {
  constructor(attribute) {
    this.attributes = [attribute.float32(), attribute.int32('Tshape')];
  }

  forward(pass, x) {
    const [batch, height, width, channels] = x.shape;
    const reshape = (value, shape) => pass.one('Reshape', this.attributes, [value, pass.kernels.ints(shape)]);
    return {
      y: reshape(x, [batch, height * width * channels]),
      backward: (dy) => reshape(dy, x.shape),
    };
  }
}

/**
 * @param columns hidden units, that is features
 * @param inputShape [height, width, channels]; height and width are multiples of 4
 */
export function featureNetwork({ columns, inputShape, classes, seed }) {
  const { attribute, kernels } = dist('models/kernels.js');
  const { Random } = dist('core/random.js');
  const { ParameterSet } = dist('models/parameters.js');
  const { StatisticSet } = dist('models/statistics.js');
  const { Convolution } = dist('models/layers/convolution.js');
  const { BatchNormalization } = dist('models/layers/batch-normalization.js');
  const { Rectifier } = dist('models/layers/rectifier.js');
  const { Sequence } = dist('models/layers/layer.js');
  const { Linear } = dist('models/layers/linear.js');
  const { Network } = dist('models/network.js');

  const random = new Random(seed);
  const parameters = new ParameterSet(kernels());
  const statistics = new StatisticSet(kernels());
  const strided = (name, inputs, outputs, first = false) => [
    new Convolution(parameters, random, { name, inputs, outputs, size: 3, stride: 2, first }),
    new BatchNormalization(parameters, statistics, `${name}.bn`, outputs),
    new Rectifier(),
  ];
  const [height, width, channels] = inputShape;
  const body = new Sequence([
    ...strided('conv1', channels, 24, true),
    ...strided('conv2', 24, 48),
    new Flatten(attribute),
    new Linear(parameters, random, 'hidden', (height / 4) * (width / 4) * 48, columns),
    new Rectifier(),
  ]);
  return new Network(kernels(), {
    arch: `bench-${columns}`,
    width: 24,
    inputShape,
    classes,
    featureSize: columns,
    body,
    head: new Linear(parameters, random, 'fc', columns, classes),
    parameters,
    statistics,
  });
}
