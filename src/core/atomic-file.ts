import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../errors';

/** What to do about a failed write, from the system's error code. */
function remedy(code: string | undefined): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full: free some room or write elsewhere.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'The folder is not writable: change its permissions or write elsewhere.';
    case 'ENOENT':
    case 'ENOTDIR':
      return 'The folder does not exist: create it first.';
    case 'EISDIR':
      return 'A folder has that name: choose another.';
    default:
      return 'Check the path and the disk.';
  }
}

/** An SvpError for a failed write to `file`. */
export function writeError(file: string, cause: unknown): SvpError {
  const code = (cause as NodeJS.ErrnoException)?.code;
  return new SvpError('SVP_E_WRITE', `Cannot write ${file} (${code ?? String(cause)}). ${remedy(code)}`, {
    file,
    cause,
  });
}

/**
 * Writes a file whole or not at all: to a temporary name beside it, flushed, then renamed over the old one.
 * `content` may be chunks, so that large files need no single buffer (each chunk below 2 GiB).
 * @throws SvpError SVP_E_WRITE, with the old file intact and no temporary file left
 */
export async function writeFileAtomically(
  file: string,
  content: string | Uint8Array | Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<void> {
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(temporary, 'wx');
    const chunks =
      typeof content === 'string' || content instanceof Uint8Array || ArrayBuffer.isView(content)
        ? [content]
        : content;
    for await (const chunk of chunks) {
      if (typeof chunk === 'string') await handle.writeFile(chunk);
      else await writeAll(handle, chunk as Uint8Array);
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await fs.rename(temporary, file);
  } catch (error) {
    await handle?.close().catch(() => {});
    await fs.rm(temporary, { force: true }).catch(() => {});
    if (error instanceof SvpError) throw error;
    throw writeError(file, error);
  }
}

/**
 * The file that a temporary name of `writeFileAtomically` was meant to become, or undefined for any other name: what a
 * killed process has left, for the owner of a folder to take away.
 */
export function temporaryOf(name: string): string | undefined {
  return /^\.(.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1];
}

async function writeAll(handle: fs.FileHandle, bytes: Uint8Array): Promise<void> {
  // One write call moves at most about 2 GiB.
  const step = 1 << 30;
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(step, bytes.byteLength - at));
    at += bytesWritten;
  }
}

/**
 * Creates a folder with its parents. Not by `recursive: true`: Node 20 spins for ever where the system answers ENOENT
 * although the parent exists (below /proc, for one).
 * @throws SvpError SVP_E_WRITE
 */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await makeFolder(path.resolve(folder));
  } catch (error) {
    throw writeError(folder, error);
  }
}

async function makeFolder(folder: string): Promise<void> {
  if ((await fs.stat(folder).catch(() => undefined))?.isDirectory()) return;
  const parent = path.dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  try {
    await fs.mkdir(folder);
  } catch (error) {
    // Another process may have made it in the meantime; a file of that name is an error.
    const present = await fs.stat(folder).catch(() => undefined);
    if (!present?.isDirectory()) throw error;
  }
}
