import { types } from 'node:util';
import { SvpError } from '../../errors';
import type { ByteStream } from '../formats/byte-stream';
import { CHARACTER_SYMBOLS, TEXT_LENGTH } from '../transforms/character-codes';
import { type CsvColumns, encodeRecord, LabelCollector, readRecords } from './labelled-csv';

/**
 * Labelled texts in memory, as character codes. The codes lie close together, without padding: the 3.6 million Amazon
 * reviews are 1.6 GB so, and would be 14.6 GB as int32 of 1,014 each. textBatchInto spreads out what a batch needs.
 */
export interface TextDataset {
  /** 'amazon-review-polarity/train'. */
  name: string;
  /** Codes of all texts, one after another; on a SharedArrayBuffer, so that worker threads read them in place. */
  codes: Uint8Array;
  /** Text i is codes[offsets[i]] … codes[offsets[i + 1] − 1]; count + 1 values. */
  offsets: Float64Array;
  /** Codes that a model sees of each text: longer ones are cut, shorter ones padded by 0. */
  length: number;
  /** Codes are 0 … symbols − 1; 0 pads, 1 is for unknown characters. */
  symbols: number;
  /** One class number per text. */
  labels: Uint16Array;
  count: number;
  classes: number;
  classNames: string[];
  /** What its reader ought to know. */
  note?: string;
}

/** `test` is never trained on. */
export interface TextSplits {
  train: TextDataset;
  test: TextDataset;
}

/**
 * Writes the codes of texts as a model takes them.
 * @param rows texts to write; rows[first] … rows[first + size − 1]
 * @param target size × dataset.length int32, overwritten
 */
export function textBatchInto(
  dataset: TextDataset,
  rows: ArrayLike<number>,
  first: number,
  size: number,
  target: Int32Array,
): void {
  const { codes, offsets, length } = dataset;
  for (let i = 0; i < size; i++) {
    const row = rows[first + i];
    const from = offsets[row];
    const used = Math.min(length, offsets[row + 1] - from);
    const at = i * length;
    target.set(codes.subarray(from, from + used), at);
    target.fill(0, at + used, at + length);
  }
}

/**
 * Checks that a text data set's arrays fit together and that every label names a class. O(count).
 * @throws SvpError SVP_E_SHAPE (with `row`)
 */
export function checkTextDataset(value: unknown, name = 'dataset'): asserts value is TextDataset {
  const d = value as TextDataset;
  const fail = (text: string, row?: number): never => {
    throw new SvpError('SVP_E_SHAPE', `${name}${text}`, row === undefined ? {} : { row });
  };
  const arrays =
    d !== null &&
    typeof d === 'object' &&
    types.isUint8Array(d.codes) &&
    types.isFloat64Array(d.offsets) &&
    types.isUint16Array(d.labels);
  if (!arrays)
    fail(' must be a TextDataset, with codes (Uint8Array), offsets (Float64Array), labels (Uint16Array).');
  for (const [key, least] of [
    ['count', 0],
    ['length', 1],
    ['symbols', 2],
    ['classes', 1],
  ] as const) {
    if (!Number.isSafeInteger(d[key]) || d[key] < least) {
      fail(`.${key} must be a whole number of at least ${least}, not ${d[key]}.`);
    }
  }
  if (d.labels.length !== d.count) fail(`.labels holds ${d.labels.length} values for ${d.count} texts.`);
  if (d.offsets.length !== d.count + 1 || d.offsets[0] !== 0) {
    fail(`.offsets must hold ${d.count + 1} values for ${d.count} texts, from 0.`);
  }
  if (!Array.isArray(d.classNames) || d.classNames.length !== d.classes) {
    fail(`.classNames must hold ${d.classes} names, one per class.`);
  }
  for (let i = 0; i < d.count; i++) {
    if (d.labels[i] >= d.classes)
      fail(`.labels[${i}] is ${d.labels[i]}, but there are ${d.classes} classes.`, i);
    if (!(d.offsets[i + 1] >= d.offsets[i])) fail(`.offsets[${i + 1}] is below the one before it.`, i);
  }
  if (d.offsets[d.count] > d.codes.length) {
    fail(`.offsets end at ${d.offsets[d.count]}, but there are ${d.codes.length} codes.`);
  }
}

