import { Random } from '../../../src/core/random';
import { kernels } from '../../../src/models/kernels';
import type { Model, NamedWeights } from '../../../src/models/model';
import { createModel } from '../../../src/models/registry';
import * as reference from '../../reference/network';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

type Arrays = Map<string, reference.Array64>;

/** A pre-activation ResNet by its weights' names, in float64. `training`: with the batch's own statistics. */
function forward(arrays: Arrays, images: reference.Array64, training: boolean) {
  const get = (name: string) => arrays.get(name) as reference.Array64;
  const activation = (x: reference.Array64, name: string) => {
    const running = { mean: get(`${name}.running_mean`).data, variance: get(`${name}.running_var`).data };
    const statistics = training ? undefined : running;
    return reference.relu(
      reference.batchNorm(x, get(`${name}.weight`).data, get(`${name}.bias`).data, statistics),
    );
  };
  let x = reference.conv2d(images, get('conv1.weight'), 1);
  for (let section = 1; section <= 3; section++) {
    for (let i = 0; arrays.has(`layer${section}.${i}.conv1.weight`); i++) {
      const at = `layer${section}.${i}`;
      const stride = section > 1 && i === 0 ? 2 : 1;
      const a = activation(x, `${at}.bn1`);
      const bottleneck = arrays.has(`${at}.conv3.weight`);
      let y = reference.conv2d(a, get(`${at}.conv1.weight`), bottleneck ? 1 : stride);
      y = reference.conv2d(activation(y, `${at}.bn2`), get(`${at}.conv2.weight`), bottleneck ? stride : 1);
      if (bottleneck) y = reference.conv2d(activation(y, `${at}.bn3`), get(`${at}.conv3.weight`), 1);
      const projection = arrays.get(`${at}.shortcut.weight`);
      x = reference.add(y, projection ? reference.conv2d(a, projection, stride) : x);
    }
  }
  const features = reference.averagePool(activation(x, 'bn'));
  return { features, logits: reference.dense(features, get('fc.weight'), get('fc.bias').data) };
}

function arraysOf(weights: NamedWeights[]): Arrays {
  return new Map(weights.map(({ name, shape, data }) => [name, reference.fromFloat32(shape, data)]));
}

