import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readError } from '../formats/byte-stream';
import { BrokenImage } from './decode';

/** Files beyond this are reported as broken rather than read into memory. */
const MAX_FILE = 1 << 29;

/** Kept from file to file: memory of this size is costly to ask for. */
let kept = Buffer.alloc(0);

/**
 * Reads one file, which must be a regular one: a pipe in the folder must not block a pass. Synchronous, as decoding is: in
 * a thread of its own that costs a tenth of what four turns through the event loop do. Valid until the next call.
 * @throws BrokenImage
 */
export function readImageFile(file: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new BrokenImage(readError(file, cause).message.replace(file, 'it'));
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new BrokenImage('it is not a regular file');
    if (status.size > MAX_FILE) throw new BrokenImage(`the file is larger than ${MAX_FILE} bytes`);
    if (kept.length < status.size) kept = Buffer.alloc(Math.ceil(status.size * 1.25));
    let at = 0;
    while (at < status.size) {
      const got = readSync(descriptor, kept, at, status.size - at, at);
      if (got === 0) break;
      at += got;
    }
    return kept.subarray(0, at);
  } catch (cause) {
    if (cause instanceof BrokenImage) throw cause;
    throw new BrokenImage(`it cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`);
  } finally {
    closeSync(descriptor);
  }
}
