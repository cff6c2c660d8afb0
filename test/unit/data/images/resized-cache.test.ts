import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import sharp from 'sharp';
import type { Progress } from '../../../../src/core/progress';
import { loadExamples } from '../../../../src/data/datasets/registry';
import { openLoader } from '../../../../src/data/example-loader';
import { examplesHash, takeExamples } from '../../../../src/data/examples';
import { type ImageFileDataset, readPath } from '../../../../src/data/image-files';
import { resizedImages } from '../../../../src/data/images/resized-cache';
import { examplesPool } from '../../../../src/data/pools/examples-pool';
import { failure, temporaryFolder } from '../temporary';

const root = temporaryFolder();
const SIDE = 32;
let counter = 0;

/** Smooth colours: what JPEG keeps well. */
function pixels(width: number, height: number, seed: number): Buffer {
  const bytes = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        bytes[at++] = 128 + 90 * Math.sin((x * (c + 1)) / 17 + seed) * Math.cos(y / (13 + seed));
      }
    }
  }
  return bytes;
}

async function image(file: string, width: number, height: number, seed = 0, orientation?: number) {
  let made = sharp(pixels(width, height, seed), { raw: { width, height, channels: 3 } });
  if (orientation !== undefined) made = made.withMetadata({ orientation });
  await fs.mkdir(path.dirname(file), { recursive: true });
  await (file.endsWith('.png') ? made.png() : made.jpeg({ quality: 98 })).toFile(file);
}

/** A folder of two classes: two photographs, a PNG, one that stands, one that is small. */
async function photos(): Promise<{ folder: string; cache: string }> {
  const folder = path.join(root, `photos-${counter++}`);
  await image(path.join(folder, 'a', '1.jpg'), 120, 90, 1);
  await image(path.join(folder, 'a', '2.png'), 100, 64, 2);
  await image(path.join(folder, 'a', '3.jpg'), 64, 110, 3, 6);
  await image(path.join(folder, 'b', '4.jpg'), 48, 32, 4);
  await image(path.join(folder, 'b', '5.jpg'), 128, 128, 5);
  return { folder, cache: `${folder}-cache` };
}

async function load(
  { folder, cache }: { folder: string; cache: string },
  o: object = {},
): Promise<{ train: ImageFileDataset; told: Progress[] }> {
  const told: Progress[] = [];
  const splits = await loadExamples(folder, {
    cacheDirectory: cache,
    imageSize: 24,
    resizedCache: SIDE,
    onProgress: (progress) => told.push(progress),
    ...o,
  });
  return { train: splits.train as ImageFileDataset, told };
}