/** Gathers texts whose number and length are not known beforehand. */
export class TextDatasetBuilder {
  private codes: Uint8Array;
  private offsets = new Float64Array(1 << 12);
  private readonly labels = new LabelCollector();
  private count = 0;
  private used = 0;

  /** @param bytes an upper bound of all codes where one is known: memory is taken as it is written to */
  constructor(
    private readonly name: string,
    private readonly length: number = TEXT_LENGTH,
    bytes = 1 << 20,
  ) {
    this.codes = this.allocate(Math.max(bytes, 1));
  }

  private allocate(bytes: number): Uint8Array {
    try {
      return new Uint8Array(new SharedArrayBuffer(bytes));
    } catch (cause) {
      throw new SvpError(
        'SVP_E_MEMORY',
        `${this.name}: ${bytes} bytes of texts do not fit into memory. Use a smaller file or a machine with more memory.`,
        { cause },
      );
    }
  }

  /** Adds one text. @param encode writes codes from `at` up to `limit` and returns their end */
  add(
    label: string,
    encode: (target: Uint8Array, at: number, limit: number) => number,
    fail: (why: string) => Error,
  ): void {
    if (this.used + this.length > this.codes.length) {
      const grown = this.allocate(2 * this.codes.length + this.length);
      grown.set(this.codes.subarray(0, this.used));
      this.codes = grown;
    }
    if (this.count + 2 > this.offsets.length) {
      const grown = new Float64Array(2 * this.offsets.length);
      grown.set(this.offsets);
      this.offsets = grown;
    }
    this.labels.add(label, fail);
    this.used = encode(this.codes, this.used, this.used + this.length);
    this.count++;
    this.offsets[this.count] = this.used;
  }

  finish(note?: string): TextDataset {
    const { labels, classNames } = this.labels.finish();
    return {
      name: this.name,
      codes: this.codes.subarray(0, this.used),
      offsets: this.offsets.slice(0, this.count + 1),
      length: this.length,
      symbols: CHARACTER_SYMBOLS,
      labels,
      count: this.count,
      classes: classNames.length,
      classNames,
      ...(note === undefined ? {} : { note }),
    };
  }
}

/**
 * A labelled CSV stream as a data set in memory: class first, then the columns of the text.
 * @throws SvpError SVP_E_FORMAT (with the record), SVP_E_FILE, SVP_E_MEMORY, SVP_E_ABORT
 */
export async function readTextDataset(
  stream: ByteStream,
  o: {
    name: string;
    length?: number;
    header?: CsvColumns['header'];
    signal?: AbortSignal;
    /** Called now and then with the bytes read. */
    onBytes?: (bytes: number) => void;
  },
): Promise<TextDataset> {
  const columns = { labels: true, header: o.header ?? false };
  const { length = TEXT_LENGTH } = o;
  // A byte becomes at most one code; one text more, so that the last one never needs to grow.
  const bytes =
    Number.isFinite(stream.atMost) && stream.size !== undefined ? stream.size + length : undefined;
  const builder = new TextDatasetBuilder(o.name, length, bytes);
  let told = 0;
  await readRecords(
    stream,
    columns,
    (csv) => {
      builder.add(
        csv.text(0),
        (target, at, limit) => encodeRecord(csv, columns, target, at, limit),
        (why) => csv.damaged(why, csv.row),
      );
      if (stream.position - told > 32e6) {
        told = stream.position;
        o.onBytes?.(told);
      }
    },
    o.signal,
  );
  return builder.finish();
}
