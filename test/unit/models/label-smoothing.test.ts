import { Random } from '../../../src/core/random';
import { type Handle, kernels } from '../../../src/models/kernels';
import { softmaxCrossEntropy } from '../../../src/models/ops/softmax-cross-entropy';
import { Pass } from '../../../src/models/pass';
import * as reference from '../../reference/network';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

describeWithTensorFlow('cross entropy with label smoothing', () => {
  const random = new Random(5);
  let pass: Pass;
  let before: number;

  beforeEach(() => {
    before = kernels().live;
    pass = new Pass(kernels(), true, []);
  });
  afterEach(() => {
    pass.close();
    // The scalars of a smoothing are kept for good.
    expect(kernels().live).toBeLessThanOrEqual(before + 5);
  });

  const give = (a: reference.Array64): Handle =>
    pass.adopt(kernels().float(Float32Array.from(a.data), a.shape));
  const read = (tensor: Handle) => kernels().read(tensor);

  function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    expect(actual.length).toBe(expected.length);
    for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThan(2e-5);
  }

  test.each([0.1, 0.3, 1])('smoothed by %d, the target is spread over all classes', (smoothing) => {
    const logits = reference.array([5, 7], () => Math.fround(random.normal()));
    const labels = Int32Array.of(1, 2, 0, 2, 6);
    const share = () => reference.crossEntropy(logits, labels, smoothing).reduce((sum, v) => sum + v, 0) / 12;
    const targets = pass.adopt(kernels().int(labels, [5]));
    const out = softmaxCrossEntropy(pass, give(logits), targets, { smoothing, divisor: 12 });
    expectClose(read(out.losses), reference.crossEntropy(logits, labels, smoothing));
    expectClose(read(out.dlogits), reference.differences(share, logits.data, Array.from(logits.data.keys())));
  });

  test('smoothed losses are those of PyTorch 2.15, nn.functional.cross_entropy in float64', () => {
    const rows = [1.5, -0.25, 0.75, 2, 0.1, 0.2, -3, 0.4, 5, -5, 0, 1];
    const logits = reference.array([3, 4], (i) => rows[i]);
    const labels = Int32Array.of(0, 3, 1);
    const theirs = {
      0: [1.1923642146894942, 0.9527855191111605, 10.02478917945699],
      0.1: [1.2423642146894942, 1.0502855191111606, 9.499789179456991],
      0.3: [1.342364214689494, 1.2452855191111603, 8.449789179456989],
      1: [1.6923642146894942, 1.9277855191111606, 4.77478917945699],
    };
    for (const [smoothing, losses] of Object.entries(theirs)) {
      const ours = reference.crossEntropy(logits, labels, Number(smoothing));
      losses.forEach((loss, i) => {
        expect(ours[i]).toBeCloseTo(loss, 12);
      });
    }
    const out = softmaxCrossEntropy(pass, give(logits), pass.adopt(kernels().int(labels, [3])), {
      smoothing: 0.1,
    });
    expectClose(read(out.losses), theirs['0.1']);
    const first = [-0.20716571025341152, 0.009246963478772947, 0.03945486802993166, 0.158463878744707];
    expectClose(read(out.dlogits).subarray(0, 4), first);
  });
});
