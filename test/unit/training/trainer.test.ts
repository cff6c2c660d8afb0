import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Progress } from '../../../src/core/progress';
import { kernels } from '../../../src/models/kernels';
import type { Model } from '../../../src/models/model';
import { createModel } from '../../../src/models/registry';
import { evaluateAccuracy } from '../../../src/training/evaluate';
import { type TrainModelOptions, trainModel } from '../../../src/training/trainer';
import { tinyImages } from '../../reference/tiny-images';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

describeWithTensorFlow('training', () => {
  const pool = tinyImages(96);
  const test_ = tinyImages(64, { seed: 2 });
  const models: Model[] = [];
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'svp-train-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    for (const model of models.splice(0)) model.dispose();
  });

  function make(seed = 1): Model {
    const model = createModel('preact8', { inputShape: [8, 8, 1], classes: 4, width: 4, seed });
    models.push(model);
    return model;
  }

  const train = (o: Partial<TrainModelOptions> = {}) =>
    trainModel({
      model: make(),
      dataset: pool,
      epochs: [3],
      learningRates: [0.1],
      batchSize: 16,
      augment: false,
      ...o,
    });

  test('learns what can be learned, and says how it went', async () => {
    const epochs: number[] = [];
    const progress: Progress[] = [];
    const model = make();
    const result = await train({
      model,
      test: test_,
      epochs: [1, 5],
      learningRates: [0.02, 0.1],
      evaluateEveryEpoch: true,
      onEpoch: ({ epoch }) => epochs.push(epoch),
      onProgress: (p) => progress.push(p),
    });
    expect(result.testAccuracy).toBeGreaterThan(0.9);
    expect(result.testAccuracy).toBe(await evaluateAccuracy({ model, dataset: test_ }));
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.epochs.map(({ learningRate }) => learningRate)).toEqual([0.02, 0.1, 0.1, 0.1, 0.1, 0.1]);
    expect(result.epochs[5].trainLoss).toBeLessThan(result.epochs[0].trainLoss);
    for (const { testAccuracy, testSeconds, trainSeconds } of result.epochs) {
      expect(testAccuracy).toBeGreaterThanOrEqual(0);
      expect(testSeconds).toBeGreaterThan(0);
      expect(trainSeconds).toBeGreaterThan(0);
    }
    expect(result.seconds).toBeCloseTo(
      result.epochs.reduce((sum, { trainSeconds }) => sum + trainSeconds, 0),
      9,
    );
    const last = progress.at(-1) as Progress;
    expect([last.done, last.total, last.unit]).toEqual([36, 36, 'steps']);
    expect(last.remainingMs).toBe(0);
    expect(last.detail).toMatch(/^epoch 6 of 6, loss \d\.\d+, accuracy \d+\.\d %$/);
  });

  test('equal options give equal bytes, another seed does not', async () => {
    const [a, b, c] = [make(), make(), make()];
    const { epochs } = await train({ model: a, augment: true, seed: 3 });
    const again = await train({ model: b, augment: true, seed: 3 });
    await train({ model: c, augment: true, seed: 4 });
    expect(a.weights()).toEqual(b.weights());
    expect(again.epochs.map(({ trainLoss }) => trainLoss)).toEqual(epochs.map(({ trainLoss }) => trainLoss));
    expect(a.weights()).not.toEqual(c.weights());
  });

  test('trains on the given rows alone, and never on what is held out', async () => {
    const indices = Uint32Array.from({ length: 40 }, (_, i) => i * 2);
    const { forgetting } = await train({ indices, trackForgetting: true });
    expect(Array.from(forgetting!.presentations())).toEqual(
      Array.from({ length: 96 }, (_, i) => (i < 80 && i % 2 === 0 ? 3 : 0)),
    );
    const validation = Uint32Array.of(5, 6, 7);
    const held = await train({ validation, trackForgetting: true });
    expect(held.validationAccuracy).toBeGreaterThanOrEqual(0);
    expect(held.epochs.at(-1)!.validationSeconds).toBeGreaterThan(0);
    expect(Array.from(held.forgetting!.presentations().subarray(4, 9))).toEqual([3, 0, 0, 0, 3]);
    await expect(train({ indices, validation })).rejects.toMatchObject({ code: 'SVP_E_INDEX', row: 6 });
  });

  test('a resumed training gives the same bytes as an unbroken one', async () => {
    const options = {
      augment: true,
      trackForgetting: true,
      test: test_,
      epochs: [2, 2],
      learningRates: [0.1, 0.01],
    };
    const whole = make();
    const unbroken = await train({ ...options, model: whole });

    const file = path.join(folder, 'resume.ckpt');
    const abort = new AbortController();
    const stopped = train({
      ...options,
      checkpoint: { path: file },
      signal: abort.signal,
      // In the third epoch: the checkpoint of the second is what counts.
      onProgress: ({ done }) => done === 15 && abort.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'SVP_E_ABORT', name: 'AbortError' });

    const model = make(99);
    const epochs: number[] = [];
    const resumed = await train({
      ...options,
      model,
      checkpoint: { path: file, resume: true },
      onEpoch: ({ epoch }) => epochs.push(epoch),
    });
    expect(epochs).toEqual([3, 4]);
    expect(model.weights()).toEqual(whole.weights());
    expect(resumed.testAccuracy).toBe(unbroken.testAccuracy);
    expect(resumed.epochs.map(({ trainLoss }) => trainLoss)).toEqual(
      unbroken.epochs.map(({ trainLoss }) => trainLoss),
    );
    expect(resumed.forgetting!.toJSON()).toEqual(unbroken.forgetting!.toJSON());

    // Once more, with nothing left to do.
    const done = await train({ ...options, checkpoint: { path: file, resume: true } });
    expect(done.testAccuracy).toBe(unbroken.testAccuracy);

    const other = train({ ...options, seed: 1, checkpoint: { path: file, resume: true } });
    await expect(other).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT', file });
    const otherData = train({
      ...options,
      dataset: tinyImages(96, { seed: 8 }),
      checkpoint: { path: file, resume: true },
    });
    await expect(otherData).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
  });

  test('an aborted training ends soon and leaves no tensor and no file', async () => {
    const file = path.join(folder, 'aborted.ckpt');
    const model = make();
    await train({ model, epochs: [1] });
    const { live } = kernels();
    const abort = new AbortController();
    const run = train({
      model,
      epochs: [500],
      checkpoint: { path: file },
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'SVP_E_ABORT' });
    expect(kernels().live).toBe(live);
    expect(existsSync(file)).toBe(false);
    await expect(train({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'SVP_E_ABORT' });
  });

  test('no epochs: the model stays as it is and is evaluated', async () => {
    const model = make();
    const before = model.weights();
    const result = await train({ model, epochs: [0], test: test_ });
    expect(result.epochs).toEqual([]);
    expect(result.testAccuracy).toBe(await evaluateAccuracy({ model, dataset: test_ }));
    expect(model.weights()).toEqual(before);
  });

  test('a last batch that is smaller than the others is trained on too', async () => {
    const { forgetting } = await train({ batchSize: 95, epochs: [1], trackForgetting: true });
    expect(Math.min(...forgetting!.presentations())).toBe(1);
  });

  test('a diverging training stops and says so', async () => {
    await expect(train({ epochs: [20], learningRates: [1e20] })).rejects.toMatchObject({
      code: 'SVP_E_NONFINITE',
      message: expect.stringContaining('learning rate'),
    });
  });

  test('between steps the event loop has its turn', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await train({ epochs: [2] });
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ['stages without rates', { epochs: [1, 2] }, 'SVP_E_OPTION', 'stages'],
    ['a batch size of 0', { batchSize: 0 }, 'SVP_E_OPTION', 'batchSize'],
    ['a momentum of 1', { momentum: 1 }, 'SVP_E_OPTION', 'momentum'],
    ['an unknown option', { epoch: [1] }, 'SVP_E_OPTION', 'epochs'],
    ['a row outside the data', { indices: Uint32Array.of(96) }, 'SVP_E_INDEX', '96'],
    ['no rows', { indices: new Uint32Array(0) }, 'SVP_E_OPTION', 'empty'],
    ['images of another size', { dataset: tinyImages(8, { side: 9 }) }, 'SVP_E_SHAPE', '9 × 9 × 1'],
    ['test images of another size', { test: tinyImages(8, { side: 9 }) }, 'SVP_E_SHAPE', 'test'],
    ['a dataset that contradicts itself', { dataset: { ...pool, count: 95 } }, 'SVP_E_SHAPE', 'images'],
  ])('refuses %s', async (_, options, code, named) => {
    await expect(train(options as never)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(named),
    });
  });
});
