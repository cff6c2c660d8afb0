import { constants, promises as fs } from 'node:fs';
import { SvpError } from '../../errors';

/**
 * Bytes read once, front to back: a file, a member of an archive, a decompressed file. The parsers ask `atMost`
 * before they allocate, so that a header which promises more than its file holds costs no memory.
 */
export interface ByteStream {
  /** For messages: the path, with the member's name in an archive. */
  readonly name: string;
  /** The file to name in SvpError.file. */
  readonly file: string;
  /** Bytes delivered so far. */
  readonly position: number;
  /** All bytes from the start, where that is known before reading them. */
  readonly size: number | undefined;
  /** An upper bound on all bytes from the start, from what the file really holds. */
  readonly atMost: number;
  /** Fills `target` and returns its length; less only where the stream ends. */
  fill(target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/**
 * The largest single read. Linux moves at most 2,147,479,552 bytes per read, and FileHandle.read of 2³¹ bytes
 * ends the process (Node 20), so that files beyond 2 GiB are read in steps.
 */
export const READ_STEP = 1 << 30;

/** SvpError for an input file that cannot be opened or read. */
export function readError(file: string, cause: unknown): SvpError {
  if (cause instanceof SvpError) return cause;
  const code = (cause as NodeJS.ErrnoException)?.code;
  const why =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? 'does not exist. Check the path.'
      : code === 'EACCES' || code === 'EPERM'
        ? 'may not be read. Check its permissions.'
        : code === 'EISDIR'
          ? 'is a folder. Name a file in it.'
          : code === 'ERR_INVALID_ARG_VALUE' || code === 'ERR_INVALID_ARG_TYPE'
            ? 'is not a usable path.'
            : `cannot be read (${code ?? String(cause)}).`;
  return new SvpError('SVP_E_FILE', `${file} ${why}`, { file, cause });
}

/**
 * Opens a regular file for reading. A pipe, a device or a folder is refused: their size is not known beforehand,
 * and opening a pipe without a writer would wait forever (hence O_NONBLOCK).
 * @throws SvpError SVP_E_FILE
 */
export async function openRegularFile(file: string): Promise<{ handle: fs.FileHandle; size: number }> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const status = await handle.stat();
    if (!status.isFile()) {
      const what = status.isDirectory()
        ? 'a folder. Name a file in it.'
        : 'not a regular file. Save it first.';
      throw new SvpError('SVP_E_FILE', `${file} is ${what}`, { file });
    }
    return { handle, size: status.size };
  } catch (error) {
    await handle?.close().catch(() => {});
    throw readError(String(file), error);
  }
}

/** Reads `target.length` bytes at `position`, in steps; returns fewer only where the file ends. */
export async function readAt(handle: fs.FileHandle, target: Uint8Array, position: number): Promise<number> {
  let at = 0;
  while (at < target.length) {
    const step = Math.min(READ_STEP, target.length - at);
    // A view of its own: Buffer offsets beyond 4 GiB are not accepted everywhere.
    const { bytesRead } = await handle.read(target.subarray(at, at + step), 0, step, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

class FileStream implements ByteStream {
  position = 0;
  readonly atMost: number;

  constructor(
    readonly file: string,
    readonly name: string,
    private readonly handle: fs.FileHandle,
    private readonly start: number,
    readonly size: number,
  ) {
    this.atMost = size;
  }

  async fill(target: Uint8Array): Promise<number> {
    const wanted = Math.min(target.length, this.size - this.position);
    try {
      const got = await readAt(this.handle, target.subarray(0, wanted), this.start + this.position);
      this.position += got;
      return got;
    } catch (error) {
      throw readError(this.file, error);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** A whole file as a stream; @throws SvpError SVP_E_FILE */
export async function openFileStream(file: string): Promise<ByteStream> {
  const { handle, size } = await openRegularFile(file);
  return new FileStream(file, file, handle, 0, size);
}

/** `size` bytes of an open file from `start`; closing the stream closes the handle. */
export function sliceStream(
  handle: fs.FileHandle,
  file: string,
  name: string,
  start: number,
  size: number,
): ByteStream {
  return new FileStream(file, name, handle, start, size);
}

/** Opens, reads with `read`, and closes whatever happens. */
export async function withStream<T>(
  stream: ByteStream | Promise<ByteStream>,
  read: (s: ByteStream) => Promise<T>,
): Promise<T> {
  const open = await stream;
  try {
    return await read(open);
  } finally {
    await open.close().catch(() => {});
  }
}

/**
 * Fills `target` from the stream or throws.
 * @param what the thing being read, for the message
 * @throws SvpError SVP_E_FORMAT when the stream ends early
 */
export async function fillOrThrow(stream: ByteStream, target: Uint8Array, what: string): Promise<void> {
  const start = stream.position;
  const got = await stream.fill(target);
  if (got < target.length) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${stream.name} ends at byte ${start + got}, within its ${what}, which needs ${target.length} bytes from byte ${start}. ` +
        'The file is cut short: copy or write it again.',
      { file: stream.file },
    );
  }
}

/** A typed array of `length` elements. @throws SvpError SVP_E_MEMORY where the machine or Node cannot hold it */
export function allocate<T>(make: new (length: number) => T, length: number, what: string, file?: string): T {
  try {
    return new make(length);
  } catch (cause) {
    const details = file === undefined ? { cause } : { cause, file };
    throw new SvpError(
      'SVP_E_MEMORY',
      `${what}: ${length} elements do not fit into memory or into one array. Use a smaller file or a machine with more memory.`,
      details,
    );
  }
}
