import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import type { TrainJob } from '../../../src/experiments/training-host';
import { trainingKey } from '../../../src/experiments/training-identity';
import { TrainingStore } from '../../../src/experiments/training-store';
import { temporaryFolder } from '../../process/training-folder';
import { FakeTrainingHost } from '../../reference/fake-training-host';

const folder = temporaryFolder();
const job: TrainJob = {
  arch: 'preact8',
  weightSeed: 1,
  seed: 1,
  epochs: [2],
  learningRates: [0.1],
  indices: Uint32Array.of(4, 2, 7),
};

test('the key is of what decides the training, not of how it is spelled', () => {
  const key = trainingKey('data', job);
  const same: Partial<TrainJob>[] = [
    { epochs: [1, 1], learningRates: [0.1, 0.1] },
    { batchSize: 128, momentum: 0.9, weightDecay: 5e-4, augment: true },
    { labelSmoothing: 0, accumulate: 1, schedule: 'steps', nesterov: false, optimizer: 'sgd' },
    { stopAtEpoch: 2, referenceBatchSize: 128, warmUpEpochs: 0, decayBiases: true },
    { epochs: [9], stopAtEpoch: 2 },
    { keepAs: 'x', trackForgetting: true, validation: new Uint32Array(0), evaluateEveryEpoch: true },
  ];
  for (const change of same) expect(trainingKey('data', { ...job, ...change })).toBe(key);
  const other: Partial<TrainJob>[] = [
    ...[
      { arch: 'preact20' },
      { width: 8 },
      { weightSeed: 2 },
      { seed: 2 },
      { epochs: [3] },
      { learningRates: [0.2] },
    ],
    ...[
      { batchSize: 64 },
      { momentum: 0.8 },
      { weightDecay: 0 },
      { augment: false },
      { evaluateEveryEpoch: false },
    ],
    ...[
      { indices: Uint32Array.of(2, 4, 7) },
      { validation: Uint32Array.of(1) },
      { testIndices: Uint32Array.of(1) },
    ],
    { labels: { rows: Uint32Array.of(4), classes: Uint32Array.of(1) } },
    ...[{ decayBatchNorm: true }, { decayBiases: false }, { nesterov: true }, { labelSmoothing: 0.1 }],
    ...[{ optimizer: 'adam' as const }, { optimizer: 'adamw' as const }, { accumulate: 2 }, { patience: 1 }],
    ...[{ warmUpEpochs: 1 }, { stopAtEpoch: 1 }, { schedule: 'cosine' as const }, { arch: 'fasttext' }],
    { schedule: 'cosine', stopAtEpoch: 1 },
  ];
  const keys = other.map((change) => trainingKey('data', { ...job, ...change }));
  keys.push(trainingKey('data', job, 'parent'), trainingKey('other data', job), key);
  expect(new Set(keys).size).toBe(keys.length);
});

test('trainings that an earlier version ran keep their keys: all parameters decayed', () => {
  expect(trainingKey('data', { ...job, decayBatchNorm: true })).toBe('43a8cf9a9b007034f407');
  expect(trainingKey('data', { ...job, arch: 'fasttext' })).toBe('bb0c27513de99a08e13b');
});

test('a training is run once, is found by the next process, and its model is had again from its checkpoint', async () => {
  const store = folder.path('store');
  const host = new FakeTrainingHost();
  const first = new TrainingStore(host, 'data', store);
  const one = await first.train(job, { keep: true }, {});
  expect(one.reused).toBe(false);
  expect((await first.train({ ...job, epochs: [1, 1], learningRates: [0.1, 0.1] }, {}, {})).reused).toBe(
    true,
  );
  await first.release(one);
  expect(host.models.size).toBe(0);

  const second = new TrainingStore(host, 'data', store);
  const again = await second.train(job, { keep: true }, {});
  expect(again).toMatchObject({ reused: true, key: one.key });
  expect(again.outcome).toEqual({ ...one.outcome, forgetting: again.outcome.forgetting });
  expect(again.outcome.forgetting).toEqual(one.outcome.forgetting);
  expect(host.models.has(await second.hold(again, {}))).toBe(true);
  expect(host.epochs).toBe(2);
});

test('one that starts from another one has its own key and that one’s weights', async () => {
  const host = new FakeTrainingHost();
  const store = new TrainingStore(host, 'data');
  const parent = await store.train(job, {}, {});
  const child = await store.train(job, { parent }, {});
  expect(child.key).not.toBe(parent.key);
  expect(host.jobs.at(-1)?.startFrom).toBe(parent.key);
});

test('a damaged outcome is told, with what to do', async () => {
  const store = folder.path('damaged');
  const host = new FakeTrainingHost();
  const { key } = await new TrainingStore(host, 'data', store).train(job, {}, {});
  await fs.writeFile(path.join(store, key, 'outcome.json'), '{"arch":');
  await expect(new TrainingStore(host, 'data', store).train(job, {}, {})).rejects.toMatchObject({
    code: 'SVP_E_CHECKPOINT',
    message: expect.stringMatching(/Delete that folder/),
  });
});
