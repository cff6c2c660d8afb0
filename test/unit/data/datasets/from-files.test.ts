import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ImageDataset } from '../../../../src/data/dataset';
import { datasetNames, loadDataset, loadExamples } from '../../../../src/data/datasets/registry';
import {
  checkExamples,
  type Dataset,
  examplesHash,
  inputOf,
  takeExamples,
} from '../../../../src/data/examples';
import { writeNpy } from '../../../../src/data/formats/npy';
import type { ImageFileDataset } from '../../../../src/data/image-files';
import { failure, temporaryFolder } from '../temporary';
import { makeSmallDataSets } from './small-data-sets';

const root = temporaryFolder();
const small = path.join(root, 'small');
const at = (...parts: string[]) => path.join(small, ...parts);
beforeAll(() => {
  makeSmallDataSets(small);
});

const load = (name: string, o = {}) => loadExamples(name, { cacheDirectory: small, ...o });

async function tarOf(file: string, members: Record<string, Buffer | string>): Promise<string> {
  const tar = pack();
  for (const [name, content] of Object.entries(members)) tar.entry({ name }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  await fs.writeFile(file, gzipSync(Buffer.concat(chunks)));
  return file;
}

test('the names', () => {
  expect(datasetNames()).toEqual([
    'fashion-mnist',
    'mnist',
    'cifar10',
    'cifar100',
    'imagenet',
    'amazon-review-polarity',
    'amazon-review-full',
    'spam-assassin',
  ]);
});

describe('CIFAR', () => {
  test('folder and archive give the same images, planes become pixels', async () => {
    const { train, test: half } = (await load('cifar10')) as { train: ImageDataset; test: ImageDataset };
    expect(train).toMatchObject({
      name: 'cifar10/train',
      count: 200,
      height: 32,
      width: 32,
      channels: 3,
      classes: 10,
    });
    expect(half.count).toBe(40);
    expect(train.classNames[9]).toBe('truck');
    expect(train.mean).toEqual([0.4914, 0.4822, 0.4465]);
    const bytes = await fs.readFile(at('cifar-10-batches-bin', 'data_batch_2.bin'));
    // Image 40 is the first of the second file: its pixel 5 in all three planes.
    expect([...train.images.subarray(40 * 3072 + 15, 40 * 3072 + 18)]).toEqual([
      bytes[1 + 5],
      bytes[1 + 1024 + 5],
      bytes[1 + 2048 + 5],
    ]);
    expect(train.labels[43]).toBe(3);
    const archived = await loadExamples(at('cifar-10-binary.tar.gz'));
    for (const part of ['train', 'test'] as const) {
      expect(examplesHash(archived[part])).toBe(examplesHash({ train, test: half }[part]));
    }
  });

  test('CIFAR-100 has its fine classes', async () => {
    const { train } = (await load('CIFAR100')) as { train: ImageDataset };
    expect(train).toMatchObject({ count: 300, classes: 100 });
    expect(train.labels[57]).toBe(57);
  });

  test('what is missing, cut short or damaged is said', async () => {
    const empty = path.join(root, 'empty');
    await fs.mkdir(empty, { recursive: true });
    const missing = await failure(loadExamples('cifar10', { cacheDirectory: empty }));
    expect(missing).toMatchObject({ code: 'SVP_E_FILE' });
    for (const word of [
      'data_batch_1.bin',
      'cifar-10-batches-bin',
      'cifar-10-binary.tar.gz',
      'https://',
      'cacheDirectory',
      empty,
    ]) {
      expect(missing.message).toContain(word);
    }
    const folder = path.join(root, 'cifar-100-binary');
    await fs.mkdir(folder, { recursive: true });
    const test100 = await fs.readFile(at('cifar-100-binary', 'test.bin'));
    await fs.writeFile(path.join(folder, 'train.bin'), test100.subarray(0, 5000));
    await fs.writeFile(path.join(folder, 'test.bin'), test100);
    expect(await failure(loadExamples(folder))).toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringContaining('no multiple of the 3074'),
    });
    const wrong = Buffer.from(test100);
    wrong[3074 * 7 + 1] = 100;
    await fs.writeFile(path.join(folder, 'train.bin'), wrong);
    expect(await failure(loadExamples(folder))).toMatchObject({ code: 'SVP_E_FORMAT', row: 7 });
    const archive = await tarOf(path.join(root, 'cifar-100-binary.tar.gz'), { 'a/train.bin': test100 });
    expect(await failure(loadExamples(archive))).toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringContaining('lacks test.bin'),
    });
    const whole = await fs.readFile(at('cifar-10-binary.tar.gz'));
    const cut = path.join(root, 'cut.tar.gz');
    await fs.writeFile(cut, whole.subarray(0, whole.length / 2));
    expect(await failure(loadExamples(cut))).toMatchObject({ code: 'SVP_E_FORMAT', file: cut });
    await fs.writeFile(cut, gzipSync(gunzipSync(whole).subarray(0, 400_000)));
    expect(await failure(loadExamples(cut))).toMatchObject({ code: 'SVP_E_FORMAT', file: cut });
  });

  test('names in an archive are never paths', async () => {
    const test100 = await fs.readFile(at('cifar-100-binary', 'test.bin'));
    const archive = await tarOf(path.join(root, 'evil.tar.gz'), {
      '../../escaped.bin': test100,
      '../../train.bin': test100,
      '/etc/test.bin': test100,
    });
    const { train } = await loadExamples(archive);
    expect(train.count).toBe(100);
    expect(await fs.readdir(root)).not.toContain('escaped.bin');
  });
});

