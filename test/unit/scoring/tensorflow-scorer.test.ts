import { kernels } from '../../../src/models/kernels';
import type { Model } from '../../../src/models/model';
import { createModel } from '../../../src/models/registry';
import { scorePool } from '../../../src/scoring/tensorflow-scorer';
import { tinyImages } from '../../reference/tiny-images';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

describeWithTensorFlow('scoring a pool', () => {
  const dataset = tinyImages(50);
  let model: Model;
  beforeAll(() => {
    model = createModel('preact8', { inputShape: [8, 8, 1], classes: 4, width: 4 });
  });
  afterAll(() => model.dispose());

  /** Row i of the dataset as the network should see it: normalised, whole, not flipped. */
  function infer(row: number) {
    const pixels = Float32Array.from(
      dataset.images.subarray(row * 64, (row + 1) * 64),
      (byte) => (byte / 255 - dataset.mean[0]) / dataset.std[0],
    );
    return model.infer(pixels, 1, ['logits', 'features']);
  }

  test('each row is the output for its own image, never an augmented one', async () => {
    const indices = Uint32Array.of(49, 3, 3, 17);
    const { logits, features } = await scorePool({
      model,
      dataset,
      indices,
      outputs: ['logits', 'features'],
    });
    expect([logits!.rows, logits!.columns, features!.rows, features!.columns]).toEqual([
      4,
      4,
      4,
      model.featureSize,
    ]);
    indices.forEach((row, i) => {
      const expected = infer(row);
      for (const [matrix, values] of [
        [logits!, expected.logits!],
        [features!, expected.features!],
      ] as const) {
        const given = matrix.data.subarray(i * matrix.columns, (i + 1) * matrix.columns);
        given.forEach((value, k) => {
          expect(value).toBeCloseTo(values[k], 4);
        });
      }
    });
  });

  test('the batch size does not matter, and only what is asked for comes', async () => {
    const whole = await scorePool({ model, dataset, outputs: ['features'] });
    const parts = await scorePool({ model, dataset, outputs: ['features'], batchSize: 7 });
    expect(whole.logits).toBeUndefined();
    whole.features!.data.forEach((value, i) => {
      expect(parts.features!.data[i]).toBeCloseTo(value, 4);
    });
  });

  test('an empty choice gives empty matrices', async () => {
    const { logits } = await scorePool({ model, dataset, indices: new Uint32Array(0), outputs: ['logits'] });
    expect(logits).toEqual({ data: new Float32Array(0), rows: 0, columns: 4 });
  });

  test('progress, cancellation, and no tensor left behind', async () => {
    const done: number[] = [];
    await scorePool({
      model,
      dataset,
      outputs: ['logits'],
      batchSize: 20,
      onProgress: (p) => done.push(p.done),
    });
    expect(done).toEqual([20, 40, 50]);
    const { live } = kernels();
    const abort = new AbortController();
    const run = scorePool({
      model,
      dataset,
      outputs: ['logits'],
      batchSize: 20,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'SVP_E_ABORT' });
    expect(kernels().live).toBe(live);
  });

  test.each([
    ['no outputs', { outputs: [] }, 'SVP_E_OPTION'],
    ['an unknown output', { outputs: ['feature'] }, 'SVP_E_OPTION'],
    ['an unknown option', { output: ['logits'] }, 'SVP_E_OPTION'],
    ['a row outside the data', { indices: Uint32Array.of(50) }, 'SVP_E_INDEX'],
    ['images of another size', { dataset: tinyImages(4, { side: 9 }) }, 'SVP_E_SHAPE'],
  ])('refuses %s', async (_, options, code) => {
    const run = scorePool({ model, dataset, outputs: ['logits'], ...options } as never);
    await expect(run).rejects.toMatchObject({ code });
  });
});
