import { Random } from '../../../src/core/random';
import { type Handle, kernels } from '../../../src/models/kernels';
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from '../../../src/models/ops/conv2d';
import { Pass } from '../../../src/models/pass';
import * as reference from '../../reference/network';
import { describeWithBothKernels } from '../../reference/with-own-operations';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

/** Convolutions wide enough for every path of the package's kernels, against float64 sums. */
describeWithTensorFlow('convolutions of many channels', () => describeWithBothKernels(convolutions));

function convolutions(): void {
  const random = new Random(5);
  let pass: Pass;
  beforeEach(() => {
    pass = new Pass(kernels(), true, []);
  });
  afterEach(() => pass.close());

  const draw = (shape: number[]) => reference.array(shape, () => Math.fround(random.normal()));
  const give = (a: reference.Array64): Handle =>
    pass.adopt(kernels().float(Float32Array.from(a.data), a.shape));

  function expectClose(tensor: Handle, expected: reference.Array64): void {
    expect(tensor.shape).toEqual(expected.shape);
    const actual = kernels().read(tensor);
    let worst = 0;
    let scale = 1;
    expected.data.forEach((value, i) => {
      scale = Math.max(scale, Math.abs(value));
      const difference = Math.abs(actual[i] - value);
      if (!(difference <= worst)) worst = difference;
    });
    expect(worst).toBeLessThanOrEqual(2e-5 * scale);
  }

  test.each([
    // Winograd's transforms: even and odd sides, more channels than a panel, and what is left of the last panel.
    { size: 3, stride: 1, sides: [8, 8], inputs: 32, outputs: 32, batch: 3 },
    { size: 3, stride: 1, sides: [7, 9], inputs: 16, outputs: 48, batch: 2 },
    { size: 3, stride: 1, sides: [17, 31], inputs: 48, outputs: 16, batch: 2 },
    // Sums as they are: one image in several strips, many images in one.
    { size: 3, stride: 1, sides: [40, 66], inputs: 16, outputs: 16, batch: 1 },
    { size: 3, stride: 1, sides: [4, 4], inputs: 20, outputs: 19, batch: 23 },
    { size: 3, stride: 2, sides: [9, 12], inputs: 18, outputs: 33, batch: 2 },
    { size: 1, stride: 1, sides: [6, 5], inputs: 37, outputs: 40, batch: 2 },
    { size: 1, stride: 2, sides: [8, 6], inputs: 16, outputs: 32, batch: 3 },
    { size: 3, stride: 1, sides: [1, 45], inputs: 32, outputs: 32, batch: 3, temporal: true },
    { size: 3, stride: 2, sides: [1, 30], inputs: 16, outputs: 33, batch: 2, temporal: true },
    { size: 7, stride: 2, sides: [23, 22], inputs: 3, outputs: 16, batch: 2 },
  ])(
    'conv2d $size×$size, stride $stride, $batch × $sides × $inputs to $outputs, and sums with it',
    (given) => {
      const { size, stride, sides, inputs, outputs, batch, temporal = false } = given;
      const x = draw([batch, ...sides, inputs]);
      const w = draw([temporal ? 1 : size, size, inputs, outputs]);
      const expected = reference.conv2d(x, w, stride);
      const r = draw(expected.shape);
      const { dx, dw } = reference.conv2dGradients(x, w, r, stride);
      const sum = (a: reference.Array64, b: reference.Array64) => ({
        shape: a.shape,
        data: a.data.map((v, i) => v + b.data[i]),
      });
      const [xt, wt, dy] = [give(x), give(w), give(r)];
      const shape = { size, stride, temporal };
      expectClose(conv2d(pass, xt, wt, shape), expected);
      expectClose(conv2d(pass, xt, wt, shape, dy), sum(expected, r));
      expectClose(conv2dInputGradient(pass, x.shape, wt, dy, shape), dx);
      expectClose(conv2dInputGradient(pass, x.shape, wt, dy, shape, xt), sum(dx, x));
      expectClose(conv2dFilterGradient(pass, xt, w.shape, dy, shape), dw);
    },
  );
}
