import { DEFAULT_TARGET, type Network } from '../../../src/experiments/network';
import { checkPatience, resolveNetworks } from '../../../src/experiments/protocol-options';
import { type NetworkChanges, resolveNetwork } from '../../../src/experiments/resolve-network';
import { scheduleOf } from '../../../src/experiments/schedule';
import { parseSweepConfiguration } from '../../../src/experiments/sweep-configuration';
import { networkIdentity, sameNetwork } from '../../../src/experiments/training-identity';

const target: Network = { ...DEFAULT_TARGET, epochs: [4, 2], learningRates: [0.1, 0.01], width: 12 };
const cosine: Network = {
  ...DEFAULT_TARGET,
  ...{ schedule: 'cosine', epochs: [30], learningRates: [0.2], warmUpEpochs: 1, stopAtEpoch: 20 },
};
const adam: Network = { ...target, optimizer: 'adam', beta1: 0.8, learningRates: [0.002, 0.001] };
delete (adam as NetworkChanges).momentum;
const change = (base: Network, changes: NetworkChanges) => resolveNetwork(base, changes, 'test');

describe('a network made of another one', () => {
  test('takes over what is not said', () => {
    expect(change(target, { arch: 'preact8' })).toEqual({ ...target, arch: 'preact8' });
    expect(change(target, { labelSmoothing: 0.1, accumulate: 2, patience: 3 })).toEqual({
      ...target,
      ...{ labelSmoothing: 0.1, accumulate: 2, patience: 3 },
    });
    expect(change(cosine, { width: 8 })).toEqual({ ...cosine, width: 8 });
    expect(change(target, { width: undefined } as NetworkChanges)).toEqual(target);
  });

  test('a part of its schedule is a proxy', () => {
    const part = change(target, { stopAtEpoch: 4 });
    expect(part).toEqual({ ...target, stopAtEpoch: 4 });
    expect(sameNetwork(part, change(target, { epochs: [4], learningRates: [0.1] }))).toBe(true);
    expect(networkIdentity(change(cosine, { stopAtEpoch: 5 }))).toMatchObject({ stopAtEpoch: 5 });
    expect(sameNetwork(target, change(target, { stopAtEpoch: 6 }))).toBe(true);
  });

  test('has the kind of schedule, the warm-up and the peak of the other one', () => {
    const { stopAtEpoch: _, ...whole } = cosine;
    expect(change(cosine, { epochs: [10] })).toEqual({ ...whole, epochs: [10] });
    expect(change(cosine, { epochs: [10], learningRates: [0.3] })).toEqual({
      ...whole,
      ...{ epochs: [10], learningRates: [0.3] },
    });
    expect(change(target, { epochs: [7] })).toEqual({ ...target, ...scheduleOf(7) });
  });

  test('changes from one kind of schedule to another', () => {
    const { epochs, learningRates } = change(target, { schedule: 'cosine' });
    expect({ epochs, learningRates }).toEqual({ epochs: [6], learningRates: [0.1] });
    const steps = change(cosine, { schedule: 'steps' });
    expect(steps).toMatchObject(scheduleOf(30));
    expect([steps.warmUpEpochs, steps.stopAtEpoch]).toEqual([undefined, undefined]);
  });

  test('the paper’s schedules by name are plain numbers afterwards', () => {
    const cifar = change(cosine, { schedule: 'cifar' });
    expect(cifar).toMatchObject({ epochs: [1, 90, 45, 45], learningRates: [0.01, 0.1, 0.01, 0.001] });
    expect(cifar.schedule).toBeUndefined();
    expect(cifar.warmUpEpochs).toBeUndefined();
    expect(change(target, { schedule: 'imagenet', batchSize: 256 })).toMatchObject({
      referenceBatchSize: 256,
    });
    // Two that differ in how a learning rate is written are one.
    const scaled = change(target, { schedule: 'imagenet', batchSize: 256 });
    const { referenceBatchSize: _, ...plain } = scaled;
    expect(sameNetwork(scaled, plain)).toBe(true);
  });

  test('another optimizer takes nothing over that is not its own', () => {
    const other = change(target, { optimizer: 'adamw' });
    expect(other.learningRates).toEqual(scheduleOf(6, 'adamw').learningRates);
    expect([other.momentum, other.weightDecay]).toEqual([undefined, undefined]);
    expect(networkIdentity(other)).toMatchObject({ optimizer: 'adamw', weightDecay: 0.01, beta1: 0.9 });
    const back = change(adam, { optimizer: 'sgd' });
    expect(back.beta1).toBeUndefined();
    expect(back.learningRates).toEqual(scheduleOf(6).learningRates);
    // Of one family rates and shares stay.
    expect(change(adam, { optimizer: 'adamw' })).toMatchObject({ beta1: 0.8, learningRates: [0.002, 0.001] });
  });

  test('fastText takes over nothing of a recipe', () => {
    expect(change({ ...cosine, labelSmoothing: 0.1 }, { arch: 'fasttext' })).toEqual({
      ...{ arch: 'fasttext', epochs: [5], learningRates: [0.05] },
      ...{ batchSize: 128, momentum: 0.9, weightDecay: 5e-4, augment: true },
    });
  });

  test.each<[Network, NetworkChanges, RegExp]>([
    [target, { arch: 'preact9' }, /preact8/],
    [target, { labelSmoothing: 2 }, /labelSmoothing/],
    [target, { nesterov: true, optimizer: 'adam' }, /nesterov/],
    [target, { stopAtEpoch: 7 }, /stopAtEpoch/],
    [target, { epochs: [1, 2, 3] }, /same length/],
    [target, { schedule: 'cifar', epochs: [3] }, /cifar/],
    [target, { schedule: 'cosine', epochs: [3, 4], learningRates: [0.1, 0.2] }, /peak/],
    [target, { arch: 'fasttext', labelSmoothing: 0.1 }, /fasttext/],
    [target, { smoothing: 0.1 } as NetworkChanges, /labelSmoothing|unknown option/],
  ])('%# is refused', (base, changes, message) => {
    expect(() => change(base, changes)).toThrow(
      expect.objectContaining({ code: 'SVP_E_OPTION', message: expect.stringMatching(message) }),
    );
  });
});

