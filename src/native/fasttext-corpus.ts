import { createReadStream, promises as fs } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { parseOptions } from '../core/options';
import { type OnProgress, ProgressMeter } from '../core/progress';
import { SvpError } from '../errors';
import { callOptions } from './call-options';
import type { NativeCorpus, NativeCorpusDescription, NativeTextFormat } from './fasttext-contract';
import { type ClassLabels, givenLabels, sortedLabels } from './fasttext-labels';
import { runJob } from './job';
import { loadAddon } from './load';

/** Text is handed to the engine in pieces of about this many bytes: some milliseconds of the event loop each. */
const PIECE_BYTES = 1 << 22;

export interface TextOptions {
  /**
   * The normalisation of the paper's scripts: ASCII letters in lower case, ' . , ( ) ! ? words of their own, " dropped,
   * ; : and <br /> blank. Default false: words are what stands between blanks.
   */
  normalize?: boolean;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

export interface TextsOptions extends TextOptions {
  /** One a text: class numbers from 0, or names. */
  labels?: Uint32Array | readonly (string | number)[];
  /** Names of the classes, by number. */
  labelNames?: readonly string[];
}

export interface TextFileOptions extends TextOptions {
  /**
   * 'labelled': an example a line, one of its words `__label__NAME` (the format of fastText). 'text': an example a line.
   * 'csv': RFC 4180 records. Default: 'csv' for names that end in .csv or .csv.gz, else 'labelled'.
   */
  format?: 'labelled' | 'text' | 'csv';
  /** What a label begins with. Default '__label__'. */
  labelPrefix?: string;
  /** csv: the column of the label, from 0. Default 0; null: there is none. */
  labelColumn?: number | null;
  /** csv: the columns that make the text, in this order. Default: all but the label's. */
  textColumns?: readonly number[];
  /** csv: the first record names the columns. Default false. */
  header?: boolean;
}

const text = {
  normalize: z.boolean().optional(),
  signal: callOptions.signal,
  onProgress: callOptions.onProgress,
};
const column = z.int().min(0).max(65535);
const textsSchema = z.object({
  ...text,
  labels: z.any().optional(),
  labelNames: z.array(z.string()).min(1).optional(),
});
const fileSchema = z.object({
  ...text,
  format: z.enum(['labelled', 'text', 'csv']).optional(),
  labelPrefix: z.string().min(1).optional(),
  labelColumn: column.nullable().optional(),
  textColumns: z.array(column).min(1).optional(),
  header: z.boolean().optional(),
});

/**
 * Text as numbers, made once and used as often as wanted: every example a run of word numbers, about 4 bytes a word, in
 * the engine's memory. Rows are the texts, or the lines of the files, in their order.
 */
export class FastTextCorpus {
  readonly examples: number;
  /** Words in all, one for the end of each example included. */
  readonly tokens: number;
  /** Different words. */
  readonly words: number;
  readonly normalize: boolean;
  /** One an example: positions in labelNames. */
  readonly labels?: Uint32Array;
  /** Numbers by their value, other names by their characters. */
  readonly labelNames?: readonly string[];

  /** @internal */
  constructor(
    readonly native: NativeCorpus,
    described: NativeCorpusDescription,
    normalize: boolean,
    classes?: ClassLabels,
  ) {
    this.examples = described.examples;
    this.tokens = described.tokens;
    this.words = described.words;
    this.normalize = normalize;
    if (classes) {
      this.labels = classes.labels;
      this.labelNames = classes.names;
    }
  }

