import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kernels } from '../../../src/models/kernels';
import type { Model } from '../../../src/models/model';
import { createModel, registerArchitecture } from '../../../src/models/registry';
import { loadCheckpoint } from '../../../src/training/checkpoint';
import { trainingFingerprint } from '../../../src/training/fingerprint';
import { type Recipe, resolveRecipe } from '../../../src/training/recipe';
import { type TrainModelOptions, trainModel } from '../../../src/training/trainer';
import { tinyImages } from '../../reference/tiny-images';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

describeWithTensorFlow('training by a recipe', () => {
  const pool = tinyImages(90);
  const models: Model[] = [];
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'svp-recipe-'));
    // Without batch norm, whose statistics are those of a mini-batch.
    registerArchitecture({
      name: 'no-norm',
      width: 4,
      build: (network) => ({
        body: [
          network.convolution('conv1', network.channels, 4, 3, { first: true }),
          network.relu(),
          network.convolution('conv2', 4, 8, 3, { stride: 2 }),
          network.relu(),
          network.averagePool(),
        ],
        featureSize: 8,
      }),
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    for (const model of models.splice(0)) model.dispose();
  });

  function make(arch = 'preact8'): Model {
    const model = createModel(arch, { inputShape: [8, 8, 1], classes: 4, width: 4, seed: 1 });
    models.push(model);
    return model;
  }

  const train = (o: Partial<TrainModelOptions> = {}) =>
    trainModel({
      model: make(),
      dataset: pool,
      ...(o.schedule === 'cifar' ? {} : { epochs: [2], learningRates: [0.1] }),
      batchSize: 16,
      augment: false,
      ...o,
    });

  test('micro-batches add up to the step of the whole batch, the last and smaller one included', async () => {
    const weights: Float32Array[] = [];
    for (const options of [
      { batchSize: 32 },
      { batchSize: 8, accumulate: 4 },
      { batchSize: 16, accumulate: 2 },
    ]) {
      const model = make('no-norm');
      const { epochs } = await train({ ...options, model, labelSmoothing: 0.1, seed: 2 });
      expect(epochs).toHaveLength(2);
      weights.push(kernels().read(model.parameterVector));
    }
    for (const other of weights.slice(1)) {
      for (let i = 0; i < other.length; i++) expect(Math.abs(other[i] - weights[0][i])).toBeLessThan(2e-6);
    }
    expect(weights[0]).not.toEqual(kernels().read(make('no-norm').parameterVector));
  });

  test('a smoothed loss is larger once the training loss is small', async () => {
    const sharp = await train({ epochs: [4] });
    const smooth = await train({ epochs: [4], labelSmoothing: 0.3 });
    expect(smooth.epochs[3].trainLoss).toBeGreaterThan(sharp.epochs[3].trainLoss + 0.2);
    expect(smooth.epochs[3].trainAccuracy).toBeGreaterThan(0.9);
  });

  test.each<Recipe>([
    { optimizer: 'adam', learningRates: [0.01] },
    { optimizer: 'adamw', learningRates: [0.01] },
    { nesterov: true, labelSmoothing: 0.1 },
    { schedule: 'cosine', warmUpEpochs: 1 },
    { decayBatchNorm: true },
  ])('a resumed training gives the same bytes: %j', async (recipe) => {
    const file = path.join(folder, `${Object.keys(recipe)}-${recipe.optimizer}.ckpt`);
    const common = {
      learningRates: [0.1],
      ...recipe,
      epochs: [4],
      accumulate: 2,
      augment: true,
      batchSize: 8,
    };
    const [whole, model] = [make(), make()];
    const unbroken = await train({ ...common, model: whole });
    const abort = new AbortController();
    const stopped = train({
      ...common,
      checkpoint: { path: file },
      signal: abort.signal,
      onEpoch: ({ epoch }) => epoch === 2 && abort.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'SVP_E_ABORT' });
    const before = kernels().live;
    const resumed = await train({ ...common, model, checkpoint: { path: file, resume: true } });
    expect(kernels().live).toBeLessThan(before + 300);
    expect(model.weights()).toEqual(whole.weights());
    const figures = ({ epochs }: typeof resumed) =>
      epochs.map(({ learningRate, trainLoss }) => [learningRate, trainLoss]);
    expect(figures(resumed)).toEqual(figures(unbroken));
    const other = train({ ...common, accumulate: 1, checkpoint: { path: file, resume: true } });
    await expect(other).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
  });

  test.each<Recipe>([
    { optimizer: 'adam', learningRates: [0.01] },
    { optimizer: 'adamw', learningRates: [0.01] },
    { nesterov: true },
    { schedule: 'cosine', warmUpEpochs: 1 },
    { accumulate: 2, referenceBatchSize: 32 },
  ])('learns what can be learned: %j', async (recipe) => {
    const { epochs } = await train({ ...recipe, epochs: [5], batchSize: 8 });
    expect(epochs[4].trainAccuracy).toBeGreaterThan(0.9);
  });

  test('a part of a schedule is the beginning of the whole, and can become it', async () => {
    const schedule = { schedule: 'cosine' as const, epochs: [4], learningRates: [0.1] };
    const file = path.join(folder, 'part.ckpt');
    const whole = make();
    const kept: unknown[] = [];
    const all = await train({
      ...schedule,
      model: whole,
      onEpoch: () => kept.push(whole.weights()),
    });
    const model = make();
    const checkpoint = { path: file, resume: true };
    const rows: number[] = [];
    // What records epochs is told of the whole schedule, so that it can go on.
    const recorder = { begin: (_: unknown, epochs: number) => void rows.push(epochs), epoch: () => {} };
    const part = await train({ ...schedule, model, stopAtEpoch: 2, checkpoint, recorder, test: pool });
    expect(rows).toEqual([4]);
    expect(part.epochs.map(({ learningRate }) => learningRate)).toEqual(
      all.epochs.slice(0, 2).map(({ learningRate }) => learningRate),
    );
    expect(part.testAccuracy).toBeGreaterThan(0);
    expect(part.stoppedEarly).toBeUndefined();
    expect(model.weights()).toEqual(kept[1]);
    const again = make();
    const rest = await train({ ...schedule, model: again, checkpoint });
    expect(rest.epochs).toHaveLength(4);
    expect(again.weights()).toEqual(whole.weights());
    await expect(train({ ...schedule, stopAtEpoch: 2, checkpoint })).rejects.toMatchObject({
      code: 'SVP_E_CHECKPOINT',
      message: expect.stringContaining('stopAtEpoch'),
    });
  });

  test('ends when validation accuracy has not risen, and tests then; resumed, too', async () => {
    // Nothing is learned at such a rate: the first epoch stays the best.
    const options = { epochs: [50], learningRates: [1e-12], patience: 3, validation: 0.2, test: pool };
    const file = path.join(folder, 'early.ckpt');
    const result = await train({ ...options, checkpoint: { path: file } });
    expect(result.stoppedEarly).toBe(true);
    // Running statistics still move, and may lift it once or twice.
    expect(result.epochs.length).toBeLessThan(50);
    const tested = result.epochs.map(({ testAccuracy }) => testAccuracy !== undefined);
    expect(tested).toEqual([...new Array(result.epochs.length - 1).fill(false), true]);
    for (const { validationAccuracy } of result.epochs) expect(validationAccuracy).toBeGreaterThanOrEqual(0);
    const resumed = await train({ ...options, checkpoint: { path: file, resume: true } });
    expect(resumed.epochs).toEqual(result.epochs);
    await expect(train({ ...options, validation: 0 })).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
      option: 'patience',
    });
  });

  test.each([
    [18, 18],
    [0.2, 18],
    ['20%', 18],
  ])('holds %s examples out, of each class its share', async (validation, count) => {
    const { forgetting, validationAccuracy } = await train({
      validation,
      epochs: [1],
      trackForgetting: true,
    });
    const seen = forgetting!.presentations();
    expect(seen.filter((n) => n === 0)).toHaveLength(count);
    expect(validationAccuracy).toBeGreaterThanOrEqual(0);
  });

  test('checkpoints of the first version are read: their optimizer was its velocity', async () => {
    const file = path.join(folder, 'second.ckpt');
    const options = { epochs: [3], decayBatchNorm: true };
    const whole = make();
    await train({ ...options, model: whole });
    await train({ ...options, stopAtEpoch: 1, checkpoint: { path: file } });
    const { training } = await loadCheckpoint(file);
    expect(training?.optimizer).toMatchObject({ name: 'sgd', steps: 6 });
    const old = path.join(folder, 'first.ckpt');
    copyFileSync(file, old);
    asFirstVersion(old);
    const model = make();
    await train({ ...options, model, checkpoint: { path: old, resume: true } });
    expect(model.weights()).toEqual(whole.weights());
  });

  test.each<[string, Partial<TrainModelOptions>, string]>([
    ['a share of validation that is none', { validation: '2' }, 'validation'],
    ['everything held out', { validation: 90 }, 'indices'],
    ['more validation than there is', { validation: 91 }, 'validation'],
    ['smoothing above 1', { labelSmoothing: 1.1 }, 'labelSmoothing'],
    ['an epoch after the last', { stopAtEpoch: 3 }, 'stopAtEpoch'],
    ['a least rise alone', { minDelta: 0.1 }, 'minDelta'],
    ['no micro-batches', { accumulate: 0 }, 'accumulate'],
    ['an unknown schedule', { schedule: 'linear' as never }, 'schedule'],
    ['a rate of 0', { learningRates: [0] }, 'learningRates'],
    ['an option of another optimizer', { optimizer: 'adam', momentum: 0.5 }, 'momentum'],
    ['a schedule and its epochs', { schedule: 'cifar', epochs: [1] }, 'epochs'],
  ])('refuses %s', async (_, options, named) => {
    await expect(train(options)).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
      message: expect.stringContaining(named),
    });
  });

  test('the fingerprint is of what decides, and of the first version’s options what it was', () => {
    const model = make();
    const fingerprint = (recipe: Recipe, stages: Recipe = { epochs: [2, 1], learningRates: [0.1, 0.01] }) =>
      trainingFingerprint({
        ...{ model, dataset: pool, rows: Uint32Array.of(3, 1, 2), seed: 5, trackForgetting: true },
        recipe: resolveRecipe({ ...stages, ...recipe }, 'test'),
      });
    const hash = createHash('sha256');
    const { arch, width, inputShape, classes } = model;
    const { mean, std } = pool;
    hash.update(
      JSON.stringify({
        ...{ arch, width, inputShape, classes, mean, std, rates: [0.1, 0.1, 0.01], batchSize: 128 },
        ...{ momentum: 0.9, weightDecay: 5e-4, augment: true, seed: 5, trackForgetting: true },
      }),
    );
    for (const part of [Uint32Array.of(3, 1, 2), pool.labels, pool.images]) {
      hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    }
    const first = hash.digest('hex');
    expect(fingerprint({ decayBatchNorm: true })).toBe(first);
    const same: Recipe[] = [
      { stopAtEpoch: 2 },
      { decayBiases: true, labelSmoothing: 0, accumulate: 1, warmUpEpochs: 0, schedule: 'steps' },
      { referenceBatchSize: 128 },
    ];
    for (const recipe of same) expect(fingerprint({ decayBatchNorm: true, ...recipe })).toBe(first);
    expect(fingerprint({ weightDecay: 0 })).toBe(fingerprint({ weightDecay: 0, decayBatchNorm: true }));
    const other: Recipe[] = [
      {},
      { nesterov: true },
      { optimizer: 'adam' },
      { optimizer: 'adamw' },
      { optimizer: 'adamw', beta1: 0.8 },
      { optimizer: 'adamw', beta2: 0.9 },
      { optimizer: 'adamw', epsilon: 1e-7 },
      { decayBiases: false },
      { labelSmoothing: 0.1 },
      { accumulate: 2 },
      { warmUpEpochs: 1 },
      { patience: 2 },
      { patience: 2, minDelta: 0.01 },
      { referenceBatchSize: 64 },
    ];
    const cosine = { epochs: [3], learningRates: [0.1], schedule: 'cosine' as const };
    const hashes = [first, ...other.map((recipe) => fingerprint(recipe))];
    hashes.push(fingerprint(cosine), fingerprint({ ...cosine, finalLearningRate: 0.01 }));
    hashes.push(fingerprint({ epochs: [3], learningRates: [0.1] }));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  /** Rewrites a file's header as the first version of the package wrote it. */
  function asFirstVersion(file: string): void {
    const bytes = readFileSync(file);
    const end = 16 + bytes.readUInt32LE(12);
    const header = JSON.parse(bytes.toString('utf8', 16, end));
    header.training.velocity = header.training.optimizer.vectors.velocity;
    delete header.training.optimizer;
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.from(bytes.subarray(0, 16));
    prefix.writeUInt32LE(1, 8);
    prefix.writeUInt32LE(json.length, 12);
    const content = Buffer.concat([prefix, json, bytes.subarray(end, bytes.length - 32)]);
    writeFileSync(file, Buffer.concat([content, createHash('sha256').update(content).digest()]));
  }
});
