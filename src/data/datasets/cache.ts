import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { ensureFolder, writeFileAtomically } from '../../core/atomic-file';
import { isSvpError } from '../../errors';
import type { ImageDataset, ImageSplits } from '../dataset';
import { checkDataset } from '../dataset';
import { readIdx, writeIdx } from '../formats/idx';

/** Raised whenever converted files would differ: older ones are then built again. */
const CACHE_VERSION = 1;
const MANIFEST = 'dataset.json';
const HALVES = ['train', 'test'] as const;

type Common = Omit<ImageDataset, 'images' | 'labels' | 'count' | 'name'>;

/** dataset.json: everything but the arrays, and the checksums of their files. Written last: without it nothing counts. */
interface Manifest {
  version: number;
  name: string;
  source: string;
  common: Common;
  sha256: Record<string, string>;
  /** Of this manifest itself, as JSON without this field. */
  checksum?: string;
}

function checksumOf(manifest: Manifest): string {
  const { checksum: _own, ...body } = manifest;
  return sha256(Buffer.from(JSON.stringify(body)));
}

/** $SVP_CACHE, or selection-via-proxy under $XDG_CACHE_HOME or ~/.cache; data sets lie in its folder `datasets`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.SVP_CACHE) return path.resolve(environment.SVP_CACHE);
  // The XDG specification has relative paths ignored.
  const xdg = environment.XDG_CACHE_HOME;
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(homedir(), '.cache');
  return path.join(base, 'selection-via-proxy');
}

function folderOf(cache: string, name: string): string {
  return path.join(cache, 'datasets', name);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readArray(folder: string, file: string, manifest: Manifest): Promise<Uint8Array | undefined> {
  const array = await readIdx(path.join(folder, file), { shared: true });
  // The checksum is of the data alone: their sizes are checked against the manifest's by checkDataset.
  const bytes = array.data as Uint8Array;
  return sha256(bytes) === manifest.sha256[file] ? bytes : undefined;
}

/**
 * The converted data set, or undefined when it is not there, of another source or version, or damaged in any way:
 * a cache never makes a call fail, it is built again.
 * @param source what it was converted from, with its version
 */
export async function readCached(
  cache: string,
  name: string,
  source: string,
): Promise<ImageSplits | undefined> {
  const folder = folderOf(cache, name);
  try {
    const manifest = JSON.parse(await fs.readFile(path.join(folder, MANIFEST), 'utf8')) as Manifest;
    if (manifest.version !== CACHE_VERSION || manifest.name !== name || manifest.source !== source)
      return undefined;
    if (manifest.checksum !== checksumOf(manifest)) return undefined;
    const splits: Partial<ImageSplits> = {};
    for (const half of HALVES) {
      const [images, labels] = await Promise.all([
        readArray(folder, `${half}-images.idx`, manifest),
        readArray(folder, `${half}-labels.idx`, manifest),
      ]);
      if (images === undefined || labels === undefined) return undefined;
      const dataset = { ...manifest.common, name: `${name}/${half}`, images, labels, count: labels.length };
      checkDataset(dataset);
      splits[half] = dataset;
    }
    return splits as ImageSplits;
  } catch {
    return undefined;
  }
}

/**
 * Writes the converted data set; the manifest last, so that an interruption leaves nothing that counts. Two processes
 * may do this at once: they write the same bytes, each file whole.
 * @returns false where the cache cannot be written (read-only, full): the data set is usable without it
 */
export async function writeCached(
  cache: string,
  name: string,
  source: string,
  splits: ImageSplits,
): Promise<boolean> {
  const folder = folderOf(cache, name);
  const sums: Record<string, string> = {};
  try {
    await ensureFolder(folder);
    await fs.rm(path.join(folder, MANIFEST), { force: true });
    for (const half of HALVES) {
      const { images, labels, count, height, width, channels } = splits[half];
      const shape = channels === 1 ? [count, height, width] : [count, height, width, channels];
      await writeIdx(path.join(folder, `${half}-images.idx`), images, shape);
      await writeIdx(path.join(folder, `${half}-labels.idx`), labels, [count]);
      sums[`${half}-images.idx`] = sha256(images);
      sums[`${half}-labels.idx`] = sha256(labels);
    }
    const { images: _images, labels: _labels, count: _count, name: _name, ...common } = splits.train;
    const manifest: Manifest = { version: CACHE_VERSION, name, source, common, sha256: sums };
    manifest.checksum = checksumOf(manifest);
    await writeFileAtomically(path.join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    return true;
  } catch (error) {
    if (isSvpError(error) && error.code === 'SVP_E_WRITE') return false;
    if ((error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
}
