import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../../errors';
import type { Splits } from '../examples';
import { isTarArchive, readTar } from '../formats/tar';
import { AMAZON_FORMS, loadCsvFile, loadCsvSplits } from './amazon-review';
import { findPairs, loadArrayPairs } from './array-pair';
import { CIFAR10_FORM, CIFAR100_FORM, loadCifar } from './cifar';
import { type DataForm, findData } from './data-files';
import { IMAGE_FOLDER_FORM, loadImageFolders } from './image-folders';
import type { LoadOptions } from './load-options';

/** Two CSV files of anybody's. */
const CSV_FORM: DataForm = {
  ...AMAZON_FORMS['amazon-review-full'],
  title: 'A labelled CSV data set',
  folders: [],
  archives: [],
};

/** Whether a data set's name means a path: it has a separator, or there is something of that name. */
export async function isPath(name: string): Promise<boolean> {
  if (/[/\\]/.test(name) || /^\.{1,2}$/.test(name)) return true;
  return (await fs.stat(name).catch(() => undefined)) !== undefined;
}

/** 'reviews' for /a/b/reviews, /a/b/reviews.csv.gz and /a/b/reviews/. */
function nameOf(file: string): string {
  return path.basename(path.resolve(file)).replace(/\.(?:tar\.gz|tgz|tar|csv|csv\.gz)$/i, '') || 'data';
}

/**
 * Loads what lies at a path, told by the names of its files.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT (nothing that is known: what would be)
 */
export async function loadPath(given: string, cache: string, o: LoadOptions): Promise<Splits> {
  const status = await fs.stat(given).catch((cause) => {
    throw new SvpError('SVP_E_FILE', `${given} does not exist. Check the path.`, { file: given, cause });
  });
  if (status.isFile()) return loadFile(given, o);
  if (!status.isDirectory()) {
    throw new SvpError('SVP_E_FILE', `${given} is neither a folder nor a regular file.`, { file: given });
  }
  for (const [name, form] of [
    ['cifar10', CIFAR10_FORM],
    ['cifar100', CIFAR100_FORM],
  ] as const) {
    const place = await findData(form, given);
    if (place) return loadCifar(name, place, o);
  }
  const pairs = await findPairs(given);
  if (pairs.train) return loadArrayPairs(nameOf(given), { ...pairs, train: pairs.train }, o);
  const csv = await findData(CSV_FORM, given);
  if (csv) return loadCsvSplits(nameOf(given), csv, o);
  const entries = await fs.readdir(given, { withFileTypes: true });
  if (entries.some((entry) => entry.isDirectory() && !entry.name.startsWith('.'))) {
    return loadImageFolders(nameOf(given), given, cache, o);
  }
  throw new SvpError(
    'SVP_E_FORMAT',
    `${given} holds no data set that is known. Known are: CIFAR’s .bin files or archive; train-images and train-labels (test-… beside them) as IDX or .npy files; ` +
      `train.csv and test.csv with class and text; images in a folder per class. ${IMAGE_FOLDER_FORM}`,
    { file: given },
  );
}

async function loadFile(file: string, o: LoadOptions): Promise<Splits> {
  if (/\.csv(?:\.gz)?$/i.test(file)) return loadCsvFile(file, nameOf(file), o);
  if (await isTarArchive(file)) {
    const names = new Set<string>();
    await readTar(file, async ({ name }) => {
      names.add(path.posix.basename(name));
      return names.size < 4;
    });
    const place = (form: DataForm) => ({ form, path: file, archive: true });
    if ([...names].some((name) => /^(?:data_batch_\d|test_batch)\.bin$/.test(name))) {
      return loadCifar('cifar10', place(CIFAR10_FORM), o);
    }
    if ([...names].some((name) => CIFAR100_FORM.members.includes(name))) {
      return loadCifar('cifar100', place(CIFAR100_FORM), o);
    }
    if ([...names].some((name) => CSV_FORM.members.includes(name)))
      return loadCsvSplits(nameOf(file), place(CSV_FORM), o);
  }
  throw new SvpError(
    'SVP_E_FORMAT',
    `${file} is no data set that is known: CIFAR’s archive, an archive of train.csv and test.csv, and labelled .csv files are.`,
    { file },
  );
}
