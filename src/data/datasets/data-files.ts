import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../../errors';
import { type ByteStream, openFileStream, withStream } from '../formats/byte-stream';
import { readTar } from '../formats/tar';

/** What a data set looks like on disk: for finding it, and for saying what is missing. */
export interface DataForm {
  /** 'CIFAR-10'. */
  title: string;
  /** Files that are needed, by their names without folders. */
  members: readonly string[];
  /** Names of the folder in which they usually lie. */
  folders: readonly string[];
  /** Names of the archive in which they are published. */
  archives: readonly string[];
  /** Where they come from. */
  source: string;
  /** What is in the files, in a sentence. */
  content: string;
}

/** Where a data set was found. */
export interface DataPlace {
  form: DataForm;
  /** The folder or the archive. */
  path: string;
  archive: boolean;
}

/** Everything a person needs to put the files in their place. */
export function expected(form: DataForm): string {
  return (
    `${form.title} is ${form.members.join(', ')} (${form.content}), in a folder ${form.folders.join(' or ')} ` +
    `or still in the archive ${form.archives.join(' or ')}, from ${form.source}.`
  );
}

async function holdsAll(folder: string, members: readonly string[]): Promise<boolean> {
  const names = new Set(await fs.readdir(folder).catch(() => [] as string[]));
  return members.every((name) => names.has(name));
}

/**
 * Finds a data set in a folder: its files in the folder itself or in the folder of their usual name, or their archive.
 * @returns undefined where it is not there
 */
export async function findData(form: DataForm, root: string): Promise<DataPlace | undefined> {
  for (const folder of [root, ...form.folders.map((name) => path.join(root, name))]) {
    if (await holdsAll(folder, form.members)) return { form, path: folder, archive: false };
  }
  for (const name of form.archives) {
    const file = path.join(root, name);
    if ((await fs.stat(file).catch(() => undefined))?.isFile()) return { form, path: file, archive: true };
  }
  return undefined;
}

/**
 * Finds a data set in one of several folders.
 * @throws SvpError SVP_E_FILE, which says what is expected, where it comes from, and where was looked
 */
export async function locateData(form: DataForm, roots: readonly string[]): Promise<DataPlace> {
  for (const root of roots) {
    const place = await findData(form, root);
    if (place) return place;
  }
  throw new SvpError(
    'SVP_E_FILE',
    `${expected(form)} It was looked for in ${roots.join(' and ')}: put it there, or name its folder (--datasets-dir, cacheDirectory).`,
    { file: roots[0] },
  );
}

/**
 * Reads the named members once, in the order in which they come; from an archive in one pass over its stream.
 * @param optional members that may be missing
 * @throws SvpError SVP_E_FORMAT where a needed member is missing, and what `read` throws
 */
export async function readMembers(
  place: DataPlace,
  read: (member: string, stream: ByteStream) => Promise<void>,
  optional: readonly string[] = [],
): Promise<void> {
  const { form } = place;
  const wanted = new Set([...form.members, ...optional]);
  if (!place.archive) {
    for (const member of wanted) {
      const file = path.join(place.path, member);
      const present = (await fs.stat(file).catch(() => undefined))?.isFile();
      if (!present && optional.includes(member)) continue;
      await withStream(openFileStream(file), (stream) => read(member, stream));
    }
    return;
  }
  await readTar(place.path, async (member, stream) => {
    const name = path.posix.basename(member.name);
    // The first of a name counts.
    if (wanted.delete(name)) await read(name, stream);
    return wanted.size > 0;
  });
  const missing = form.members.filter((name) => wanted.has(name));
  if (missing.length > 0) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${place.path} lacks ${missing.join(', ')}: it is cut short, or another archive. ${expected(form)}`,
      { file: place.path },
    );
  }
}