  /** @internal The labels, or an error that says whose are missing. */
  classes(what: string): ClassLabels {
    if (!this.labels || !this.labelNames) {
      throw new SvpError('SVP_E_SHAPE', `${what} has no labels: give one for each example.`);
    }
    return { labels: this.labels, names: [...this.labelNames] };
  }
}

const PLAIN: NativeTextFormat = {
  kind: 'text',
  normalize: false,
  labelPrefix: '__label__',
  labelColumn: null,
  textColumns: new Uint32Array(0),
  header: false,
};

/**
 * Texts in memory as a corpus.
 * @throws SvpError SVP_E_SHAPE (a text that is no string; labels of another length), SVP_E_INDEX (a label that is no
 *   class), SVP_E_FORMAT (a text above 16 MiB), SVP_E_OPTION, SVP_E_MEMORY, SVP_E_ABORT, SVP_E_RUNTIME
 */
export async function textCorpus(texts: readonly string[], options?: TextsOptions): Promise<FastTextCorpus> {
  const o = parseOptions(textsSchema, options, 'textCorpus') as TextsOptions;
  if (!Array.isArray(texts)) throw new SvpError('SVP_E_SHAPE', 'texts must be an array of strings.');
  const classes = o.labels === undefined ? undefined : givenLabels(o.labels, o.labelNames, texts.length);
  const addon = loadAddon();
  const normalize = o.normalize ?? false;
  const native = addon.fastTextCorpus({ ...PLAIN, normalize });
  const meter = new ProgressMeter('reading text', texts.length, 'texts', o.onProgress);
  for (let from = 0; from < texts.length; ) {
    const pieces: Buffer[] = [];
    const ends: number[] = [];
    let bytes = 0;
    for (; from < texts.length && bytes < PIECE_BYTES; from++) {
      const one = texts[from];
      if (typeof one !== 'string') {
        throw new SvpError('SVP_E_SHAPE', `texts[${from}] is no string.`, { row: from });
      }
      const piece = Buffer.from(one);
      pieces.push(piece);
      bytes += piece.length;
      ends.push(bytes);
    }
    await runJob(
      () => addon.fastTextCorpusTexts(native, new Uint8Array(Buffer.concat(pieces)), Uint32Array.from(ends)),
      { signal: o.signal, stage: 'reading text', unit: 'texts', total: ends.length },
    );
    meter.report(from);
  }
  return new FastTextCorpus(native, addon.fastTextCorpusDescribe(native), normalize, classes);
}

/**
 * A text file, plain or gzip (told by its first bytes), as a corpus; read in a stream, its text is not kept. Words are
 * bytes: what is not UTF-8 is a word like any other. An example is at most 16 MiB.
 * @param path a file, or several that are read one after the other
 * @throws SvpError SVP_E_FILE; SVP_E_FORMAT that names the line (`row`, from 0): without a label or with two, blank
 *   before others, too long, a CSV record of another number of columns; SVP_E_OPTION, SVP_E_MEMORY, SVP_E_ABORT,
 *   SVP_E_RUNTIME
 */
export async function readTextCorpus(
  path: string | readonly string[],
  options?: TextFileOptions,
): Promise<FastTextCorpus> {
  const o = parseOptions(fileSchema, options, 'readTextCorpus') as TextFileOptions;
  const files = typeof path === 'string' ? [path] : [...path];
  if (files.length === 0 || files.some((file) => typeof file !== 'string')) {
    throw new SvpError('SVP_E_OPTION', 'readTextCorpus: give the path of a file, or of several.', {
      option: 'path',
    });
  }
  const kind = o.format ?? (/\.csv(?:\.gz)?$/i.test(files[0]) ? 'csv' : 'labelled');
  const format: NativeTextFormat = {
    ...PLAIN,
    kind,
    normalize: o.normalize ?? false,
    labelPrefix: o.labelPrefix ?? PLAIN.labelPrefix,
    labelColumn: o.labelColumn === undefined ? 0 : o.labelColumn,
    textColumns: Uint32Array.from(o.textColumns ?? []),
    header: o.header ?? false,
  };
  const addon = loadAddon();
  const native = addon.fastTextCorpus(format);
  for (const file of files) await readInto(native, file, o);
  const described = addon.fastTextCorpusDescribe(native);
  const labelled = kind === 'labelled' || (kind === 'csv' && format.labelColumn !== null);
  return new FastTextCorpus(
    native,
    described,
    format.normalize,
    labelled ? sortedLabels(described.labels, described.labelNames) : undefined,
  );
}

async function readInto(native: NativeCorpus, file: string, o: TextFileOptions): Promise<void> {
  const addon = loadAddon();
  const { size, compressed } = await look(file);
  const job = { signal: o.signal, stage: `reading ${file}`, unit: 'bytes', total: size };
  try {
    if (!compressed) {
      await runJob(() => addon.fastTextCorpusFile(native, file), { ...job, onProgress: o.onProgress });
      return;
    }
    const source = createReadStream(file, { highWaterMark: PIECE_BYTES });
    const meter = new ProgressMeter(job.stage, size, 'bytes', o.onProgress);
    const push = (bytes: Uint8Array, last: boolean) =>
      runJob(() => addon.fastTextCorpusPush(native, new Uint8Array(bytes), last), job);
    await pipeline(
      source,
      createGunzip({ chunkSize: PIECE_BYTES }),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          await push(piece, false);
          meter.report(source.bytesRead);
        }
        await push(new Uint8Array(0), true);
      },
    );
  } catch (error) {
    throw ofFile(error, file);
  }
}

/** Size, and whether the first bytes are gzip's. */
async function look(file: string): Promise<{ size: number; compressed: boolean }> {
  try {
    const handle = await fs.open(file, 'r');
    try {
      const state = await handle.stat();
      if (!state.isFile()) throw new SvpError('SVP_E_FILE', `${file} is not a regular file.`, { file });
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return { size: state.size, compressed: bytesRead === 2 && buffer.readUInt16BE(0) === 0x1f8b };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw ofFile(error, file);
  }
}

function ofFile(error: unknown, file: string): unknown {
  if (error instanceof SvpError) {
    if (error.file !== undefined || error.code === 'SVP_E_ABORT') return error;
    const message = error.message.replace(/^The text, /, `${file}, `);
    return new SvpError(error.code, message, { file, row: error.row, column: error.column });
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('Z_')) {
    return new SvpError('SVP_E_FORMAT', `${file} is damaged gzip (${(error as Error).message}).`, {
      file,
      cause: error,
    });
  }
  if (code === '') return error;
  return new SvpError('SVP_E_FILE', `Cannot read ${file} (${code}). Check the path.`, { file, cause: error });
}
