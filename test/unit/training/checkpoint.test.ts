import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Model } from '../../../src/models/model';
import { createModel } from '../../../src/models/registry';
import {
  loadCheckpoint,
  modelFromCheckpoint,
  saveCheckpoint,
  type TrainingState,
} from '../../../src/training/checkpoint';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

describeWithTensorFlow('checkpoints', () => {
  let folder: string;
  let file: string;
  let model: Model;
  let state: TrainingState;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'svp-checkpoint-'));
    file = path.join(folder, 'last.ckpt');
    model = createModel('preact8', { inputShape: [8, 8, 1], classes: 3, width: 2, seed: 6 });
    state = {
      fingerprint: 'abc',
      epochs: [{ epoch: 1, learningRate: 0.1, trainLoss: 1, trainAccuracy: 0.5, trainSeconds: 2 }],
      seconds: 2,
      optimizer: {
        name: 'sgd',
        steps: 5,
        vectors: { velocity: new Float32Array(model.parameters).map((_, i) => i / 7) },
      },
      forgetting: { version: 1 },
    };
  });
  afterEach(() => {
    model.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a training comes back as it was', async () => {
    await saveCheckpoint(file, model, state);
    expect(await loadCheckpoint(file)).toEqual({
      arch: 'preact8',
      width: 2,
      inputShape: [8, 8, 1],
      input: { kind: 'image', shape: [8, 8, 1] },
      classes: 3,
      weights: model.weights(),
      training: state,
    });
  });

  test('a model alone comes back ready to use', async () => {
    await saveCheckpoint(file, model);
    expect((await loadCheckpoint(file)).training).toBeUndefined();
    const again = await modelFromCheckpoint(file);
    const images = new Float32Array(2 * 64).map((_, i) => Math.sin(i));
    expect(again.infer(images, 2, ['logits'])).toEqual(model.infer(images, 2, ['logits']));
    again.dispose();
  });

  test('a missing file', async () => {
    await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: 'SVP_E_FILE', file });
  });

  test('damage anywhere is seen', async () => {
    await saveCheckpoint(file, model, state);
    const whole = readFileSync(file);
    for (const at of [0, 8, 12, 40, whole.length >> 1, whole.length - 40, whole.length - 1]) {
      const bytes = Buffer.from(whole);
      bytes[at] ^= 0x10;
      writeFileSync(file, bytes);
      await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT', file });
    }
    for (const length of [0, 7, 15, 47, 100, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT', file });
    }
  });

  test('another version is refused by number', async () => {
    await saveCheckpoint(file, model);
    const bytes = readFileSync(file);
    bytes.writeUInt32LE(7, 8);
    writeFileSync(file, bytes);
    await expect(loadCheckpoint(file)).rejects.toMatchObject({
      message: expect.stringContaining('version 7'),
    });
  });

  /** A file whose checksum is right though its content is not. */
  function forge(change: (header: Record<string, unknown>) => void): void {
    const bytes = readFileSync(file);
    const end = 16 + bytes.readUInt32LE(12);
    const header = JSON.parse(bytes.toString('utf8', 16, end));
    change(header);
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.from(bytes.subarray(0, 16));
    prefix.writeUInt32LE(json.length, 12);
    const content = Buffer.concat([prefix, json, bytes.subarray(end, bytes.length - 32)]);
    writeFileSync(file, Buffer.concat([content, createHash('sha256').update(content).digest()]));
  }

  test('a header that promises more values than there are', async () => {
    await saveCheckpoint(file, model);
    forge((header) => {
      (header.arrays as { shape: number[] }[])[0].shape = [1e6, 1e6];
    });
    await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
  });

  test('weights that do not fit the architecture', async () => {
    await saveCheckpoint(file, model);
    forge((header) => {
      header.width = 3;
    });
    await expect(modelFromCheckpoint(file)).rejects.toMatchObject({ code: 'SVP_E_CHECKPOINT' });
  });

  test('a failed write leaves the old file and nothing else', async () => {
    await saveCheckpoint(file, model);
    const old = readFileSync(file);
    await expect(saveCheckpoint(path.join(folder, 'no', 'x.ckpt'), model)).rejects.toMatchObject({
      code: 'SVP_E_WRITE',
    });
    expect(readFileSync(file)).toEqual(old);
    expect(readdirSync(folder)).toEqual(['last.ckpt']);
  });
});
