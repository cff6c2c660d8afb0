import { promises as fs } from 'node:fs';
import { suggestion } from '../../core/options';
import { SvpError } from '../../errors';
import { datasetNames, loadExamples } from '../datasets/registry';
import { openRegularFile, readAt, readError } from '../formats/byte-stream';
import { readIdx } from '../formats/idx';
import type { OpenImageFolderOptions } from '../image-folder';
import type { PoolSource } from '../pool';
import type { TextPoolOptions } from '../text-pool';
import { arrayPool } from './array-pool';
import { examplesPool } from './examples-pool';
import { fileFingerprint, openNpyPool } from './npy-pool';

export interface OpenPoolOptions {
  /** Where converted data sets are kept; see loadDataset. */
  cacheDirectory?: string;
  /** How image files become items; asked only where the pool is a folder of images. */
  images?: () => OpenImageFolderOptions;
  /** How texts become items; asked only where the pool is a CSV file. */
  texts?: () => TextPoolOptions;
  signal?: AbortSignal;
}

/**
 * Opens what a pool's name means: an array file (`.npy`, `.npz`, `archive.npz:member`, IDX, told by their first bytes), a
 * folder of images, a CSV file of texts (`.csv`, `.csv.gz`), or a data set by its name: `fashion-mnist` is its training half, `fashion-mnist/test` the other.
 * @throws SvpError SVP_E_FILE (no such file, and no data set of that name), SVP_E_FORMAT, SVP_E_SHAPE, SVP_E_OPTION
 */
export async function openPool(name: string, options: OpenPoolOptions = {}): Promise<PoolSource> {
  const status = await fs.stat(name).catch(() => undefined);
  if (status === undefined) {
    const member = /^(.+\.npz):(.+)$/i.exec(name);
    if (member) return openNpyPool(member[1], member[2], true);
    return openDataset(name, options);
  }
  if (status.isDirectory()) {
    if (!options.images) throw readError(name, Object.assign(new Error(), { code: 'EISDIR' }));
    const images = options.images();
    const { openImageFolder } = require('../image-folder') as typeof import('../image-folder');
    return openImageFolder(name, { ...images, ...(options.signal && { signal: options.signal }) });
  }
  if (options.texts && /\.csv(?:\.gz)?$/i.test(name)) {
    const { openTextPool } = require('../text-pool') as typeof import('../text-pool');
    return openTextPool(name, { ...options.texts(), ...(options.signal && { signal: options.signal }) });
  }
  const { handle } = await openRegularFile(name);
  const start = Buffer.alloc(6);
  await readAt(handle, start, 0).finally(() => handle.close());
  if (start.toString('latin1') === '\x93NUMPY') return openNpyPool(name);
  if (start.toString('latin1', 0, 2) === 'PK') return openNpyPool(name, undefined, true);
  if ((start[0] === 0 && start[1] === 0) || (start[0] === 0x1f && start[1] === 0x8b))
    return openIdxPool(name);
  throw new SvpError(
    'SVP_E_FORMAT',
    `${name} is not a pool that can be read: .npy, .npz and IDX files are, told by their first bytes, and .csv files of texts.`,
    { file: name },
  );
}

async function openIdxPool(file: string): Promise<PoolSource> {
  const { data, shape } = await readIdx(file);
  if (shape.length < 2) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${file} has the shape (${shape.join(', ')}); a pool needs examples first and then at least one more dimension.`,
      { file },
    );
  }
  return arrayPool(file, data, shape, { fingerprint: () => fileFingerprint(file, shape) });
}

async function openDataset(name: string, { cacheDirectory, signal }: OpenPoolOptions): Promise<PoolSource> {
  const [, set, half = 'train'] = /^(.*?)(?:\/(train|test))?$/s.exec(name) as RegExpExecArray;
  if (!datasetNames().includes(set)) {
    const near = suggestion(set, datasetNames());
    throw new SvpError(
      'SVP_E_FILE',
      `${name} does not exist, and no data set is called that.${near} Check the path.`,
      { file: name },
    );
  }
  const splits = await loadExamples(set, {
    ...(cacheDirectory !== undefined && { cacheDirectory }),
    ...(signal && { signal }),
  });
  return examplesPool(splits[half as 'train' | 'test']);
}