test('to stop by validation accuracy needs validation examples', () => {
  const { target: network, proxy } = resolveNetworks({ proxy: { patience: 2 } }, 'test');
  checkPatience([network], 0, 'test');
  checkPatience([proxy], 10, 'test');
  expect(() => checkPatience([network, proxy], 0, 'test')).toThrow(
    expect.objectContaining({ code: 'SVP_E_OPTION', option: 'patience' }),
  );
});

test('a sweep’s networks have every part of a recipe, in its spelling', () => {
  const { networks } = parseSweepConfiguration(
    {
      validation: '10%',
      networks: {
        target: {
          ...{ arch: 'preact20', schedule: 'cosine', epochs: 30, 'warm-up-epochs': 1, nesterov: true },
          ...{ 'label-smoothing': 0.1, accumulate: 2, 'decay-batch-norm': true, patience: 5 },
        },
        part: { like: 'target', 'stop-at-epoch': 10 },
        other: { like: 'part', arch: 'preact8', optimizer: 'adamw', 'final-learning-rate': 0.00001 },
      },
      active: { target: 'target', methods: ['random'] },
    },
    'a.yaml',
  );
  const whole = {
    ...{ arch: 'preact20', schedule: 'cosine', epochs: [30], learningRates: [0.1], warmUpEpochs: 1 },
    ...{ nesterov: true, labelSmoothing: 0.1, accumulate: 2, decayBatchNorm: true, patience: 5 },
  };
  expect(networks.get('target')).toMatchObject(whole);
  expect(networks.get('part')).toMatchObject({ ...whole, stopAtEpoch: 10 });
  const { nesterov: _, ...common } = whole;
  expect(networks.get('other')).toMatchObject({
    ...common,
    ...{ arch: 'preact8', optimizer: 'adamw', learningRates: [0.001], stopAtEpoch: 10 },
    finalLearningRate: 0.00001,
  });
});