describeWithTensorFlow('pre-activation ResNets', () => {
  const batch = 3;
  const random = new Random(11);

  function setting(arch: string, width: number, side: number, channels: number) {
    const model = createModel(arch, { inputShape: [side, side, channels], classes: 4, width, seed: 2 });
    const images = reference.array([batch, side, side, channels], () => Math.fround(random.normal()));
    const labels = Int32Array.of(0, 3, 1);
    return { model, images, labels, pixels: Float32Array.from(images.data) };
  }

  const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
    expect(actual.length).toBe(expected.length);
    const scale = Math.max(...Array.from(expected, Math.abs), 1e-3);
    for (let i = 0; i < expected.length; i++) {
      expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance * scale);
    }
  };

  test.each([
    ['preact8', 2, 8, 1],
    ['preact14', 3, 9, 3],
    ['preact11-bottleneck', 2, 8, 2],
  ] as const)('%s: loss, logits and gradient as in float64', (arch, width, side, channels) => {
    const { model, images, labels, pixels } = setting(arch, width, side, channels);
    const arrays = arraysOf(model.weights());
    const names = model.weights().map(({ name }) => name);
    const loss = () =>
      reference.crossEntropy(forward(arrays, images, true).logits, labels).reduce((sum, v) => sum + v) /
      batch;

    const result = model.gradient(pixels, labels, batch);
    const expected = forward(arrays, images, true).logits;
    close(result.logits, expected.data, 1e-4);
    close(result.losses, reference.crossEntropy(expected, labels), 1e-4);

    const gradient = kernels().read(result.gradient);
    kernels().free(result.gradient);
    let offset = 0;
    for (const name of names.filter((name) => !name.includes('running'))) {
      const { data } = arrays.get(name) as reference.Array64;
      // A few of each array: every layer is met, and the whole takes seconds.
      const at = Array.from({ length: Math.min(4, data.length) }, () => random.below(data.length));
      const differences = reference.differences(loss, data, at, 1e-6);
      at.forEach((i, k) => {
        const scale = Math.max(1e-2, Math.abs(differences[k]));
        expect(Math.abs(gradient[offset + i] - differences[k])).toBeLessThanOrEqual(2e-3 * scale);
      });
      offset += data.length;
    }
    expect(offset).toBe(model.parameters);
    model.dispose();
  });

  test.each(['preact8', 'preact11-bottleneck'])('%s: inference uses the running statistics', (arch) => {
    const { model, images, labels, pixels } = setting(arch, 2, 8, 1);
    // Moves the running statistics off their start.
    kernels().free(model.gradient(pixels, labels, batch).gradient);
    const { logits, features } = model.infer(pixels, batch, ['logits', 'features']);
    const expected = forward(arraysOf(model.weights()), images, false);
    close(logits as Float32Array, expected.logits.data, 1e-4);
    close(features as Float32Array, expected.features.data, 1e-4);
    expect(expected.features.shape[1]).toBe(model.featureSize);
    expect(model.infer(pixels, batch, ['features'])).not.toHaveProperty('logits');
    model.dispose();
  });

  test.each([
    // Parameters of the reference's networks on CIFAR10, from its own layers' shapes.
    ['preact20', 272_282, 64],
    ['preact56', 855_578, 64],
    ['preact110', 1_730_522, 64],
    ['preact164', 1_703_258, 256],
  ])('%s has the size of the reference', (arch, parameters, featureSize) => {
    const model = createModel(arch, { inputShape: [32, 32, 3], classes: 10 });
    expect(model.parameters).toBe(parameters);
    expect(model.featureSize).toBe(featureSize);
    model.dispose();
  });

  test('equal seeds give equal weights, others do not', () => {
    const make = (seed: number) =>
      createModel('preact8', { inputShape: [8, 8, 1], classes: 2, width: 2, seed });
    const models = [make(4), make(4), make(5)];
    const [a, b, c] = models.map((model) => model.weights());
    expect(a).toEqual(b);
    expect(a[0].data).not.toEqual(c[0].data);
    for (const model of models) model.dispose();
  });

  describe('a model', () => {
    let model: Model;
    let pixels: Float32Array;
    let labels: Int32Array;
    beforeEach(() => {
      ({ model, pixels, labels } = setting('preact8', 2, 8, 1));
    });
    afterEach(() => model.dispose());

    test('gives its weights and takes them back', () => {
      const before = model.infer(pixels, batch, ['logits']).logits;
      const weights = model.weights();
      const other = createModel('preact8', { inputShape: [8, 8, 1], classes: 4, width: 2, seed: 9 });
      other.setWeights(weights);
      weights[0].data.fill(0);
      expect(other.infer(pixels, batch, ['logits']).logits).toEqual(before);
      other.dispose();
    });

    test('refuses weights of another network', () => {
      const other = createModel('preact8', { inputShape: [8, 8, 1], classes: 4, width: 3 });
      expect(() => model.setWeights(other.weights())).toThrow(
        expect.objectContaining({ code: 'SVP_E_SHAPE', message: expect.stringContaining('conv1.weight') }),
      );
      expect(() => model.setWeights(other.weights().slice(1))).toThrow(
        expect.objectContaining({ code: 'SVP_E_SHAPE' }),
      );
      other.dispose();
    });

    test('refuses batches that do not fit', () => {
      const shape = expect.objectContaining({ code: 'SVP_E_SHAPE' });
      expect(() => model.infer(pixels, batch + 1, ['logits'])).toThrow(shape);
      expect(() => model.gradient(pixels, labels.subarray(1), batch)).toThrow(shape);
      expect(() => model.gradient(pixels, Int32Array.of(0, 4, 1), batch)).toThrow(
        expect.objectContaining({ code: 'SVP_E_SHAPE', row: 1 }),
      );
    });

    test('takes views with an offset, on shared memory too, and changes nothing', () => {
      const expected = model.infer(pixels, batch, ['logits']).logits;
      const shared = new Float32Array(new SharedArrayBuffer(4 * pixels.length + 20), 20);
      shared.set(pixels);
      expect(model.infer(shared, batch, ['logits']).logits).toEqual(expected);
      expect(Array.from(shared)).toEqual(Array.from(pixels));
    });

    test('leaves no tensor behind, whether a pass ends or fails', () => {
      const pass = () => kernels().free(model.gradient(pixels, labels, batch).gradient);
      pass();
      model.infer(pixels, batch, ['logits', 'features']);
      const { live } = kernels();
      for (let i = 0; i < 5; i++) {
        pass();
        model.infer(pixels, batch, ['logits', 'features']);
        expect(() => model.gradient(pixels, Int32Array.of(9, 9, 9), batch)).toThrow();
      }
      expect(kernels().live).toBe(live);
    });

    test('says that it has been disposed of', () => {
      model.dispose();
      model.dispose();
      expect(() => model.infer(pixels, batch, ['logits'])).toThrow(/disposed/);
    });
  });
});
