import { Random } from '../../../src/core/random';
import { type Handle, kernels } from '../../../src/models/kernels';
import { averagePool, averagePoolGradient } from '../../../src/models/ops/average-pool';
import {
  batchNorm,
  batchNormGradient,
  batchNormInference,
  EPSILON,
  RUNNING_FACTOR,
} from '../../../src/models/ops/batch-norm';
import { batchNormRelu, batchNormReluGradient } from '../../../src/models/ops/batch-norm-relu';
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from '../../../src/models/ops/conv2d';
import { dense, denseGradient } from '../../../src/models/ops/dense';
import { embed, embedGradient } from '../../../src/models/ops/embedding';
import { kMaxPool, kMaxPoolGradient } from '../../../src/models/ops/k-max-pool';
import { maxPool, maxPoolGradient } from '../../../src/models/ops/max-pool';
import { relu, reluGradient } from '../../../src/models/ops/relu';
import { reshape, transpose } from '../../../src/models/ops/reshape';
import { softmaxCrossEntropy } from '../../../src/models/ops/softmax-cross-entropy';
import { Pass } from '../../../src/models/pass';
import * as reference from '../../reference/network';
import { describeWithBothKernels } from '../../reference/with-own-operations';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

/** Every operation against float64 loops, and its gradients against central differences of them. */
describeWithTensorFlow('operations', () => describeWithBothKernels(operations));

