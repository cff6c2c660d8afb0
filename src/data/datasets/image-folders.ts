import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../../errors';
import type { ImageFileDataset } from '../image-files';
import { indexedImageList } from '../images/folder-index';
import type { ImageList } from '../images/list-folder';
import { resizedImages } from '../images/resized-cache';
import type { LoadOptions } from './load-options';

/** torchvision's constants for ImageNet, per channel. */
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const DEFAULT_SIZE = 224;

const TEST_NAMES = ['test', 'val', 'validation'];

export interface ImageFileSplits {
  train: ImageFileDataset;
  test: ImageFileDataset;
}

async function isFolder(folder: string): Promise<boolean> {
  return (await fs.stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}

const EXPECTED =
  'A folder of images holds a folder per class with its images (.jpg, .jpeg, .png, .webp, .gif, .tif, .tiff, .avif), either itself or in the folders train and val (or test). ' +
  'ImageNet (ILSVRC 2012, https://www.image-net.org/download) is train/<wordnet id>/*.JPEG and val/<wordnet id>/*.JPEG; its archive of validation images must first be sorted into the folders of their classes.';

/** @returns height and width @throws SvpError SVP_E_OPTION: a cache of images that are smaller than what is cut out of them */
function sizeOf({ imageSize = DEFAULT_SIZE, resizedCache }: LoadOptions): [height: number, width: number] {
  const [height, width] = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
  const shorter = Math.min(height, width);
  if (resizedCache !== undefined && resizedCache < shorter) {
    throw new SvpError(
      'SVP_E_OPTION',
      `resizedCache: ${resizedCache} pixels are fewer than the ${shorter} to which images are cut. Give at least ${shorter}, or ${Math.round((shorter * 256) / 224)}, to which tests scale them.`,
      { option: 'resizedCache' },
    );
  }
  return [height, width];
}

function half(list: ImageList, name: string, classNames: string[], o: LoadOptions): ImageFileDataset {
  const { folder, files, labels } = list;
  if (labels === undefined || list.classNames === undefined) {
    throw new SvpError('SVP_E_FORMAT', `${folder} holds images that lie in no class’s folder. ${EXPECTED}`, {
      file: folder,
    });
  }
  const numbers = list.classNames.map((className) => classNames.indexOf(className));
  const strange = numbers.indexOf(-1);
  if (strange >= 0) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${folder} has the class ${list.classNames[strange]}, which the training folder has not.`,
      { file: folder },
    );
  }
  const [height, width] = sizeOf(o);
  return {
    name,
    folder,
    files,
    labels: Uint16Array.from(labels, (label) => numbers[label]),
    count: files.length,
    height,
    width,
    channels: 3,
    resize: Math.round((Math.min(height, width) * 256) / 224),
    classes: classNames.length,
    classNames,
    mean: MEAN,
    std: STD,
    note: `From ${folder}; normalised by ImageNet’s mean and standard deviation.`,
  };
}

/** The same with smaller copies of its images, where they are wanted. */
async function withCopies(
  dataset: ImageFileDataset,
  cache: string,
  { resizedCache: side, signal, onProgress }: LoadOptions,
): Promise<ImageFileDataset> {
  const { name, folder, files, count } = dataset;
  if (side === undefined || count === 0) return dataset;
  const resized = await resizedImages({
    name,
    folder,
    files,
    side,
    cache,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const note = `${dataset.note ?? ''} Larger images are read from copies of ${side} pixels.`.trim();
  return { ...dataset, resized, note };
}

/**
 * A folder of images as a data set: folder/train/<class>/… and folder/val/<class>/… (or test), or folder/<class>/… alone,
 * whose test half is then empty. The list of files is kept in the cache and made again when a folder has changed; with
 * resizedCache, smaller copies of the images are kept there, too.
 * @throws SvpError SVP_E_OPTION, SVP_E_FORMAT (images outside of class folders, classes that differ), SVP_E_FILE, SVP_E_WRITE, SVP_E_ABORT
 */
export async function loadImageFolders(
  name: string,
  folder: string,
  cache: string,
  o: LoadOptions,
): Promise<ImageFileSplits> {
  sizeOf(o);
  const { train, test } = await listHalves(name, folder, cache, o);
  return { train: await withCopies(train, cache, o), test: await withCopies(test, cache, o) };
}

async function listHalves(
  name: string,
  folder: string,
  cache: string,
  o: LoadOptions,
): Promise<ImageFileSplits> {
  const signal = o.signal ? { signal: o.signal } : {};
  const trainFolder = path.join(folder, 'train');
  if (!(await isFolder(trainFolder))) {
    const list = await indexedImageList(folder, cache, signal);
    const train = half(list, `${name}/train`, list.classNames ?? [], o);
    return {
      train,
      test: { ...train, name: `${name}/test`, files: [], labels: new Uint16Array(0), count: 0 },
    };
  }
  const list = await indexedImageList(trainFolder, cache, signal);
  const classNames = list.classNames ?? [];
  const train = half(list, `${name}/train`, classNames, o);
  for (const testName of TEST_NAMES) {
    const testFolder = path.join(folder, testName);
    if (await isFolder(testFolder)) {
      const test = half(await indexedImageList(testFolder, cache, signal), `${name}/test`, classNames, o);
      return { train, test };
    }
  }
  return { train, test: { ...train, name: `${name}/test`, files: [], labels: new Uint16Array(0), count: 0 } };
}

/** ImageNet in one of the folders. @throws SvpError SVP_E_FILE with what is expected */
export async function locateImageNet(roots: readonly string[]): Promise<string> {
  for (const root of roots) {
    for (const folder of [path.join(root, 'imagenet'), path.join(root, 'ILSVRC2012'), root]) {
      if ((await isFolder(path.join(folder, 'train'))) && (await isFolder(path.join(folder, 'val'))))
        return folder;
    }
  }
  throw new SvpError(
    'SVP_E_FILE',
    `There is no ImageNet in ${roots.join(' and ')}: neither train and val nor a folder imagenet or ILSVRC2012 with them. ${EXPECTED}`,
    { file: roots[0] },
  );
}

export { EXPECTED as IMAGE_FOLDER_FORM };