describe('images in folders', () => {
  test('ImageNet: classes are folders, sizes and splits', async () => {
    const { train, test: val } = (await load('imagenet', { imageSize: 48 })) as {
      train: ImageFileDataset;
      test: ImageFileDataset;
    };
    checkExamples(train);
    checkExamples(val);
    expect(train).toMatchObject({ count: 36, height: 48, width: 48, channels: 3, classes: 3, resize: 55 });
    expect(train.classNames).toEqual(['n01440764', 'n01443537', 'n01484850']);
    expect(train.files[12]).toBe('n01443537/n01443537_0.JPEG');
    expect([train.labels[11], train.labels[12], val.count]).toEqual([0, 1, 12]);
    expect(inputOf(train)).toEqual({ kind: 'image', shape: [48, 48, 3] });
    expect(takeExamples(train, Uint32Array.of(12, 0)).files).toEqual([
      'n01443537/n01443537_0.JPEG',
      'n01440764/n01440764_0.JPEG',
    ]);
    const alone = await loadExamples(at('imagenet', 'train'));
    expect([alone.train.count, alone.test.count]).toEqual([36, 0]);
  });

  test('what is missing or in the wrong place is said', async () => {
    expect(await failure(loadExamples('imagenet', { cacheDirectory: root }))).toMatchObject({
      code: 'SVP_E_FILE',
      message: expect.stringContaining('train/<wordnet id>/*.JPEG'),
    });
    const folder = path.join(root, 'unsorted');
    await fs.mkdir(path.join(folder, 'train', 'a'), { recursive: true });
    await fs.copyFile(
      at('imagenet', 'val', 'n01440764', 'n01440764_0.JPEG'),
      path.join(folder, 'train', 'a', '1.jpg'),
    );
    await fs.copyFile(
      at('imagenet', 'val', 'n01440764', 'n01440764_0.JPEG'),
      path.join(folder, 'train', '2.jpg'),
    );
    expect(await failure(loadExamples(folder))).toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringContaining('no class’s folder'),
    });
    await fs.rm(path.join(folder, 'train', '2.jpg'));
    await fs.mkdir(path.join(folder, 'val', 'b'), { recursive: true });
    await fs.copyFile(path.join(folder, 'train', 'a', '1.jpg'), path.join(folder, 'val', 'b', '1.jpg'));
    expect(await failure(loadExamples(folder))).toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringContaining('the class b'),
    });
    expect(await failure(loadDataset(at('imagenet')))).toMatchObject({ code: 'SVP_E_OPTION' });
  });
});

describe('array pairs', () => {
  test('IDX and .npy', async () => {
    const idx = (await loadExamples(at('idx'))) as { train: ImageDataset; test: ImageDataset };
    expect(idx.train).toMatchObject({
      name: 'idx/train',
      count: 90,
      height: 12,
      width: 12,
      channels: 1,
      classes: 3,
    });
    const npy = await loadDataset(at('npy'));
    expect(npy.train).toMatchObject({ count: 90, height: 16, width: 16, channels: 3, classes: 3 });
    expect([npy.test.count, idx.test.count]).toEqual([30, 30]);
    expect(npy.train.mean).toHaveLength(3);
  });

  test('wrong ones are typed errors', async () => {
    const folder = path.join(root, 'pair');
    await fs.mkdir(folder);
    const images = path.join(folder, 'train-images.npy');
    const labels = path.join(folder, 'train-labels.npy');
    const fails = async (message: string) =>
      expect(await failure(loadExamples(folder))).toMatchObject({
        code: 'SVP_E_FORMAT',
        message: expect.stringContaining(message),
      });
    await writeNpy(
      images,
      Uint8Array.from({ length: 32 }, (_, i) => i),
      [2, 4, 4],
    );
    await writeNpy(labels, Int32Array.of(0, 1, 1), [3]);
    await fails('3 labels');
    await writeNpy(labels, Int32Array.of(0, 300), [2]);
    await fails('no class number');
    await writeNpy(labels, Int32Array.of(0, 1), [2]);
    await writeNpy(images, new Float32Array(32), [2, 4, 4]);
    await fails('must be bytes');
    await writeNpy(images, new Uint8Array(32), [2, 16]);
    await fails('count × height × width');
    await writeNpy(images, new Uint8Array(32), [2, 4, 4]);
    await fails('all pixels of a channel are equal');
    await fs.writeFile(images, 'no array');
    expect((await failure(loadExamples(folder))).code).toBe('SVP_E_FORMAT');
  });
});

test('paths that hold nothing known', async () => {
  const folder = path.join(root, 'nothing');
  await fs.mkdir(folder);
  await fs.writeFile(path.join(folder, 'x.bin'), 'x');
  expect(await failure(loadExamples(folder))).toMatchObject({
    code: 'SVP_E_FORMAT',
    message: expect.stringContaining('train.csv'),
  });
  expect(await failure(loadExamples(path.join(folder, 'x.bin')))).toMatchObject({ code: 'SVP_E_FORMAT' });
  expect(await failure(loadExamples('./gone/data'))).toMatchObject({ code: 'SVP_E_FILE' });
  expect(await failure(loadExamples('cifar11'))).toMatchObject({
    code: 'SVP_E_OPTION',
    message: expect.stringContaining('cifar10'),
  });
});

test('an abort stops loading', async () => {
  const kinds: Dataset[] = [];
  for (const name of ['cifar10', 'amazon-review-polarity', 'imagenet', 'idx']) {
    const given = name === 'idx' ? at('idx') : name;
    expect((await failure(load(given, { signal: AbortSignal.abort() }))).code).toBe('SVP_E_ABORT');
  }
  expect(kinds).toEqual([]);
});
