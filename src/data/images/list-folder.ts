import type { Dirent } from 'node:fs';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { throwIfAborted } from '../../core/abort';
import { SvpError } from '../../errors';
import { byCodePoint } from '../code-points';
import { readError } from '../formats/byte-stream';

/** Names that count as images, without regard to case. What a file holds is told from its bytes. */
export const IMAGE_NAME = /\.(?:jpe?g|png|webp|gif|tiff?|avif)$/i;

/** The images of a folder. */
export interface ImageList {
  /** Absolute path. */
  folder: string;
  /** Relative to the folder, with forward slashes, in order: files and folders by code point, depth first. */
  files: string[];
  /** The folder itself ('') and every folder below, with its time of change in milliseconds. */
  folders: [name: string, changed: number][];
  /** Where every image lies in a sub-folder: the names of the first ones, in order, and each image's number in them. */
  classNames?: string[];
  labels?: Uint32Array;
}

/** Deeper folders are not entered. */
const MAX_DEPTH = 32;
/** The length of every file name together is bounded: about 60 million images. */
const MAX_FILES = 1 << 26;

/**
 * Lists the images below a folder. Hidden files and folders are left out; symbolic links are followed to regular files
 * inside the folder only, never to folders: nothing outside is read, and no circle is walked.
 * @throws SvpError SVP_E_FILE (missing, no folder, unreadable), SVP_E_FORMAT (no image in it), SVP_E_ABORT
 */
export async function listImageFolder(folder: string, o: { signal?: AbortSignal } = {}): Promise<ImageList> {
  const root = path.resolve(folder);
  let real: string;
  try {
    real = await fs.realpath(root);
    if (!(await fs.stat(real)).isDirectory()) {
      throw new SvpError('SVP_E_FILE', `${folder} is a file; a folder of images is needed.`, {
        file: folder,
      });
    }
  } catch (error) {
    throw readError(folder, error);
  }
  const files: string[] = [];
  const folders: [string, number][] = [];
  const walk = async (relative: string, depth: number): Promise<void> => {
    throwIfAborted(o.signal);
    let entries: Dirent[];
    try {
      // Before its names are read: a file that comes meanwhile makes the time differ.
      folders.push([relative, (await fs.stat(path.join(root, relative))).mtimeMs]);
      entries = await fs.readdir(path.join(root, relative), { withFileTypes: true });
    } catch (error) {
      throw readError(path.join(folder, relative), error);
    }
    entries.sort((a, b) => byCodePoint(a.name, b.name));
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        if (depth < MAX_DEPTH) await walk(name, depth + 1);
      } else if (IMAGE_NAME.test(entry.name)) {
        if (entry.isFile() || (entry.isSymbolicLink() && (await leadsInside(real, path.join(root, name))))) {
          files.push(name);
        }
      }
    }
    if (files.length > MAX_FILES) {
      throw new SvpError('SVP_E_MEMORY', `${folder} holds more than ${MAX_FILES} images.`, { file: folder });
    }
  };
  await walk('', 0);
  if (files.length === 0) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${folder} holds no images (.jpg, .jpeg, .png, .webp, .gif, .tif, .tiff, .avif), neither itself nor in its sub-folders.`,
      { file: folder },
    );
  }
  return { folder: root, files, folders, ...classesOf(files) };
}

async function leadsInside(root: string, link: string): Promise<boolean> {
  try {
    const target = await fs.realpath(link);
    return target.startsWith(root + path.sep) && (await fs.stat(target)).isFile();
  } catch {
    return false;
  }
}

/** The classes that the first folders of the names make; nothing where a file lies in none. */
export function classesOf(files: readonly string[]): Pick<ImageList, 'classNames' | 'labels'> {
  const classNames: string[] = [];
  const labels = new Uint32Array(files.length);
  for (let i = 0; i < files.length; i++) {
    const slash = files[i].indexOf('/');
    if (slash < 0) return {};
    const name = files[i].slice(0, slash);
    // Depth first: a class's files stand together.
    if (classNames[classNames.length - 1] !== name) classNames.push(name);
    labels[i] = classNames.length - 1;
  }
  return { classNames, labels };
}
