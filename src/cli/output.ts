import { randomBytes } from 'node:crypto';
import { promises as fs, type Stats } from 'node:fs';
import * as path from 'node:path';
import { types } from 'node:util';
import { writeError, writeFileAtomically } from '../core/atomic-file';
import { SvpError } from '../errors';
import type { CliContext } from './context';

/**
 * Makes sure, before any work, that `file` can be written at its end: that it does not exist (or that --force was
 * given), and that its folder takes a new file, which is tried, since permission bits say little to root or on a
 * read-only mount. A dry run tries nothing and looks at the permissions.
 * @returns the path to write: the target, where `file` is a symbolic link
 * @throws SvpError SVP_E_EXISTS, SVP_E_WRITE
 */
export async function prepareOutput(
  file: string,
  { force, dryRun }: { force?: boolean; dryRun?: boolean },
): Promise<string> {
  const present = await statOf(file);
  if (present?.isDirectory()) {
    throw new SvpError('SVP_E_WRITE', `Cannot write ${file}: a folder has that name. Choose another.`, {
      file,
    });
  }
  if (present && !present.isFile()) return file; // /dev/null, a pipe: written to, never replaced
  if (present && !force) {
    throw new SvpError(
      'SVP_E_EXISTS',
      `${file} exists already: choose another name, or overwrite it with --force.`,
      {
        file,
      },
    );
  }
  const target = present ? await fs.realpath(file) : file;
  await tryFolder(target, dryRun);
  return target;
}

async function statOf(file: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(file);
  } catch {
    // ENOENT is also a dangling link; the attempt to write will say what is wrong with anything else.
    return undefined;
  }
}

async function tryFolder(file: string, dryRun: boolean | undefined): Promise<void> {
  const folder = path.dirname(file);
  try {
    if (dryRun) {
      await fs.access(folder, fs.constants.W_OK | fs.constants.X_OK);
      return;
    }
    const attempt = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
    const handle = await fs.open(attempt, 'wx');
    await handle.close();
    await fs.rm(attempt, { force: true });
  } catch (error) {
    throw writeError(file, error);
  }
}

/** Writes an output that `prepareOutput` has checked: whole or not at all, except to devices and pipes. */
export async function writeOutput(file: string, content: string | Uint8Array): Promise<void> {
  const present = await statOf(file);
  if (!present || present.isFile()) return writeFileAtomically(file, content);
  try {
    await fs.writeFile(file, content);
  } catch (error) {
    throw writeError(file, error);
  }
}

/** Writes data to stdout and waits until it is gone. A reader that has closed the pipe ends the process quietly. */
export function printData({ stdout }: Pick<CliContext, 'stdout'>, text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve, reject) => {
    stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Prints one object as JSON on stdout; typed arrays become arrays, and what is not finite becomes null. */
export function printJson(context: Pick<CliContext, 'stdout'>, value: object): Promise<void> {
  return printData(context, `${toJson(value)}\n`);
}

/** JSON with typed arrays as arrays. JSON.stringify itself writes Infinity and NaN as null. */
export function toJson(value: object): string {
  return JSON.stringify(value, (_key, item) =>
    types.isTypedArray(item) ? Array.from(item as ArrayLike<number>) : item,
  );
}
