import { Random } from '../../../src/core/random';
import { kernels } from '../../../src/models/kernels';
import type { BatchValues, Model } from '../../../src/models/model';
import { type CreateModelOptions, createModel, registerArchitecture } from '../../../src/models/registry';
import { resnet as buildResnet } from '../../../src/models/resnet';
import { type Arrays, type Forward, resnet, vdcnn } from '../../reference/architectures';
import * as reference from '../../reference/network';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

function arraysOf(model: Model): Map<string, reference.Array64> {
  return new Map(model.weights().map(({ name, shape, data }) => [name, reference.fromFloat32(shape, data)]));
}

describeWithTensorFlow('architectures', () => {
  const random = new Random(11);
  const batch = 3;
  // Of the blocks of resnet50, few enough that float32 gives the gradient to three digits.
  registerArchitecture({
    name: 'tiny-bottleneck',
    build: (network) => buildResnet(network, { stem: 'large', sections: [2, 1], bottleneck: true }),
  });

  const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
    expect(actual.length).toBe(expected.length);
    const scale = Math.max(...Array.from(expected, Math.abs), 1e-3);
    for (let i = 0; i < expected.length; i++) {
      expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance * scale);
    }
  };

  /** Forward, loss and gradient against float64, then inference with the running statistics that the step has moved. */
  function check(
    model: Model,
    values: BatchValues,
    forward: (arrays: Arrays, training: boolean) => Forward,
  ): void {
    const labels = Int32Array.of(0, 3, 1);
    const arrays = arraysOf(model);
    const losses = () => reference.crossEntropy(forward(arrays, true).logits, labels);
    const loss = () => losses().reduce((sum, v) => sum + v) / batch;

    const result = model.gradient(values, labels, batch);
    close(result.logits, forward(arrays, true).logits.data, 2e-4);
    close(result.losses, losses(), 2e-4);
    const gradient = kernels().read(result.gradient);
    kernels().free(result.gradient);
    let offset = 0;
    for (const [name, { data }] of arrays) {
      if (name.includes('running')) continue;
      const at = Array.from({ length: Math.min(2, data.length) }, () => random.below(data.length));
      const differences = reference.differences(loss, data, at, 1e-6);
      at.forEach((i, k) => {
        const scale = Math.max(1e-2, Math.abs(differences[k]));
        const error = Math.abs(gradient[offset + i] - differences[k]) / scale;
        expect({ name, error: error < 5e-3 ? 'small' : error }).toEqual({ name, error: 'small' });
      });
      offset += data.length;
    }
    expect(offset).toBe(model.parameters);

    const { logits, features } = model.infer(values, batch, ['logits', 'features']);
    const expected = forward(arraysOf(model), false);
    close(logits as Float32Array, expected.logits.data, 2e-4);
    close(features as Float32Array, expected.features.data, 2e-4);
    expect(expected.features.shape[1]).toBe(model.featureSize);
    model.dispose();
  }

  test.each([
    ['resnet14', 2, [8, 9, 3]],
    ['resnet18', 2, [17, 20, 3]],
    ['tiny-bottleneck', 2, [16, 13, 2]],
  ] as [string, number, [number, number, number]][])(
    '%s: loss, logits and gradient as in float64',
    (arch, width, shape) => {
      const model = createModel(arch, { inputShape: shape, classes: 4, width, seed: 2 });
      const images = reference.array([batch, ...shape], () => Math.fround(random.normal()));
      check(model, Float32Array.from(images.data), (arrays, training) => resnet(arrays, images, training));
    },
  );

  test.each([
    ['vdcnn9', 'maxpool', 70],
    ['vdcnn9-conv', 'conv', 65],
    ['vdcnn9-kmaxpool', 'kmaxpool', 66],
    ['vdcnn17-maxpool-shortcut', 'maxpool', 64],
    ['vdcnn9-conv-shortcut', 'conv', 64],
  ] as const)('%s: loss, logits and gradient as in float64', (arch, pooling, length) => {
    const input = { kind: 'text' as const, length, symbols: 12 };
    const model = createModel(arch, { input, classes: 4, width: 2, seed: 3 });
    const codes = Int32Array.from({ length: batch * length }, () => random.below(12));
    check(model, codes, (arrays, training) => vdcnn(arrays, codes, batch, pooling, training));
  });

  const image = (side: number, channels = 3): Omit<CreateModelOptions, 'classes'> => ({
    inputShape: [side, side, channels],
  });
  const text: Omit<CreateModelOptions, 'classes'> = { input: { kind: 'text', length: 1014 } };

  test.each([
    // torchvision's own count of each.
    ['resnet18', image(224), 1000, 11_689_512, 512],
    ['resnet34', image(224), 1000, 21_797_672, 512],
    ['resnet50', image(224), 1000, 25_557_032, 2048],
    ['resnet101', image(224), 1000, 44_549_160, 2048],
    ['resnet152', image(224), 1000, 60_192_808, 2048],
    // He et al. 2015, table 6: 0.27 M, 0.46 M, 0.66 M, 0.85 M, 1.7 M.
    ['resnet20', image(32), 10, 272_474, 64],
    ['resnet32', image(32), 10, 466_906, 64],
    ['resnet44', image(32), 10, 661_338, 64],
    ['resnet56', image(32), 10, 855_770, 64],
    ['resnet110', image(32), 10, 1_730_714, 64],
    // Zagoruyko and Komodakis 2016, tables 2 to 5: 2.8 M, 11.0 M, 36.5 M, 8.9 M.
    ['wrn-16-4', image(32), 10, 2_748_890, 256],
    ['wrn-16-8', image(32), 10, 10_961_370, 512],
    ['wrn-28-10', image(32), 10, 36_479_194, 640],
    ['wrn-40-4', image(32), 10, 8_949_210, 256],
    // The reference's own, from its layers' shapes; He et al. 2016 give 10.2 M for 1,001 layers.
    ['preact164-basic', image(32), 10, 2_605_466, 64],
    ['preact1001', image(32), 10, 10_327_706, 256],
  ] as const)('%s has the published size', (arch, input, classes, parameters, features) => {
    const model = createModel(arch, { ...input, classes });
    expect({ parameters: model.parameters, features: model.featureSize }).toEqual({ parameters, features });
    model.dispose();
  });

  test('VDCNN grows with its depth as in Conneau et al. 2017, table 2: 2.2, 4.3, 4.6, 7.8 M', () => {
    const sizes = ['9', '17', '29', '49'].map((depth) => {
      const model = createModel(`vdcnn${depth}-maxpool`, { ...text, classes: 5 });
      const { parameters, featureSize } = model;
      model.dispose();
      expect(featureSize).toBe(2048);
      return parameters;
    });
    // Three linear layers, 4096 → 2048 → 2048 → 5, are not in the table.
    const linear = 4096 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 5 + 5;
    const table = [2.2e6, 4.3e6, 4.6e6, 7.8e6];
    const growth = (of: number[]) => of.slice(1).map((size, i) => size - of[i]);
    const [ours, theirs] = [growth(sizes.map((size) => size - linear)), growth(table)];
    // Each number of the table is rounded to 0.05 M.
    ours.forEach((size, i) => {
      expect(Math.abs(size - theirs[i])).toBeLessThanOrEqual(0.1e6);
    });
    // Exactly: embedding, first convolution, eight convolutions with batch norm, linear layers.
    const sections = [64, 128, 256, 512].map((c) => 3 * (c === 64 ? 64 : c / 2) * c + 3 * c * c + 4 * c);
    expect(sizes[0]).toBe(69 * 16 + 3 * 16 * 64 + sections.reduce((a, b) => a + b) + linear);
  });

  /** Sixty-four examples of four classes, at random, so that nothing but memory helps. */
  test.each([
    ['preact8', image(8), 8],
    ['preact11-bottleneck', image(8), 8],
    ['resnet8', image(8), 8],
    ['wrn-10-2', image(8), 4],
    ['resnet18', image(32), 8],
    ['resnet50', image(16), 4],
    ['vdcnn9-maxpool', { input: { kind: 'text', length: 64, symbols: 20 } }, 8],
    ['vdcnn9-conv-shortcut', { input: { kind: 'text', length: 64, symbols: 20 } }, 8],
    ['vdcnn9-kmaxpool', { input: { kind: 'text', length: 64, symbols: 20 } }, 8],
  ] as const)('%s overfits 64 examples', (arch, input, width) => {
    const model = createModel(arch, { ...(input as object), classes: 4, width, seed: 1 });
    const count = model.inputShape.reduce((a, b) => a * b, 64);
    const values =
      model.input.kind === 'image'
        ? Float32Array.from({ length: count }, () => random.normal())
        : Int32Array.from({ length: count }, () => random.below(20));
    const labels = Int32Array.from({ length: 64 }, () => random.below(4));
    const rate = kernels().scalar(model.input.kind === 'text' ? 0.1 : 0.05);
    let loss = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 400 && loss > 0.1; step++) {
      const { losses, gradient } = model.gradient(values, labels, 64);
      loss = losses.reduce((sum, v) => sum + v) / 64;
      const k = kernels();
      const float = [{ name: 'T', type: 4, value: 1 }];
      const [move] = k.run('Mul', float, [gradient, rate], 1);
      model.replaceParameters(k.run('Sub', float, [model.parameterVector, move], 1)[0]);
      k.free(move);
      k.free(gradient);
    }
    expect(loss).toBeLessThan(0.1);
    model.dispose();
  });

  describe('a model of texts', () => {
    const length = 64;
    let model: Model;
    const codes = Int32Array.from({ length: 2 * length }, (_, i) => i % 10);
    beforeEach(() => {
      model = createModel('vdcnn9', { input: { kind: 'text', length, symbols: 10 }, classes: 3, width: 1 });
    });
    afterEach(() => model.dispose());

    test('says what it takes', () => {
      expect(model.input).toEqual({ kind: 'text', length, symbols: 10 });
      expect(model.inputShape).toEqual([length]);
    });

    test('refuses images, other lengths and codes that are no symbols', () => {
      const shape = expect.objectContaining({ code: 'SVP_E_SHAPE' });
      expect(() => model.infer(Float32Array.from(codes), 2, ['logits'])).toThrow(shape);
      expect(() => model.infer(codes.subarray(1), 2, ['logits'])).toThrow(shape);
      for (const bad of [10, -1]) {
        const other = codes.slice();
        other[length + 3] = bad;
        expect(() => model.infer(other, 2, ['logits'])).toThrow(
          expect.objectContaining({ code: 'SVP_E_INDEX', row: 1, column: 3 }),
        );
      }
    });

    test('leaves no tensor behind', () => {
      const labels = Int32Array.of(0, 2);
      const pass = () => {
        kernels().free(model.gradient(codes, labels, 2).gradient);
        model.infer(codes, 2, ['logits', 'features']);
      };
      pass();
      const { live } = kernels();
      for (let i = 0; i < 3; i++) pass();
      expect(kernels().live).toBe(live);
    });
  });

  test.each([
    ['resnet18', image(24)],
    ['vdcnn9-kmaxpool-shortcut', { input: { kind: 'text', length: 64, symbols: 10 } }],
  ] as const)('%s leaves no tensor behind', (arch, input) => {
    const model = createModel(arch, { ...(input as object), classes: 3, width: 2 });
    const count = model.inputShape.reduce((a, b) => a * b, 2);
    const values = model.input.kind === 'image' ? new Float32Array(count) : new Int32Array(count);
    const pass = () => {
      kernels().free(model.gradient(values, Int32Array.of(0, 2), 2).gradient);
      model.infer(values, 2, ['logits', 'features']);
      model.recordInference(2);
    };
    pass();
    const { live } = kernels();
    for (let i = 0; i < 3; i++) pass();
    expect(kernels().live).toBe(live);
    model.dispose();
  });
});
