import { Random } from '../../../src/core/random';
import { kernels } from '../../../src/models/kernels';
import { createModel } from '../../../src/models/registry';
import { MomentumOptimizer } from '../../../src/training/optimizer';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

describeWithTensorFlow('momentum and weight decay', () => {
  test.each([
    { momentum: 0.9, weightDecay: 5e-4 },
    { momentum: 0.9, weightDecay: 0 },
    { momentum: 0, weightDecay: 0.1 },
  ])("are PyTorch's, over a change of the rate: %j", (options) => {
    const model = createModel('preact8', { inputShape: [8, 8, 1], classes: 2, width: 2 });
    model.weights();
    const before = kernels().live;
    const optimizer = new MomentumOptimizer(kernels(), model, options);
    const random = new Random(3);
    const size = model.parameters;
    const w = Float64Array.from(kernels().read(model.parameterVector));
    const v = new Float64Array(size);
    for (const rate of [0.1, 0.1, 0.01, 0.5]) {
      const g = new Float32Array(size).map(() => random.normal());
      const gradient = kernels().float(g, [size]);
      optimizer.step(gradient, rate);
      kernels().free(gradient);
      for (let i = 0; i < size; i++) {
        v[i] = options.momentum * v[i] + g[i] + options.weightDecay * w[i];
        w[i] -= rate * v[i];
      }
    }
    const [actual, velocity] = [kernels().read(model.parameterVector), optimizer.read()];
    for (let i = 0; i < size; i++) {
      expect(Math.abs(actual[i] - w[i])).toBeLessThan(1e-5);
      expect(Math.abs(velocity[i] - v[i])).toBeLessThan(1e-5);
    }

    optimizer.restore(velocity.map((value) => -value));
    expect(Array.from(optimizer.read())).toEqual(Array.from(velocity, (value) => -value));
    optimizer.dispose();
    // The scalars of rates and factors are kept for good.
    expect(kernels().live).toBeLessThanOrEqual(before + 5);
    model.dispose();
  });
});