async function everyFile(folder: string): Promise<string[]> {
  const names = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function states(folder: string): Promise<string[]> {
  const files = await everyFile(folder);
  return Promise.all(
    files.map(async (file) => {
      const { ino, mtimeMs } = await fs.stat(file);
      return `${file} ${ino} ${mtimeMs}`;
    }),
  );
}

async function evaluated(dataset: ImageFileDataset): Promise<{ values: number[]; broken: string[] }> {
  const pool = examplesPool(dataset);
  const values: number[] = [];
  const broken: string[] = [];
  try {
    for await (const batch of pool.batches({ batchSize: 3 })) {
      values.push(...Array.from(batch.values as ArrayLike<number>));
      broken.push(...batch.broken.map(({ item, reason }) => `${item}: ${reason}`));
    }
  } finally {
    await pool.close();
  }
  return { values, broken };
}

const meanDifference = (a: number[], b: number[]) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

test('the first load converts, the second reads: no file is written again', async () => {
  const where = await photos();
  const first = await load(where);
  expect(first.train.files).toEqual(['a/1.jpg', 'a/2.png', 'a/3.jpg', 'b/4.jpg', 'b/5.jpg']);
  const sizes = await Promise.all(
    first.train.files.map(async (_, row) => {
      const { width, height, orientation, format } = await sharp(readPath(first.train, row)).metadata();
      return [width, height, orientation, format];
    }),
  );
  expect(sizes).toEqual([
    [42, 32, undefined, 'jpeg'],
    [50, 32, undefined, 'jpeg'],
    // As the loader reads it: not turned.
    [32, 55, undefined, 'jpeg'],
    [48, 32, undefined, 'jpeg'],
    [32, 32, undefined, 'jpeg'],
  ]);
  expect(first.told.at(-1)).toMatchObject({
    stage: expect.stringMatching(/^resizing photos-\d+\/train to 32 pixels$/),
    done: 5,
    total: 5,
    unit: 'images',
    remainingMs: 0,
    detail: expect.stringMatching(/^[\d.]+ images\/s$/),
  });
  const before = await states(where.cache);
  const second = await load(where);
  expect(second.told).toEqual([]);
  expect(second.train).toEqual(first.train);
  expect(await states(where.cache)).toEqual(before);
  expect(before.filter((line) => line.includes('.tmp'))).toEqual([]);
});

test('an image that is not larger is read itself', async () => {
  const { folder, cache } = await photos();
  const { train } = await load({ folder, cache });
  expect(readPath(train, 3)).toBe(path.join(folder, 'b', '4.jpg'));
  expect(train.resized?.files[3]).toBe('');
  expect(train.resized?.files.filter((name) => name !== '')).toHaveLength(4);
});

test('pixels are those of the originals but for what JPEG loses', async () => {
  const where = await photos();
  const { train } = await load(where, { imageSize: 28 });
  const { train: plain } = await load(where, { imageSize: 28, resizedCache: undefined });
  expect(plain.resized).toBeUndefined();
  const [copies, originals] = [await evaluated(train), await evaluated(plain)];
  expect(copies.values).not.toEqual(originals.values);
  expect(meanDifference(copies.values, originals.values)).toBeLessThan(1.5);
  expect(examplesHash(train)).not.toBe(examplesHash(plain));
});

test('rows are taken with their copies', async () => {
  const { train } = await load(await photos());
  const taken = takeExamples(train, Uint32Array.of(4, 0));
  expect([readPath(taken, 0), readPath(taken, 1)]).toEqual([readPath(train, 4), readPath(train, 0)]);
});

test('a file that has changed is converted anew, and its old copy goes', async () => {
  const where = await photos();
  const { train: before } = await load(where);
  await image(path.join(where.folder, 'a', '1.jpg'), 200, 90, 9);
  const { train: after, told } = await load(where);
  expect(told.at(-1)).toMatchObject({ done: 5, resumed: 4 });
  expect(after.resized?.files[0]).not.toBe(before.resized?.files[0]);
  expect(after.resized?.files.slice(1)).toEqual(before.resized?.files.slice(1));
  expect((await sharp(readPath(after, 0)).metadata()).width).toBe(71);
  await expect(fs.stat(readPath(before, 0))).rejects.toThrow('ENOENT');
});

test('an interrupted conversion goes on where it was', async () => {
  const folder = path.join(root, 'many');
  await Promise.all(
    Array.from({ length: 60 }, (_, i) => image(path.join(folder, `c${i % 2}`, `${i}.jpg`), 90, 70, i % 7)),
  );
  const where = { folder, cache: path.join(root, 'many-cache') };
  const stop = new AbortController();
  const broken = load(where, { signal: stop.signal, onProgress: () => stop.abort() });
  expect(await failure(broken)).toMatchObject({ code: 'SVP_E_ABORT' });
  const kept = await states(where.cache);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.filter((line) => line.includes('.tmp'))).toEqual([]);
  const { train, told } = await load(where);
  expect(await states(where.cache)).toEqual(expect.arrayContaining(kept));
  expect(await everyFile(train.resized?.folder as string)).toHaveLength(60);
  if (kept.length < 60) expect(told.at(-1)).toMatchObject({ done: 60, resumed: kept.length });
});

test('in the calling thread, too: an image or two after the signal nothing more is begun', async () => {
  const { folder, cache } = await photos();
  const files = ['a/1.jpg', 'a/2.png', 'a/3.jpg', 'b/4.jpg', 'b/5.jpg'];
  const options = { name: 'photos', folder, files, side: SIDE, cache, threads: 0 };
  const stop = new AbortController();
  const stopped = resizedImages({ ...options, signal: stop.signal });
  stop.abort();
  expect(await failure(stopped)).toMatchObject({ code: 'SVP_E_ABORT' });
  expect((await everyFile(cache)).length).toBeLessThan(5);
  const { files: names } = await resizedImages(options);
  expect(names.filter((name) => name !== '')).toHaveLength(4);
  expect(await failure(resizedImages({ ...options, signal: AbortSignal.abort() }))).toMatchObject({
    code: 'SVP_E_ABORT',
  });
});

