import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { ensureFolder, writeFileAtomically } from '../../core/atomic-file';
import { classesOf, type ImageList, listImageFolder } from './list-folder';

/** Raised whenever lists would differ: older ones are then made again. */
const INDEX_VERSION = 1;
/** Smaller folders are listed faster than their index is read. */
const WORTH_KEEPING = 2000;

interface Index {
  version: number;
  folder: string;
  /** Every folder below, with its time of change: it moves when a file comes or goes. */
  folders: [name: string, changed: number][];
  files: string[];
}

/**
 * The images below a folder, from an index in the cache where no folder has changed since it was written: for ImageNet
 * that is a thousand file states in place of 1.28 million names. The index never makes a call fail: it is made again.
 * @throws SvpError as listImageFolder
 */
export async function indexedImageList(
  folder: string,
  cache: string,
  o: { signal?: AbortSignal } = {},
): Promise<ImageList> {
  const root = path.resolve(folder);
  const name = createHash('sha256').update(root).digest('hex').slice(0, 20);
  const file = path.join(cache, 'datasets', 'image-folders', `${name}.json`);
  const kept = await readIndex(file, root);
  if (kept) return kept;
  const list = await listImageFolder(root, o);
  if (list.files.length >= WORTH_KEEPING) {
    const index: Index = { version: INDEX_VERSION, folder: root, folders: list.folders, files: list.files };
    try {
      await ensureFolder(path.dirname(file));
      await writeFileAtomically(file, JSON.stringify(index));
    } catch {
      // A cache that cannot be written costs time, nothing else.
    }
  }
  return list;
}

async function readIndex(file: string, root: string): Promise<ImageList | undefined> {
  try {
    const index = JSON.parse(await fs.readFile(file, 'utf8')) as Index;
    if (index.version !== INDEX_VERSION || index.folder !== root) return undefined;
    for (const [name, changed] of index.folders) {
      if ((await fs.stat(path.join(root, name))).mtimeMs !== changed) return undefined;
    }
    if (!Array.isArray(index.files) || index.files.length === 0) return undefined;
    if (
      !index.files.every(
        (name) => typeof name === 'string' && !path.isAbsolute(name) && !name.split('/').includes('..'),
      )
    ) {
      return undefined;
    }
    return { folder: root, files: index.files, folders: index.folders, ...classesOf(index.files) };
  } catch {
    return undefined;
  }
}
