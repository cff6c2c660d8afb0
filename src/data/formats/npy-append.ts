import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { crc32 } from 'node:zlib';
import { writeError } from '../../core/atomic-file';
import { SvpError } from '../../errors';
import { formatNpyHeader } from './npy-header';

const READ = 4 << 20;
const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** How far an array has been written: rows, and the CRC-32 of their bytes. */
export interface NpyExtent {
  rows: number;
  crc: number;
}

/**
 * A float32 `.npy` file that is written row by row under a hidden name beside it and takes its own name when it is whole.
 * Its header has the final shape from the start. An interrupted one can be gone on with.
 */
export class NpyAppender {
  rows = 0;
  private crc = 0;

  private constructor(
    readonly file: string,
    private readonly partial: string,
    private readonly handle: fs.FileHandle,
    private readonly shape: readonly number[],
    private readonly dataStart: number,
  ) {}

  private get columns(): number {
    return this.shape.slice(1).reduce((a, b) => a * b, 1);
  }

  /**
   * @param from go on from here: what lies behind is cut off, what lies before is read and checked
   * @throws SvpError SVP_E_WRITE; SVP_E_CHECKPOINT where the file does not hold what `from` says
   */
  static async open(file: string, shape: readonly number[], from?: NpyExtent): Promise<NpyAppender> {
    const partial = path.join(path.dirname(file), `.${path.basename(file)}.partial`);
    const header = formatNpyHeader(LITTLE ? '<f4' : '>f4', shape);
    let handle: fs.FileHandle | undefined;
    try {
      // A pass that ended while it gave its files their names has this one under its final name.
      if (from && !(await exists(partial)) && (await exists(file))) await fs.rename(file, partial);
      handle = await fs.open(partial, from ? 'r+' : 'w+');
      const appender = new NpyAppender(file, partial, handle, shape, header.length);
      if (from) await appender.goOn(header, from);
      else await writeWhole(handle, header, 0);
      return appender;
    } catch (error) {
      await handle?.close().catch(() => {});
      if (error instanceof SvpError) throw error;
      if (from && (error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(file, 'is missing');
      throw writeError(file, error);
    }
  }

  private async goOn(header: Buffer, { rows, crc }: NpyExtent): Promise<void> {
    const end = header.length + rows * this.columns * 4;
    const { size } = await this.handle.stat();
    if (size < end) throw damaged(this.file, `holds ${size} bytes where ${end} were written`);
    const buffer = Buffer.alloc(Math.min(READ, Math.max(end, header.length)));
    let found = 0;
    for (let at = 0; at < end; ) {
      // The header by itself: the checksum is of the data.
      const wanted = Math.min(buffer.length, at < header.length ? header.length - at : end - at);
      const { bytesRead } = await this.handle.read(buffer, 0, wanted, at);
      if (bytesRead === 0) throw damaged(this.file, `ends at byte ${at}`);
      const part = buffer.subarray(0, bytesRead);
      if (at < header.length) {
        if (!part.equals(header.subarray(at, at + bytesRead)))
          throw damaged(this.file, 'has another shape in its header');
      } else found = crc32(part, found);
      at += bytesRead;
    }
    if (found !== crc) throw damaged(this.file, 'is damaged: its checksum does not match');
    await this.handle.truncate(end);
    this.rows = rows;
    this.crc = crc;
  }

  /** What has been appended so far; what `open` goes on from. */
  get extent(): NpyExtent {
    return { rows: this.rows, crc: this.crc };
  }

  /** Appends whole rows. @throws SvpError SVP_E_WRITE */
  async append(values: Float32Array): Promise<void> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    try {
      await writeWhole(this.handle, bytes, this.dataStart + this.rows * this.columns * 4);
    } catch (error) {
      throw writeError(this.file, error);
    }
    this.crc = crc32(bytes, this.crc);
    this.rows += values.length / this.columns;
  }

  /** Reads rows back, for a pass over one column of scores. */
  async read(first: number, rows: number): Promise<Float32Array> {
    const values = new Float32Array(rows * this.columns);
    const bytes = new Uint8Array(values.buffer);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await this.handle.read(
        bytes,
        at,
        Math.min(READ, bytes.length - at),
        this.dataStart + first * this.columns * 4 + at,
      );
      if (bytesRead === 0) throw damaged(this.file, 'was cut short while it was written');
      at += bytesRead;
    }
    return values;
  }

  /** Flushed to the disk. @throws SvpError SVP_E_WRITE */
  async sync(): Promise<void> {
    await this.handle.sync().catch((error) => {
      throw writeError(this.file, error);
    });
  }

  /** Gives the whole, flushed file its name. @throws SvpError SVP_E_WRITE */
  async finish(): Promise<void> {
    if (this.rows !== this.shape[0]) {
      throw new SvpError('SVP_E_INTERNAL', `${this.file} has ${this.rows} of its ${this.shape[0]} rows.`);
    }
    await this.sync();
    await this.close();
    await fs.rename(this.partial, this.file).catch((error) => {
      throw writeError(this.file, error);
    });
  }

  /** Takes the unfinished file away. */
  async discard(): Promise<void> {
    await this.close();
    await fs.rm(this.partial, { force: true }).catch(() => {});
  }

  /** Leaves the unfinished file, to be gone on with. */
  async close(): Promise<void> {
    await this.handle.close().catch(() => {});
  }
}

async function writeWhole(handle: fs.FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(
      bytes,
      at,
      Math.min(1 << 30, bytes.length - at),
      position + at,
    );
    at += bytesWritten;
  }
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

function damaged(file: string, what: string): SvpError {
  return new SvpError(
    'SVP_E_CHECKPOINT',
    `The unfinished ${file} ${what}, so that the pass cannot go on from it. Start afresh with --force (force: true).`,
    { file },
  );
}
