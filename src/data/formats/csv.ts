import { SvpError } from '../../errors';
import { type ByteStream, openFileStream, openRegularFile, readAt } from './byte-stream';
import { openGzipStream } from './inflate-stream';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/** Bytes read at a time: scanning them keeps the event loop for about 2 ms. */
const STEP = 512 << 10;
/** A longer record is a quote that is never closed, or no CSV. */
const MAX_RECORD = 8 << 20;
const MAX_FIELDS = 1024;

/** A CSV file as a stream of bytes, gzip-compressed or not (told by its first bytes). @throws SvpError SVP_E_FILE */
export async function openCsvFile(file: string): Promise<ByteStream> {
  const { handle } = await openRegularFile(file);
  const start = new Uint8Array(2);
  await readAt(handle, start, 0).finally(() => handle.close());
  return start[0] === 0x1f && start[1] === 0x8b ? openGzipStream(file) : openFileStream(file);
}

/**
 * Reads comma-separated records as ranges of bytes: quotes doubled inside quoted fields (RFC 4180), lines ending in LF or
 * CR LF, empty lines skipped. Strings are made only by who needs them, which is what makes it fast: csv-parse reads
 * 20 MB/s, this several hundred.
 *
 *     for (;;) {
 *       if (!csv.next()) { if (await csv.refill()) continue; else break; }
 *       …csv.bytes, csv.starts[f], csv.ends[f] of the csv.fields fields, valid until the next call
 *     }
 *
 * Memory: the longest record, at most 8 MiB.
 */
export class CsvReader {
  bytes: Uint8Array = Buffer.alloc(2 * STEP);
  /** Where each field's content begins and ends, without its quotes. */
  readonly starts = new Int32Array(MAX_FIELDS);
  readonly ends = new Int32Array(MAX_FIELDS);
  /** 1 where the field holds doubled quotes. */
  readonly doubled = new Uint8Array(MAX_FIELDS);
  fields = 0;
  /** Zero-based number of the record, empty lines not counted. */
  row = -1;
  /** Where the record begins in the stream. */
  offset = 0;
  private at = 0;
  private end = 0;
  private consumed = 0;
  private finished = false;

  constructor(private readonly stream: ByteStream) {}

  /** The next record; false where more bytes are needed first. @throws SvpError SVP_E_FORMAT */
  next(): boolean {
    for (;;) {
      // Empty lines, and the byte order mark that spreadsheets write.
      while (this.at < this.end && (this.bytes[this.at] === LF || this.bytes[this.at] === CR)) this.at++;
      if (this.at >= this.end) return false;
      const start = this.at;
      const after = this.scan(start);
      if (after < 0) return false;
      this.at = after;
      this.row++;
      this.offset = this.consumed + start;
      return true;
    }
  }

  /** Reads on. @returns false at the end of the stream @throws SvpError SVP_E_FORMAT, SVP_E_FILE */
  async refill(): Promise<boolean> {
    if (this.finished) return false;
    const kept = this.end - this.at;
    if (kept > MAX_RECORD) {
      throw this.damaged(`is longer than ${MAX_RECORD} bytes: a quote is not closed, or this is no CSV file`);
    }
    let target = this.bytes;
    if (kept + STEP > target.length) target = Buffer.alloc(Math.max(2 * target.length, kept + STEP));
    target.set(this.bytes.subarray(this.at, this.end), 0);
    this.bytes = target;
    this.consumed += this.at;
    this.at = 0;
    const got = await this.stream.fill(target.subarray(kept, kept + STEP));
    this.end = kept + got;
    if (this.consumed === 0 && kept === 0 && target[0] === 0xef && target[1] === 0xbb && target[2] === 0xbf)
      this.at = 3;
    if (got === 0) {
      this.finished = true;
      // The last line may lack its end.
      return this.at < this.end;
    }
    return true;
  }

  /** An error that names the record that follows the last one read. */
  damaged(why: string, row = this.row + 1): SvpError {
    return new SvpError('SVP_E_FORMAT', `${this.stream.name}: record ${row + 1} ${why}.`, {
      file: this.stream.file,
      row,
    });
  }

  /** A field as text. */
  text(field: number): string {
    const text = (this.bytes as Buffer).toString('utf8', this.starts[field], this.ends[field]);
    return this.doubled[field] ? text.replaceAll('""', '"') : text;
  }

  /** Finds the fields of the record at `from`; the position after it, or −1 where its end is not there yet. */
  private scan(from: number): number {
    const { starts, ends, doubled, end } = this;
    const bytes = this.bytes as Buffer;
    let at = from;
    for (let field = 0; ; field++) {
      if (field === MAX_FIELDS) throw this.damaged(`has more than ${MAX_FIELDS} fields`);
      doubled[field] = 0;
      if (bytes[at] === QUOTE && at < end) {
        starts[field] = ++at;
        for (;;) {
          // A search in native code: longer than a byte at a time, and text is mostly not quotes.
          const quote = bytes.indexOf(QUOTE, at);
          if (quote < 0 || quote >= end) {
            if (this.finished) throw this.damaged('ends inside quotes: the file is cut short');
            return -1;
          }
          at = quote + 1;
          if (at >= end && !this.finished) return -1;
          if (at < end && bytes[at] === QUOTE) {
            doubled[field] = 1;
            at++;
            continue;
          }
          ends[field] = quote;
          break;
        }
      } else {
        starts[field] = at;
        while (at < end && bytes[at] !== COMMA && bytes[at] !== LF) at++;
        if (at >= end && !this.finished) return -1;
        ends[field] = at;
        if (at > starts[field] && bytes[at - 1] === CR && (at >= end || bytes[at] === LF)) ends[field]--;
      }
      this.fields = field + 1;
      if (at >= end) return end;
      if (bytes[at] === COMMA) {
        at++;
        if (at >= end && !this.finished) return -1;
        continue;
      }
      if (bytes[at] === CR && at + 1 >= end && !this.finished) return -1;
      if (bytes[at] === CR && (at + 1 >= end || bytes[at + 1] === LF)) return Math.min(at + 2, end);
      if (bytes[at] === LF) return at + 1;
      throw this.damaged(`has text behind the closing quote of field ${field + 1}`);
    }
  }
}