test('what a killed process left half-written goes; what another may be writing stays', async () => {
  const where = await photos();
  const { train } = await load(where);
  const shard = path.dirname(readPath(train, 0));
  const [old, fresh] = ['.x.jpg.0123456789ab.tmp', '.y.jpg.0123456789ab.tmp'].map((n) => path.join(shard, n));
  await fs.writeFile(old, 'half');
  await fs.utimes(old, 1, 1);
  await fs.writeFile(fresh, 'half');
  await image(path.join(where.folder, 'b', '5.jpg'), 140, 128, 5);
  await load(where);
  const left = await everyFile(shard);
  expect(left).not.toContain(old);
  expect(left).toContain(fresh);
});

test('a broken image is what it is without the cache', async () => {
  const where = await photos();
  const victim = path.join(where.folder, 'a', '1.jpg');
  await fs.writeFile(victim, (await fs.readFile(victim)).subarray(0, 900));
  await fs.writeFile(path.join(where.folder, 'a', '2.png'), 'no image');
  const { train } = await load(where);
  const { train: plain } = await load(where, { resizedCache: undefined });
  expect(train.files).toEqual(plain.files);
  const counted = (await evaluated(train)).broken;
  expect(counted).toEqual((await evaluated(plain)).broken);
  expect(counted).toHaveLength(2);
  const fails = async (dataset: ImageFileDataset) => {
    const rows = Uint32Array.of(0);
    const loader = openLoader({
      dataset,
      indices: rows,
      batchSize: 1,
      augment: false,
      shuffle: false,
      seed: 1,
    });
    try {
      return await failure(loader.epoch(0)[Symbol.asyncIterator]().next());
    } finally {
      await loader.close();
    }
  };
  const error = await fails(train);
  expect(error).toMatchObject({ code: 'SVP_E_FORMAT', file: victim, row: 0 });
  expect(error.message).toBe((await fails(plain)).message);
  // Nothing was written for them: mended, they are converted, and a load that only meets them says nothing.
  expect((await load(where)).told).toEqual([]);
  await image(victim, 120, 90, 1);
  expect((await load(where)).train.resized?.files[0]).not.toBe('');
});

test('a copy that is damaged or gone: the original is read', async () => {
  const where = await photos();
  const { train } = await load(where);
  await fs.writeFile(readPath(train, 0), 'damaged');
  await fs.rm(readPath(train, 4));
  const { train: plain } = await load(where, { resizedCache: undefined });
  const item = 24 * 24 * 3;
  const [copies, originals] = [await evaluated(train), await evaluated(plain)];
  expect(copies.broken).toEqual([]);
  expect(copies.values.slice(0, item)).toEqual(originals.values.slice(0, item));
  expect(copies.values.slice(4 * item)).toEqual(originals.values.slice(4 * item));
  const rows = Uint32Array.of(0, 1, 4);
  const loader = openLoader({
    dataset: train,
    indices: rows,
    batchSize: 3,
    augment: false,
    shuffle: false,
    seed: 1,
  });
  try {
    expect((await loader.epoch(0)[Symbol.asyncIterator]().next()).value?.size).toBe(3);
  } finally {
    await loader.close();
  }
});

test('a cache that cannot be written: SVP_E_WRITE, and nothing half-written', async () => {
  const { folder, cache } = await photos();
  const datasets = path.join(cache, 'datasets');
  await fs.mkdir(datasets, { recursive: true });
  await fs.writeFile(path.join(datasets, 'resized-images'), 'a file is in the way');
  expect(await failure(load({ folder, cache }))).toMatchObject({ code: 'SVP_E_WRITE' });
  expect(await everyFile(datasets)).toEqual([path.join(datasets, 'resized-images')]);
});

test('options', async () => {
  const where = await photos();
  expect(await failure(load(where, { resizedCache: 23 }))).toMatchObject({
    code: 'SVP_E_OPTION',
    message: expect.stringMatching(/resizedCache: 23 pixels are fewer than the 24 .*or 27/),
  });
  expect(await failure(load(where, { imageSize: undefined, resizedCache: 128 }))).toMatchObject({
    code: 'SVP_E_OPTION',
  });
  for (const resizedCache of [0, 25.5, '32', 70_000]) {
    expect(await failure(load(where, { resizedCache }))).toMatchObject({
      code: 'SVP_E_OPTION',
      message: expect.stringContaining('resizedCache'),
    });
  }
  expect(await everyFile(where.cache)).toEqual([]);
});
