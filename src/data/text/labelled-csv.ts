import { throwIfAborted } from '../../core/abort';
import { SvpError } from '../../errors';
import { byCodePoint } from '../code-points';
import type { ByteStream } from '../formats/byte-stream';
import { CsvReader } from '../formats/csv';
import { encodeCharacters, SPACE_CODE } from '../transforms/character-codes';

/** How the columns of a text file are meant. */
export interface CsvColumns {
  /** The first column is the class, all others together are the text; false: every column is text. Default true. */
  labels?: boolean;
  /** The first record names the columns and is left out. Default false. */
  header?: boolean;
}

/** More classes than this are taken for a mistake: the first column is then no class. */
const MAX_CLASSES = 65_536;

/** Collects the class of each example while the classes themselves are not yet known. */
export class LabelCollector {
  private readonly numbers = new Map<string, number>();
  private values = new Uint16Array(1 << 12);
  private count = 0;

  /** @param name the class as its file writes it; spaces around it do not count */
  add(name: string, fail: (why: string) => Error): void {
    const key = name.trim();
    let number = this.numbers.get(key);
    if (number === undefined) {
      if (key === '') throw fail('has no class in its first column');
      number = this.numbers.size;
      if (number === MAX_CLASSES) {
        throw fail(`is of class number ${MAX_CLASSES + 1}: the first column must be a class, not text`);
      }
      this.numbers.set(key, number);
    }
    if (this.count === this.values.length) {
      const grown = new Uint16Array(2 * this.count);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.count++] = number;
  }

  /** Class numbers in order of the names: as numbers where all are whole numbers, else by code point. */
  finish(): { labels: Uint16Array; classNames: string[] } {
    const names = [...this.numbers.keys()];
    const whole = names.every((name) => /^[+-]?\d{1,15}$/.test(name));
    const classNames = names.sort(whole ? (a, b) => Number(a) - Number(b) : byCodePoint);
    const rank = new Uint16Array(classNames.length);
    classNames.forEach((name, i) => {
      rank[this.numbers.get(name) as number] = i;
    });
    const labels = this.values.slice(0, this.count);
    for (let i = 0; i < labels.length; i++) labels[i] = rank[labels[i]];
    return { labels, classNames };
  }
}

/**
 * Reads records one after another and holds them to one number of columns.
 * @param visit called with the reader at each record, which is valid until it returns
 * @throws SvpError SVP_E_FORMAT (with the record), SVP_E_FILE, SVP_E_ABORT
 */
export async function readRecords(
  stream: ByteStream,
  columns: Required<CsvColumns>,
  visit: (csv: CsvReader) => void,
  signal?: AbortSignal,
): Promise<void> {
  const csv = new CsvReader(stream);
  let fields = 0;
  let skip = columns.header;
  const least = columns.labels ? 2 : 1;
  for (;;) {
    if (!csv.next()) {
      throwIfAborted(signal);
      if (await csv.refill()) continue;
      break;
    }
    if (fields === 0) {
      fields = csv.fields;
      if (fields < least) {
        throw csv.damaged(
          'has one column; a class and then the text, separated by a comma, are needed',
          csv.row,
        );
      }
    }
    if (csv.fields !== fields) {
      throw csv.damaged(`has ${csv.fields} columns, but the first one has ${fields}`, csv.row);
    }
    if (skip) skip = false;
    else visit(csv);
  }
  if (fields === 0) {
    throw new SvpError('SVP_E_FORMAT', `${stream.name} is empty: there is no record in it.`, {
      file: stream.file,
    });
  }
}

/** Writes the codes of a record's text, its columns joined by spaces; returns where the next code would go. */
export function encodeRecord(
  csv: CsvReader,
  columns: Required<CsvColumns>,
  target: Uint8Array | Int32Array,
  at: number,
  limit: number,
): number {
  const first = columns.labels ? 1 : 0;
  let out = at;
  for (let field = first; field < csv.fields && out < limit; field++) {
    if (field > first) target[out++] = SPACE_CODE;
    out = encodeCharacters(
      target,
      out,
      limit,
      csv.bytes,
      csv.starts[field],
      csv.ends[field],
      csv.doubled[field] === 1,
    );
  }
  return out;
}
