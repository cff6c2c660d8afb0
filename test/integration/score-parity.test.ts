/** The same network scored by TensorFlow, in this process and in a child, and by ONNX Runtime: the same results to 1e-4. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { arrayPool } from '../../src/data/pools/array-pool';
import { exportOnnx } from '../../src/experiments/export-onnx';
import type { ScorePoolResult } from '../../src/experiments/score-options';
import { scorePool } from '../../src/experiments/score-pool';
import { createModel } from '../../src/models/registry';
import { saveCheckpoint } from '../../src/training/checkpoint';
import { tinyImages } from '../reference/tiny-images';
import { describeWithTensorFlow } from '../reference/with-tensorflow';

const folder = mkdtempSync(join(tmpdir(), 'svp-parity-'));
afterAll(() => rmSync(folder, { recursive: true }));

function expectClose(a: Float32Array, b: Float32Array): void {
  expect(a).toHaveLength(b.length);
  let worst = 0;
  a.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(value - b[i]) / Math.max(1, Math.abs(b[i])));
  });
  expect(worst).toBeLessThan(1e-4);
}

function expectSame(given: ScorePoolResult, expected: ScorePoolResult): void {
  expectClose(given.logits!.data, expected.logits!.data);
  expectClose(given.features!.data, expected.features!.data);
  expectClose(given.entropy!, expected.entropy!);
}

describeWithTensorFlow('parity of scorers', () => {
  const outputs = ['logits', 'features', 'entropy'] as ('logits' | 'features' | 'entropy')[];

  test('images: a model in memory, its checkpoint, and its export', async () => {
    const dataset = tinyImages(60, { side: 12 });
    const model = createModel('preact8', { inputShape: [12, 12, 1], classes: 4, width: 8, seed: 2 });
    const [checkpoint, onnx] = [join(folder, 'm.svp'), join(folder, 'm.onnx')];
    await saveCheckpoint(checkpoint, model);
    await exportOnnx(model, onnx, { normalization: { mean: dataset.mean, std: dataset.std } });
    const local = await scorePool({ model, dataset, outputs, batchSize: 16 });
    model.dispose();
    expect(local.provider).toBe('tensorflow');
    const child = await scorePool({ model: checkpoint, pool: dataset, outputs, batchSize: 16 });
    expect(child.runtime).toMatch(/^TensorFlow \d/);
    expectSame(child, local);
    const exported = await scorePool({ model: onnx, pool: dataset, outputs, batchSize: 16 });
    expect(exported.runtime).toMatch(/^ONNX Runtime \d/);
    expectSame(exported, local);
    // The raw bytes by themselves: the export knows how they are normalised, a checkpoint has to be told.
    const { images, count } = dataset;
    const raw = arrayPool('bytes', images, [count, 12, 12, 1]);
    expectSame(await scorePool({ model: onnx, pool: raw, outputs }), local);
    await expect(scorePool({ model: checkpoint, pool: raw, outputs })).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
    });
    const inputConfig = { mean: dataset.mean, std: dataset.std };
    expectSame(await scorePool({ model: checkpoint, pool: raw, outputs, inputConfig }), local);
  });

  test('texts: a CSV file through a network of characters, by TensorFlow and by ONNX Runtime', async () => {
    const file = join(folder, 'reviews.csv');
    const rows = Array.from(
      { length: 40 },
      (_, i) => `"${1 + (i % 2)}","Title ${i}","Text ""${'abc '.repeat(i)}"", done"`,
    );
    writeFileSync(file, `${rows.join('\n')}\n`);
    const model = createModel('vdcnn9', { input: { kind: 'text', length: 128 }, classes: 2, seed: 1 });
    const onnx = join(folder, 'text.onnx');
    await exportOnnx(model, onnx);
    const local = await scorePool({ model, pool: file, outputs, batchSize: 16 });
    model.dispose();
    expect(local.count).toBe(40);
    expectSame(await scorePool({ model: onnx, pool: file, outputs, batchSize: 16 }), local);
  });

  test('a folder of JPEG files, one of them broken, by a checkpoint and by its export', async () => {
    const images = join(folder, 'photos');
    mkdirSync(join(images, 'b'), { recursive: true });
    for (let i = 0; i < 9; i++) {
      const pixels = Buffer.from(Array.from({ length: 40 * 30 * 3 }, (_, k) => (k * (i + 3)) % 251));
      const file = join(images, i % 2 ? 'b' : '.', `${i}.jpg`);
      await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
        .jpeg()
        .toFile(file);
    }
    writeFileSync(join(images, '4.jpg'), 'this is no picture');
    const model = createModel('preact8', { inputShape: [16, 16, 3], classes: 3, width: 4 });
    const [checkpoint, onnx] = [join(folder, 'photos.svp'), join(folder, 'photos.onnx')];
    const normalization = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.2] };
    await saveCheckpoint(checkpoint, model);
    await exportOnnx(model, onnx, { normalization });
    model.dispose();
    const byChild = await scorePool({
      model: checkpoint,
      pool: images,
      outputs,
      inputConfig: normalization,
      batchSize: 4,
    });
    const byOnnx = await scorePool({ model: onnx, pool: images, outputs, batchSize: 4 });
    for (const result of [byChild, byOnnx]) {
      expect(result.count).toBe(9);
      expect(result.broken).toMatchObject({ count: 1, items: [{ item: '4.jpg' }] });
      const { row } = result.broken.items[0];
      expect(result.entropy![row]).toBeNaN();
    }
    const kept = byOnnx.entropy!.filter((score) => !Number.isNaN(score));
    expect(kept).toHaveLength(8);
    expectClose(
      kept,
      byChild.entropy!.filter((score) => !Number.isNaN(score)),
    );
    await expect(scorePool({ model: onnx, pool: images, outputs, strict: true })).rejects.toMatchObject({
      code: 'SVP_E_FILE',
      message: expect.stringContaining('4.jpg'),
    });
  });
});
