import { z } from 'zod';
import { throwIfAborted } from '../core/abort';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import { openRegularFile, sliceStream, withStream } from './formats/byte-stream';
import { CsvReader, openCsvFile } from './formats/csv';
import type { PoolBatch, PoolBatchOptions, PoolSource } from './pool';
import { fileFingerprint } from './pools/npy-pool';
import { type CsvColumns, encodeRecord, LabelCollector, readRecords } from './text/labelled-csv';
import { TEXT_LENGTH } from './transforms/character-codes';

export interface TextPoolOptions extends CsvColumns {
  /** Characters a text is cut or padded to. Default 1,014. */
  length?: number;
  /** Element type of the codes. Default 'int32'. */
  dtype?: 'int32' | 'int64';
  signal?: AbortSignal;
}

/** A file of texts as a pool of character codes. */
export interface TextPool extends PoolSource {
  /** The class of each row, where the file has them. */
  readonly labels?: Uint16Array;
  /** The classes as the file writes them, in the order of their numbers. */
  readonly classNames?: readonly string[];
}

const schema = z.object({
  labels: z.boolean().optional(),
  header: z.boolean().optional(),
  length: z.int().min(1).max(1_000_000).optional(),
  dtype: z.enum(['int32', 'int64']).optional(),
  signal: z.custom<AbortSignal>((v) => typeof (v as AbortSignal)?.aborted === 'boolean').optional(),
});

/** A place in the file is kept for every so many rows, so that a pass can begin anywhere. */
const MARK = 1024;

/**
 * Opens a CSV file of classes and texts (the form of the Amazon review sets: class, subject, body) as a pool of character
 * codes for VDCNN: columns joined by spaces, capitals as small letters, 69 codes, cut or padded to `length`.
 *
 * The file is read once to count and check its records, and again by each pass; nothing of it is kept but 2 bytes a row
 * for the labels. gzip-compressed files are read, too; a pass that begins in their middle reads them from the start.
 * @throws SvpError SVP_E_OPTION, SVP_E_FILE, SVP_E_FORMAT (with the record), SVP_E_ABORT
 */
export async function openTextPool(file: string, options: TextPoolOptions = {}): Promise<TextPool> {
  const {
    signal,
    length = TEXT_LENGTH,
    dtype = 'int32',
    ...given
  } = parseOptions(schema, options, 'openTextPool');
  const columns = { labels: given.labels ?? true, header: given.header ?? false };
  const marks: number[] = [];
  const collector = columns.labels ? new LabelCollector() : undefined;
  let count = 0;
  const { size, name } = await withStream(openCsvFile(file), async (stream) => {
    const visit = (csv: CsvReader): void => {
      if (count % MARK === 0) marks.push(csv.offset);
      collector?.add(csv.text(0), (why) => csv.damaged(why, csv.row));
      count++;
    };
    await readRecords(stream, columns, visit, signal);
    return { size: stream.size, name: stream.name };
  });

  /** The file from the mark before `row`, with the reader at the mark. */
  async function openAt(row: number): Promise<{ csv: CsvReader; skip: number; close: () => Promise<void> }> {
    const mark = Math.floor(row / MARK);
    if (size === undefined) {
      const stream = await openCsvFile(file);
      return {
        csv: new CsvReader(stream),
        skip: row + (columns.header ? 1 : 0),
        close: () => stream.close(),
      };
    }
    const { handle, size: now } = await openRegularFile(file);
    const start = Math.min(now, marks[mark] ?? now);
    const stream = sliceStream(handle, file, name, start, now - start);
    return { csv: new CsvReader(stream), skip: row - mark * MARK, close: () => stream.close() };
  }

  async function* batches({
    batchSize,
    first = 0,
    signal: stop,
  }: PoolBatchOptions): AsyncGenerator<PoolBatch> {
    if (first >= count) return;
    const { csv, skip, close } = await openAt(first);
    const codes = new Uint8Array(length);
    let skipped = 0;
    try {
      for (let from = first; from < count; from += batchSize) {
        throwIfAborted(stop);
        const size = Math.min(batchSize, count - from);
        const values = dtype === 'int32' ? new Int32Array(size * length) : new BigInt64Array(size * length);
        for (let i = 0; i < size; ) {
          if (!csv.next()) {
            throwIfAborted(stop);
            if (await csv.refill()) continue;
            throw new SvpError('SVP_E_FORMAT', `${name} has become shorter while it was read.`, { file });
          }
          if (skipped < skip) {
            skipped++;
            continue;
          }
          if (dtype === 'int32') {
            encodeRecord(csv, columns, values as Int32Array, i * length, (i + 1) * length);
          } else {
            // Through the low words, which come first on little-endian machines: no BigInt per character.
            const words = new Int32Array(values.buffer, i * length * 8, 2 * length);
            const end = encodeRecord(csv, columns, codes, 0, length);
            for (let c = 0; c < end; c++) words[2 * c] = codes[c];
          }
          i++;
        }
        yield { first: from, size, values, broken: [] };
      }
    } finally {
      await close().catch(() => {});
    }
  }

  return {
    name,
    count,
    itemShape: [length],
    dtype,
    ...collector?.finish(),
    batches,
    fingerprint: () => fileFingerprint(file, [length, dtype, String(columns.labels), String(columns.header)]),
    close: async () => {},
  };
}