function operations(): void {
  const random = new Random(5);
  let pass: Pass;
  let before: number;

  beforeEach(() => {
    before = kernels().live;
    pass = new Pass(kernels(), true, []);
  });
  afterEach(() => pass.close());

  const draw = (shape: number[], shift = 0) =>
    reference.array(shape, () => Math.fround(random.normal() + shift));
  const give = (a: reference.Array64): Handle =>
    pass.adopt(kernels().float(Float32Array.from(a.data), a.shape));
  const read = (tensor: Handle) => kernels().read(tensor);
  const all = (a: { length: number }) => Array.from({ length: a.length }, (_, i) => i);

  function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-5): void {
    expect(actual.length).toBe(expected.length);
    let scale = 1;
    let worst = 0;
    for (let i = 0; i < expected.length; i++) {
      scale = Math.max(scale, Math.abs(expected[i]));
      const difference = Math.abs(actual[i] - expected[i]);
      if (!(difference <= worst)) worst = difference;
    }
    expect(worst).toBeLessThanOrEqual(tolerance * scale);
  }

  /** Σ r·y: a scalar whose gradient with respect to y is r. */
  const dot = (r: reference.Array64, y: reference.Array64) =>
    r.data.reduce((sum, v, i) => sum + v * y.data[i], 0);

  test.each([
    { size: 3, stride: 1, side: 5 },
    { size: 3, stride: 2, side: 6 },
    { size: 3, stride: 2, side: 7 },
    { size: 1, stride: 1, side: 4 },
    { size: 1, stride: 2, side: 7 },
    { size: 1, stride: 2, side: 8 },
  ])('conv2d $size×$size, stride $stride, side $side', ({ size, stride, side }) => {
    const x = draw([2, side, side, 3]);
    const w = draw([size, size, 3, 4]);
    const expected = reference.conv2d(x, w, stride);
    const [xt, wt] = [give(x), give(w)];
    const y = conv2d(pass, xt, wt, { size, stride });
    expect(y.shape).toEqual(expected.shape);
    expectClose(read(y), expected.data);

    const r = draw(expected.shape);
    const dy = give(r);
    const f = () => dot(r, reference.conv2d(x, w, stride));
    const dx = conv2dInputGradient(pass, x.shape, wt, dy, { size, stride });
    expectClose(read(dx), reference.differences(f, x.data, all(x.data)));
    const dw = conv2dFilterGradient(pass, xt, w.shape, dy, { size, stride });
    expectClose(read(dw), reference.differences(f, w.data, all(w.data)));
  });

  test.each([
    { size: 7, stride: 2, h: 9, w: 12, temporal: false },
    { size: 3, stride: 1, h: 1, w: 9, temporal: true },
    { size: 3, stride: 2, h: 1, w: 9, temporal: true },
    { size: 3, stride: 2, h: 1, w: 8, temporal: true },
    { size: 1, stride: 2, h: 1, w: 9, temporal: true },
    { size: 1, stride: 2, h: 1, w: 8, temporal: true },
  ])(
    'conv2d $size, stride $stride, of $h×$w, temporal $temporal',
    ({ size, stride, h, w: wide, temporal }) => {
      const shape = { size, stride, temporal };
      const x = draw([2, h, wide, 3]);
      const w = draw([temporal ? 1 : size, size, 3, 2]);
      const expected = reference.conv2d(x, w, stride);
      const [xt, wt] = [give(x), give(w)];
      const y = conv2d(pass, xt, wt, shape);
      expect(y.shape).toEqual(expected.shape);
      expectClose(read(y), expected.data);
      const r = draw(expected.shape);
      const dy = give(r);
      const f = () => dot(r, reference.conv2d(x, w, stride));
      const dx = conv2dInputGradient(pass, x.shape, wt, dy, shape);
      expectClose(read(dx), reference.differences(f, x.data, all(x.data)));
      const dw = conv2dFilterGradient(pass, xt, w.shape, dy, shape);
      expectClose(read(dw), reference.differences(f, w.data, all(w.data)));
    },
  );

  test.each([
    { size: 3, stride: 2, h: 7, w: 8, temporal: false },
    { size: 3, stride: 2, h: 1, w: 9, temporal: true },
    { size: 3, stride: 2, h: 1, w: 8, temporal: true },
    { size: 5, stride: 3, h: 6, w: 6, temporal: false },
  ])('max pool $size, stride $stride, of $h×$w, temporal $temporal', ({ size, stride, h, w, temporal }) => {
    const shape = { size, stride, temporal };
    // All below 0: padding must not win.
    const x = draw([2, h, w, 3], -9);
    const expected = reference.maxPool(x, size, stride, temporal);
    const xt = give(x);
    const y = maxPool(pass, xt, shape);
    expect(y.shape).toEqual(expected.shape);
    expectClose(read(y), expected.data, 0);
    const r = draw(expected.shape);
    const f = () => dot(r, reference.maxPool(x, size, stride, temporal));
    const dx = maxPoolGradient(pass, xt, y, give(r), shape);
    expectClose(read(dx), reference.differences(f, x.data, all(x.data)));
  });

  test.each([1, 4, 7, 9])('k-max pool, %i of 9', (k) => {
    const x = draw([2, 3, 9]);
    const xt = give(x);
    const { y, places } = kMaxPool(pass, xt, k);
    const expected = reference.kMaxPool(x, k);
    expect(y.shape).toEqual(expected.shape);
    expectClose(read(y), expected.data, 0);
    const r = draw(expected.shape);
    const f = () => dot(r, reference.kMaxPool(x, k));
    const dx = kMaxPoolGradient(pass, give(r), places, x.shape);
    expect(dx.shape).toEqual(x.shape);
    expectClose(read(dx), reference.differences(f, x.data, all(x.data)));
  });

  test('k-max pool takes the first of equal values', () => {
    const x = reference.array([1, 2, 6], (i) => [0, 0, 0, 2, 0, 0, 1, 1, 1, 1, 1, 1][i]);
    const { places } = kMaxPool(pass, give(x), 3);
    expect(Array.from(kernels().read(places))).toEqual([0, 1, 3, 0, 1, 2]);
  });

  test('embedding, with codes that come often and never', () => {
    const table = draw([5, 3]);
    const codes = Int32Array.of(1, 4, 1, 0, 1, 0);
    const [tt, ct] = [give(table), pass.adopt(kernels().int(codes, [2, 3]))];
    const y = embed(pass, ct, tt);
    expect(y.shape).toEqual([2, 3, 3]);
    expectClose(read(y), reference.embed(codes, [2, 3], table).data, 0);
    const r = draw([2, 3, 3]);
    const f = () => dot(r, reference.embed(codes, [2, 3], table));
    const dtable = embedGradient(pass, give(r), ct, table.shape);
    expectClose(read(dtable), reference.differences(f, table.data, all(table.data)));
  });

  test('reshape and transpose', () => {
    const x = draw([2, 3, 4]);
    const turned = transpose(pass, give(x), [0, 2, 1]);
    expect(turned.shape).toEqual([2, 4, 3]);
    expectClose(read(turned), reference.transpose(x, [0, 2, 1]).data, 0);
    const shaped = reshape(pass, turned, [-1, 12]);
    expect(shaped.shape).toEqual([2, 12]);
    expect(read(shaped)).toEqual(read(turned));
  });

  test('batch norm, its running statistics and its gradients', () => {
    const x = draw([3, 4, 4, 2], 1.5);
    const gamma = draw([2], 1);
    const beta = draw([2]);
    const [mean, variance] = [draw([2]), reference.array([2], () => 2.5)];
    const expected = reference.batchNorm(x, gamma.data, beta.data);
    const [xt, gt, bt] = [give(x), give(gamma), give(beta)];
    const out = batchNorm(pass, xt, gt, bt, give(mean), give(variance));
    expectClose(read(out.y), expected.data);

    // Running: PyTorch's rule, with the unbiased variance.
    const batch = reference.moments(x);
    const unbiased = batch.variance.map((v) => (v * batch.count) / (batch.count - 1));
    const move = (old: Float64Array, now: Float64Array) =>
      old.map((v, i) => (1 - RUNNING_FACTOR) * v + RUNNING_FACTOR * now[i]);
    expectClose(read(out.runningMean), move(mean.data, batch.mean));
    expectClose(read(out.runningVariance), move(variance.data, unbiased));

    const r = draw(x.shape);
    const f = () => dot(r, reference.batchNorm(x, gamma.data, beta.data));
    const { dx, dgamma, dbeta } = batchNormGradient(pass, give(r), xt, gt, bt, out.saved);
    expectClose(read(dx), reference.differences(f, x.data, all(x.data)));
    expectClose(read(dgamma), reference.differences(f, gamma.data, [0, 1]));
    expectClose(read(dbeta), reference.differences(f, beta.data, [0, 1]));
  });

  test.each([2, 8, 21])(
    'batch norm with ReLU and something added to its gradient, %i channels',
    (channels) => {
      const x = draw([2, 3, 5, channels], 0.5);
      const gamma = draw([channels], 1);
      const beta = draw([channels]);
      const [xt, gt, bt] = [give(x), give(gamma), give(beta)];
      const [zero, one] = [0, 1].map((value) => give(reference.array([channels], () => value)));
      const out = batchNormRelu(pass, xt, gt, bt, zero, one);
      const expected = () => reference.relu(reference.batchNorm(x, gamma.data, beta.data));
      expectClose(read(out.y), expected().data);

      const [r, addend] = [draw(x.shape), draw(x.shape)];
      const f = () => dot(r, expected());
      const plus = give(addend);
      const { dx, dgamma, dbeta } = batchNormReluGradient(pass, give(r), xt, out.y, gt, bt, out.saved, plus);
      const through = reference.differences(f, x.data, all(x.data));
      expectClose(
        read(dx),
        Array.from(through, (v, i) => v + addend.data[i]),
      );
      expectClose(read(dgamma), reference.differences(f, gamma.data, all(gamma.data)));
      expectClose(read(dbeta), reference.differences(f, beta.data, all(beta.data)));
    },
  );

  test('batch norm for inference uses the running statistics', () => {
    const x = draw([2, 3, 3, 4]);
    const [gamma, beta, mean] = [draw([4]), draw([4]), draw([4])];
    const variance = reference.array([4], (i) => i + 0.5);
    const y = batchNormInference(pass, give(x), give(gamma), give(beta), give(mean), give(variance));
    const statistics = { mean: mean.data, variance: variance.data };
    expectClose(read(y), reference.batchNorm(x, gamma.data, beta.data, statistics).data);
    expect(EPSILON).toBe(reference.EPSILON);
  });

  test('relu', () => {
    const x = draw([2, 3, 3, 2]);
    const y = relu(pass, give(x));
    expectClose(read(y), reference.relu(x).data, 0);
    const r = draw(x.shape);
    const expected = r.data.map((v, i) => (x.data[i] > 0 ? v : 0));
    expectClose(read(reluGradient(pass, give(r), y)), expected, 0);
  });

  test('average pool', () => {
    const x = draw([2, 3, 5, 4]);
    expectClose(read(averagePool(pass, give(x))), reference.averagePool(x).data);
    const r = draw([2, 4]);
    const f = () => dot(r, reference.averagePool(x));
    expectClose(
      read(averagePoolGradient(pass, give(r), x.shape)),
      reference.differences(f, x.data, all(x.data)),
    );
  });

  test('dense', () => {
    const [x, w, b] = [draw([3, 5]), draw([5, 4]), draw([4])];
    const [xt, wt] = [give(x), give(w)];
    expectClose(read(dense(pass, xt, wt, give(b))), reference.dense(x, w, b.data).data);
    const r = draw([3, 4]);
    const f = () => dot(r, reference.dense(x, w, b.data));
    const { dx, dw, db } = denseGradient(pass, give(r), xt, wt);
    expectClose(read(dx), reference.differences(f, x.data, all(x.data)));
    expectClose(read(dw), reference.differences(f, w.data, all(w.data)));
    expectClose(read(db), reference.differences(f, b.data, all(b.data)));
  });

  test('softmax cross entropy, with logits that would overflow a plain softmax', () => {
    const logits = draw([4, 3]);
    logits.data[0] = 200;
    const labels = Int32Array.of(1, 2, 0, 2);
    const mean = () => reference.crossEntropy(logits, labels).reduce((sum, v) => sum + v, 0) / 4;
    const out = softmaxCrossEntropy(pass, give(logits), pass.adopt(kernels().int(labels, [4])));
    expectClose(read(out.losses), reference.crossEntropy(logits, labels));
    expectClose(read(out.dlogits), reference.differences(mean, logits.data, all(logits.data)));
  });

  test('a pass frees everything that it made, also what was retained', () => {
    const x = give(draw([2, 2]));
    pass.retain(x);
    pass.release(x);
    expect(read(x)).toHaveLength(4);
    relu(pass, x);
    const kept = pass.give(relu(pass, x));
    pass.close();
    expect(kernels().live).toBe(before + 1);
    kernels().free(kept);
    expect(kernels().live).toBe(before);
  });
}
