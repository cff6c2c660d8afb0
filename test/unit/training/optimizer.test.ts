import { Random } from '../../../src/core/random';
import { kernels } from '../../../src/models/kernels';
import type { Model } from '../../../src/models/model';
import { createModel } from '../../../src/models/registry';
import { createOptimizer } from '../../../src/training/optimizer';
import { type OptimizerOptions, resolveOptimizer } from '../../../src/training/optimizer-options';
import { referenceState, referenceStep } from '../../reference/optimizers';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

const RATES = [0.1, 0.1, 0.01, 0.05];
const make = () => createModel('preact8', { inputShape: [8, 8, 1], classes: 2, width: 2 });
const open = (model: Model, options: OptimizerOptions) =>
  createOptimizer(kernels(), model, resolveOptimizer(options, 'test'));

/** The decay of every parameter of a model. */
function decays(model: Model, { weightDecay, decayBatchNorm, decayBiases }: OptimizerOptions): number[] {
  const all = new Array<number>(model.parameters).fill(weightDecay as number);
  for (const { role, offset, size } of model.parameterList) {
    if ((role === 'norm' && !decayBatchNorm) || (role === 'bias' && decayBiases === false)) {
      all.fill(0, offset, offset + size);
    }
  }
  return all;
}

test("the oracle's numbers are those of PyTorch 2.15, torch.optim in float64", () => {
  const gradients = [
    [0.1, -0.2, 0.3],
    [-0.4, 0.05, 0],
    [0.2, 0.2, -0.6],
    [1, -1, 0.25],
  ];
  const even = (decay: number) => ({ weightDecay: [decay, decay, decay] });
  const cases = [
    {
      options: { name: 'sgd', momentum: 0.9, ...even(0.01) } as const,
      theirs: [0.47289458223052494, -1.1655218292760625, 1.9404662278216],
    },
    {
      options: { name: 'sgd', momentum: 0.9, nesterov: true, ...even(0.01) } as const,
      theirs: [0.4522859146713618, -1.1078270196339466, 1.9048927613850315],
    },
    {
      options: { name: 'adam', ...even(0.01) } as const,
      theirs: [0.4308368724382026, -1.0718179108464907, 1.8319035368672412],
    },
    {
      options: { name: 'adamw', beta1: 0.8, beta2: 0.95, epsilon: 1e-6, ...even(0.1) } as const,
      theirs: [0.4209495564644454, -1.0513263888873439, 1.7945705332363793],
    },
  ];
  for (const { options, theirs } of cases) {
    const state = referenceState([0.5, -1.25, 2]);
    gradients.forEach((gradient, i) => {
      referenceStep(options, state, gradient, RATES[i]);
    });
    theirs.forEach((value, i) => {
      expect(state.w[i]).toBeCloseTo(value, 13);
    });
  }
});

describeWithTensorFlow('optimizers', () => {
  test.each<OptimizerOptions>([
    { momentum: 0.9, weightDecay: 5e-4 },
    { momentum: 0.9, weightDecay: 0.1, decayBatchNorm: true },
    { momentum: 0.9, weightDecay: 0 },
    { momentum: 0, weightDecay: 0.1, decayBiases: false },
    { momentum: 0.9, weightDecay: 0.1, nesterov: true },
    { momentum: 0.8, weightDecay: 0, nesterov: true },
    { optimizer: 'adam', weightDecay: 0 },
    { optimizer: 'adam', weightDecay: 0.1, beta1: 0.8, beta2: 0.95 },
    { optimizer: 'adamw', weightDecay: 0.1 },
    { optimizer: 'adamw', weightDecay: 0.1, decayBatchNorm: true, epsilon: 1e-4 },
    { optimizer: 'adamw', weightDecay: 0 },
  ])("are PyTorch's, over changes of the rate: %j", (options) => {
    const model = make();
    model.weights();
    const before = kernels().live;
    const optimizer = open(model, options);
    const random = new Random(3);
    const size = model.parameters;
    const { optimizer: name = 'sgd' } = options;
    const oracle = { ...options, name, weightDecay: decays(model, options) };
    const state = referenceState(kernels().read(model.parameterVector));
    for (const rate of RATES) {
      const g = new Float32Array(size).map(() => random.normal());
      const gradient = kernels().float(g, [size]);
      optimizer.step(gradient, rate);
      kernels().free(gradient);
      referenceStep(oracle, state, g, rate);
    }
    const actual = kernels().read(model.parameterVector);
    for (let i = 0; i < size; i++) expect(Math.abs(actual[i] - state.w[i])).toBeLessThan(1e-5);
    optimizer.dispose();
    // The scalars of the factors are kept for good, those of rates are not.
    expect(kernels().live).toBeLessThanOrEqual(before + 4);
    model.dispose();
  });

  test.each<OptimizerOptions>([{ nesterov: true }, { optimizer: 'adam' }, { optimizer: 'adamw' }])(
    'go on from a state to the bit: %j',
    (options) => {
      const [whole, broken] = [make(), make()];
      const random = new Random(4);
      const gradients = RATES.map(() => new Float32Array(whole.parameters).map(() => random.normal()));
      const [one, first] = [open(whole, options), open(broken, options)];
      const run = (optimizer: typeof one, from: number, to: number) => {
        for (let i = from; i < to; i++) {
          const gradient = kernels().float(gradients[i], [whole.parameters]);
          optimizer.step(gradient, RATES[i]);
          kernels().free(gradient);
        }
      };
      run(one, 0, 4);
      run(first, 0, 2);
      const second = open(broken, options);
      second.restore(first.read());
      run(second, 2, 4);
      expect(broken.weights()).toEqual(whole.weights());
      expect(second.read()).toEqual(one.read());
      for (const thing of [one, first, second, whole, broken]) thing.dispose();
    },
  );

  test('a model says what each of its arrays does', () => {
    const model = make();
    const roles = new Map(model.parameterList.map(({ name, role }) => [name, role]));
    expect(roles.get('conv1.weight')).toBe('weight');
    expect(roles.get('layer1.0.bn1.weight')).toBe('norm');
    expect(roles.get('layer1.0.bn1.bias')).toBe('norm');
    expect(roles.get('fc.weight')).toBe('weight');
    expect(roles.get('fc.bias')).toBe('bias');
    const { offset, size } = model.parameterList[model.parameterList.length - 1];
    expect(offset + size).toBe(model.parameters);
    model.dispose();
  });
});

test.each([
  [{ beta1: 0.9 }, 'beta1', /for adam/],
  [{ optimizer: 'adam', momentum: 0.9 }, 'momentum', /for sgd/],
  [{ optimizer: 'adamw', nesterov: true }, 'nesterov', /for sgd/],
  [{ momentum: 0, nesterov: true }, 'nesterov', /momentum above 0/],
] as const)('%j is refused', (options, option, message) => {
  expect(() => resolveOptimizer(options, 'test')).toThrow(
    expect.objectContaining({ code: 'SVP_E_OPTION', option, message: expect.stringMatching(message) }),
  );
});

test('weight decay is what each optimizer is known for', () => {
  const decay = (optimizer: 'sgd' | 'adam' | 'adamw') => resolveOptimizer({ optimizer }, 'test').weightDecay;
  expect([decay('sgd'), decay('adam'), decay('adamw')]).toEqual([5e-4, 0, 0.01]);
});
