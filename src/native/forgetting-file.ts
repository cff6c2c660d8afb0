import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { endianness } from 'node:os';
import { writeFileAtomically } from '../core/atomic-file';
import { SvpError } from '../errors';

/** The counters of a ForgettingTracker, one of each an example. */
export interface ForgettingCounters {
  presentations: Uint32Array;
  events: Uint32Array;
  state: Uint8Array;
}

/**
 * A file of counters, little-endian: "SVPFORG1", the number of examples as uint64, presentations and events (uint32 each),
 * states (uint8 each), and the SHA-256 of all that. 9 bytes an example and 48.
 */
const MAGIC = Buffer.from('SVPFORG1');
const HEADER = MAGIC.length + 8;
const DIGEST = 32;
const CHUNK = 1 << 28;

const bytesOf = (a: Uint32Array | Uint8Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);

/** The values' little-endian bytes: themselves, but for a copy on a big-endian machine. */
function littleEndian(values: Uint32Array): Buffer {
  return endianness() === 'LE' ? bytesOf(values) : Buffer.from(bytesOf(values)).swap32();
}

/**
 * Writes the counters whole or not at all.
 * @throws SvpError SVP_E_WRITE
 */
export async function writeForgettingFile(file: string, counters: ForgettingCounters): Promise<void> {
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header);
  header.writeBigUInt64LE(BigInt(counters.state.length), MAGIC.length);
  const hash = createHash('sha256');
  function* chunks() {
    const parts = [
      header,
      littleEndian(counters.presentations),
      littleEndian(counters.events),
      counters.state,
    ];
    for (const part of parts) {
      for (let at = 0; at < part.length; at += CHUNK) {
        const chunk = part.subarray(at, at + CHUNK);
        hash.update(chunk);
        yield chunk;
      }
    }
    yield hash.digest();
  }
  await writeFileAtomically(file, chunks());
}

/**
 * Reads what writeForgettingFile wrote. Memory is taken only after the file's size has been found to agree with it.
 * @param make gives the counters of so many examples, to be filled
 * @throws SvpError SVP_E_FILE (missing, unreadable), SVP_E_FORMAT (damaged, of another kind), and what `make` throws
 */
export async function readForgettingFile<T extends ForgettingCounters>(
  file: string,
  make: (length: number) => T,
): Promise<T> {
  const damaged = (reason: string) =>
    new SvpError('SVP_E_FORMAT', `${file} holds no forgetting counters, or damaged ones: ${reason}.`, {
      file,
    });
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(file, 'r');
    const { size } = await handle.stat();
    const hash = createHash('sha256');
    const fill = async (bytes: Buffer, position: number) => {
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await handle!.read(
          bytes,
          at,
          Math.min(CHUNK, bytes.length - at),
          position + at,
        );
        if (bytesRead === 0) throw damaged('it ends too early');
        at += bytesRead;
      }
    };
    const header = Buffer.alloc(HEADER);
    if (size < HEADER + DIGEST) throw damaged(`${size} bytes are too few`);
    await fill(header, 0);
    if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it begins with something else');
    const length = Number(header.readBigUInt64LE(MAGIC.length));
    if (length > 0xffffffff || size !== HEADER + 9 * length + DIGEST) {
      throw damaged(`${size} bytes are not those of ${length} examples`);
    }
    hash.update(header);
    const counters = make(length);
    let position = HEADER;
    for (const array of [counters.presentations, counters.events, counters.state]) {
      const bytes = bytesOf(array);
      await fill(bytes, position);
      position += bytes.length;
      for (let at = 0; at < bytes.length; at += CHUNK) hash.update(bytes.subarray(at, at + CHUNK));
      if (endianness() === 'BE' && array !== counters.state) bytes.swap32();
    }
    const digest = Buffer.alloc(DIGEST);
    await fill(digest, position);
    if (!hash.digest().equals(digest)) throw damaged('its checksum does not agree');
    return counters;
  } catch (error) {
    if (error instanceof SvpError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new SvpError('SVP_E_FILE', `Cannot read ${file} (${code}). Check the path and its permissions.`, {
      file,
      cause: error,
    });
  } finally {
    await handle?.close();
  }
}
