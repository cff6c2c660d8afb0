import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import * as zlib from 'node:zlib';
import { SvpError } from '../../errors';
import { type ByteStream, openRegularFile, readAt, readError } from './byte-stream';

/** A file in an archive, while it passes by. */
export interface TarMember {
  /** As the archive writes it: only ever compared, never used as a path. */
  name: string;
  size: number;
}

/** One member's bytes, as they come out of the archive. */
class MemberStream implements ByteStream {
  position = 0;
  readonly atMost: number;
  readonly name: string;
  private readonly chunks: AsyncIterator<Buffer>;
  private pending: Buffer | undefined;

  constructor(
    readonly file: string,
    member: TarMember,
    source: AsyncIterable<Buffer>,
    private readonly damaged: (cause: unknown) => SvpError,
  ) {
    this.name = `${file} (${member.name})`;
    this.size = member.size;
    this.atMost = member.size;
    this.chunks = source[Symbol.asyncIterator]();
  }

  readonly size: number;

  async fill(target: Uint8Array): Promise<number> {
    let at = 0;
    while (at < target.length) {
      if (this.pending === undefined || this.pending.length === 0) {
        let next: IteratorResult<Buffer>;
        try {
          next = await this.chunks.next();
        } catch (cause) {
          throw this.damaged(cause);
        }
        if (next.done) break;
        this.pending = next.value;
      }
      const part = this.pending.subarray(0, target.length - at);
      target.set(part, at);
      at += part.length;
      this.pending = this.pending.subarray(part.length);
    }
    this.position += at;
    return at;
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }
}

/** True for a gzip or tar file, told by its bytes. */
export async function isTarArchive(file: string): Promise<boolean> {
  const { handle } = await openRegularFile(file);
  const start = Buffer.alloc(263);
  await readAt(handle, start, 0).finally(() => handle.close());
  return (start[0] === 0x1f && start[1] === 0x8b) || start.toString('latin1', 257, 262) === 'ustar';
}

/**
 * Passes over a `.tar` or `.tar.gz` archive once, in its order, without writing anything to disk.
 * @param visit called with each regular file; it may read from the stream, and returns false to end the pass
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT (no tar, damaged, cut short), and what `visit` throws
 */
export async function readTar(
  file: string,
  visit: (member: TarMember, stream: ByteStream) => Promise<boolean>,
): Promise<void> {
  const { handle } = await openRegularFile(file);
  const start = Buffer.alloc(2);
  await readAt(handle, start, 0).finally(() => handle.close());
  const damaged = (cause: unknown): SvpError => {
    if (cause instanceof SvpError) return cause;
    const code = (cause as NodeJS.ErrnoException)?.code ?? '';
    if (/^E[A-Z]+$/.test(code)) return readError(file, cause);
    const why = (cause as Error)?.message ?? String(cause);
    return new SvpError(
      'SVP_E_FORMAT',
      `${file} is no tar archive, or damaged or cut short (${why}). Copy or download it again.`,
      { file, cause },
    );
  };
  const { extract } = require('tar-stream') as typeof import('tar-stream');
  const source = createReadStream(file, { highWaterMark: 256 << 10 });
  const unpacked = extract();
  // Errors reach the loop below through the last stream of the chain.
  if (start[0] === 0x1f && start[1] === 0x8b)
    pipeline(source, zlib.createGunzip({ chunkSize: 256 << 10 }), unpacked, () => {});
  else pipeline(source, unpacked, () => {});
  try {
    for await (const entry of unpacked) {
      const { name, size = 0, type } = entry.header;
      if (type === 'file' || type === 'contiguous-file') {
        const member = { name, size };
        const stream = new MemberStream(file, member, entry as unknown as AsyncIterable<Buffer>, damaged);
        if (!(await visit(member, stream))) return;
      }
      entry.resume();
    }
  } catch (cause) {
    throw damaged(cause);
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}
