import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Progress } from '../../src/core/progress';
import type { ImageSplits } from '../../src/data/dataset';
import { readIndexFile } from '../../src/data/formats/index-file';
import { coreSet } from '../../src/experiments/core-set';
import { quickstart } from '../../src/experiments/quickstart';
import { train } from '../../src/experiments/train';
import { describeWithTensorFlow } from '../reference/with-tensorflow';

// From eight channels on TensorFlow's sums come in one order, and figures repeat to the bit.
const network = { arch: 'preact8', width: 8, epochs: [1, 1], learningRates: [0.05, 0.01], batchSize: 16 };
const settings = { pool: 200, test: 100, proxy: network, target: { ...network, width: 12 }, gallery: 4 };
const METHODS = ['random', 'entropy', 'forgetting-events', 'k-centers', 'oracle'];

let folder: string;
beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-quickstart-'));
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

/** Three classes of 8 × 8 images that a small network tells apart: a bright row, column or corner, in noise. */
function stripes(count: number, seed: number): ImageSplits['train'] {
  const images = new Uint8Array(count * 64);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  let state = seed;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 64; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const lit = labels[i] === 0 ? k >> 3 === 3 : labels[i] === 1 ? (k & 7) === 3 : (k >> 3) + (k & 7) < 5;
      images[i * 64 + k] = (state >>> 26) + (lit ? 190 : 0);
    }
  }
  const common = { height: 8, width: 8, channels: 1, classes: 3, classNames: ['row', 'column', 'corner'] };
  return { name: 'stripes', images, labels, count, ...common, mean: [0.25], std: [0.3] };
}

describeWithTensorFlow('the main job as a library', () => {
  test('the same seed chooses the same images, with the same figures; another seed others', async () => {
    const progress: Progress[] = [];
    const once = async (name: string, seed: number) => {
      const { record, runDirectory } = await quickstart({
        settings,
        seed,
        runDirectory: path.join(folder, name),
        onProgress: (p) => progress.push(p),
      });
      const chosen = await Promise.all(
        METHODS.map((method) => readIndexFile(path.join(runDirectory, method, 'selected.index'))),
      );
      return { chosen, accuracies: record.rows.map((row) => row.testAccuracy), record };
    };
    const first = await once('first', 3);
    const again = await once('again', 3);
    const other = await once('other', 4);
    expect(again.chosen).toEqual(first.chosen);
    expect(again.accuracies).toEqual(first.accuracies);
    expect(again.record.galleries).toEqual(first.record.galleries);
    for (const i of METHODS.keys()) expect(other.chosen[i]).not.toEqual(first.chosen[i]);

    // Progress names the stage and its place, and every report knows the time left.
    expect(new Set(progress.map(({ stage }) => stage.split(' ')[0])).size).toBeGreaterThanOrEqual(8);
    expect(progress.every(({ remainingMs }) => remainingMs !== undefined && remainingMs >= 0)).toBe(true);
  });

  test('an abort ends it soon, as an AbortError', async () => {
    const controller = new AbortController();
    const running = quickstart({
      settings,
      runDirectory: path.join(folder, 'aborted'),
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ name: 'AbortError', code: 'SVP_E_ABORT' });
  });
});

describeWithTensorFlow('core-set selection on images in memory', () => {
  const splits: ImageSplits = { train: stripes(240, 1), test: stripes(60, 2) };
  const target = { ...network, epochs: [3, 1], batchSize: 8, augment: false };

  test.each(['forgetting-events', 'entropy', 'k-centers'])('by %s in a child process', async (method) => {
    const runDirectory = path.join(folder, `coreset-${method}`);
    const result = await coreSet({
      dataset: splits,
      method,
      subset: 100,
      validation: 40,
      target: { ...target, width: 12 },
      proxy: { width: 8 },
      runDirectory,
    });
    expect(result).toMatchObject({ method, runDirectory, selection: { nexamples: 100 } });
    expect(new Set(result.selected).size).toBe(100);
    expect(result.proxy).toMatchObject({ nexamples: 200 });
    expect(result.target).toMatchObject({ nexamples: 100 });
    expect(result.target?.test_accuracy).toBeGreaterThan(0.5);
    expect(result.target?.dev_accuracy).toBeGreaterThan(0.3);
    expect(await readIndexFile(path.join(runDirectory, 'selected.index'))).toEqual(result.selected);
    const held = new Set(await readIndexFile(path.join(runDirectory, 'dev.index')));
    expect(held.size).toBe(40);
    expect([...result.selected].some((row) => held.has(row))).toBe(false);
    if (method === 'k-centers') {
      // A fiftieth of the pool is picked at random first.
      expect(result.selection).toMatchObject({ current_nexamples: 4, new_nexamples: 96 });
      expect(await readIndexFile(path.join(runDirectory, 'initial_subset_4.index'))).toHaveLength(4);
    }
  });

  test('in this process gives the same choice as in a child', async () => {
    const options = {
      dataset: splits,
      method: 'entropy',
      subset: 50,
      target,
      proxy: target,
      trainTarget: false,
    };
    const here = await coreSet({ ...options, isolate: false });
    const there = await coreSet({ ...options, isolate: true });
    expect(here.selected).toEqual(there.selected);
    expect(here.target).toBeUndefined();
  });

  test('random trains no proxy', async () => {
    const result = await coreSet({ dataset: splits, method: 'random', subset: 20, trainTarget: false });
    expect(result.selected).toHaveLength(20);
    expect(result.proxy).toMatchObject({ nexamples: 0, train_time: 0 });
  });

  test('a subset larger than the pool is refused with both numbers', async () => {
    await expect(coreSet({ dataset: splits, subset: 241 })).rejects.toMatchObject({
      code: 'SVP_E_BUDGET',
      message: expect.stringMatching(/241[\s\S]*240/),
    });
  });

  test('train takes them too, leaves no folder unasked, and tells its epochs', async () => {
    const before = await fs.readdir(folder);
    const onEpoch = jest.fn();
    const result = await train({
      dataset: splits,
      ...target,
      indices: Uint32Array.from({ length: 90 }, (_, i) => i),
      onEpoch,
    });
    expect(result).toMatchObject({ examples: 90, arch: 'preact8', width: 8 });
    expect(result.runDirectory).toBeUndefined();
    expect(onEpoch).toHaveBeenCalledTimes(4);
    expect(await fs.readdir(folder)).toEqual(before);
  });
});
