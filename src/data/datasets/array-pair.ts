import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { types } from 'node:util';
import { throwIfAborted } from '../../core/abort';
import { SvpError } from '../../errors';
import { channelStatistics, checkDataset, type ImageDataset, type ImageSplits } from '../dataset';
import { readIdx } from '../formats/idx';
import { readNpy, readNpyIndices } from '../formats/npy';
import type { LoadOptions } from './load-options';

/** Two files that belong together: images, and one class number for each. */
export interface ArrayPair {
  images: string;
  labels: string;
}

/** How the halves of a data set are called, in the order in which they are looked for. */
const HALVES = { train: ['train', 'training', ''], test: ['test', 't10k', 'val', 'validation'] } as const;

/** Names of a pair's files: MNIST's own, and the plain ones. */
const KINDS = [
  { images: 'images-idx3-ubyte', labels: 'labels-idx1-ubyte', endings: ['', '.gz'] },
  { images: 'images', labels: 'labels', endings: ['.idx', '.idx.gz', '.npy'] },
] as const;

/** The pairs of a folder, by their names: train-images-idx3-ubyte, train-images.npy, images.npy, t10k-…, test-…, val-… */
export async function findPairs(folder: string): Promise<{ train?: ArrayPair; test?: ArrayPair }> {
  const names = new Set(await fs.readdir(folder).catch(() => [] as string[]));
  const pairs: { train?: ArrayPair; test?: ArrayPair } = {};
  for (const half of ['train', 'test'] as const) {
    for (const prefix of HALVES[half]) {
      for (const kind of KINDS) {
        for (const ending of kind.endings) {
          const start = prefix === '' ? '' : `${prefix}-`;
          const images = `${start}${kind.images}${ending}`;
          const labels = `${start}${kind.labels}${ending}`;
          if (pairs[half] === undefined && names.has(images) && names.has(labels)) {
            pairs[half] = { images: path.join(folder, images), labels: path.join(folder, labels) };
          }
        }
      }
    }
  }
  return pairs;
}

interface Read {
  images: Uint8Array;
  labels: Uint8Array;
  shape: number[];
}

async function readPair({ images: file, labels: labelFile }: ArrayPair): Promise<Read> {
  const npy = file.endsWith('.npy');
  const [array, numbers] = await Promise.all([
    npy ? readNpy(file) : readIdx(file, { shared: true }),
    npy ? readNpyIndices(labelFile) : readIdx(labelFile).then(({ data }) => data),
  ]);
  const fail = (text: string, row?: number): never => {
    throw new SvpError('SVP_E_FORMAT', text, row === undefined ? { file } : { file: labelFile, row });
  };
  const { data, shape } = array;
  if (!types.isUint8Array(data)) {
    fail(
      `${file} holds ${npy ? (array as { dtype: string }).dtype : 'other numbers'}; images must be bytes, 0 … 255 (uint8). Convert them.`,
    );
  }
  if (shape.length !== 3 && !(shape.length === 4 && [1, 3].includes(shape[3]))) {
    fail(
      `${file} has the shape (${shape.join(', ')}); images must be count × height × width or count × height × width × channels (1 or 3), channels last.`,
    );
  }
  if (numbers.length !== shape[0]) {
    fail(
      `${labelFile} holds ${numbers.length} labels, but ${file} holds ${shape[0]} images. Do both belong together?`,
    );
  }
  const labels = new Uint8Array(new SharedArrayBuffer(numbers.length));
  for (let i = 0; i < labels.length; i++) {
    labels[i] = Number(numbers[i]);
    if (labels[i] !== numbers[i]) {
      fail(`${labelFile}: label ${numbers[i]} of image ${i} is no class number from 0 to 255.`, i);
    }
  }
  return { images: data as Uint8Array, labels, shape };
}

/** A half without images, of the same kind as the other. */
export function emptyImages(like: ImageDataset, name: string): ImageDataset {
  return { ...like, name, images: new Uint8Array(0), labels: new Uint8Array(0), count: 0 };
}

/**
 * Images and labels from pairs of IDX or `.npy` files: bytes, count × height × width (× 1 or 3), and a class number for
 * each. Classes are 0 … the largest label; mean and standard deviation are the training half's.
 * @param test may be missing: the test half is then empty
 * @throws SvpError SVP_E_FORMAT, SVP_E_FILE, SVP_E_SHAPE, SVP_E_MEMORY, SVP_E_ABORT
 */
export async function loadArrayPairs(
  name: string,
  pairs: { train: ArrayPair; test?: ArrayPair },
  o: LoadOptions,
): Promise<ImageSplits> {
  throwIfAborted(o.signal);
  const train = await readPair(pairs.train);
  throwIfAborted(o.signal);
  const test = pairs.test && (await readPair(pairs.test));
  if (train.labels.length === 0) {
    throw new SvpError('SVP_E_FORMAT', `${pairs.train.images} holds no images.`, {
      file: pairs.train.images,
    });
  }
  if (test && pairs.test && test.shape.slice(1).join() !== train.shape.slice(1).join()) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${pairs.test.images} holds images of ${test.shape.slice(1).join(' × ')}, but those of ${pairs.train.images} are ${train.shape.slice(1).join(' × ')}.`,
      { file: pairs.test.images },
    );
  }
  const [, height, width, channels = 1] = train.shape;
  let classes = 0;
  for (const half of [train, test])
    for (const label of half?.labels ?? []) classes = Math.max(classes, label + 1);
  const statistics = channelStatistics(train.images, channels);
  if (statistics.std.some((v) => v === 0)) {
    throw new SvpError('SVP_E_FORMAT', `${pairs.train.images}: all pixels of a channel are equal.`, {
      file: pairs.train.images,
    });
  }
  const common = {
    height,
    width,
    channels,
    classes,
    classNames: Array.from({ length: classes }, (_, i) => String(i)),
    ...statistics,
    note: `From ${pairs.train.images}${pairs.test ? ` and ${pairs.test.images}` : '; there is no test half'}.`,
  };
  const first = {
    name: `${name}/train`,
    images: train.images,
    labels: train.labels,
    count: train.labels.length,
    ...common,
  };
  const second = test
    ? { name: `${name}/test`, images: test.images, labels: test.labels, count: test.labels.length, ...common }
    : emptyImages(first, `${name}/test`);
  checkDataset(first, first.name);
  checkDataset(second, second.name);
  return { train: first, test: second };
}
