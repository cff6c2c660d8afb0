import { existsSync } from 'node:fs';
import { throwIfAborted } from '../core/abort';
import { readLabelFile, writeLabelFile } from '../data/formats/label-file';
import { SvpError } from '../errors';
import type { RunDirectory } from './run-directory';
import type { TrainJob } from './training-host';

/** What `labels` is told about its call. */
export interface LabelRequest {
  /** 0 for the rows that are labelled at first (and those held out for validation), then the number of the round. */
  round: number;
  /** Of the data set: an answer's number 0 is the first. */
  classNames: readonly string[];
  signal?: AbortSignal;
}

/**
 * Gives the classes of rows of the train split, one for each, when they are asked for: a person, a service, another file.
 * Called with each row once, also over a resumed run. To stop until the labels are there, throw an SvpError with the code
 * SVP_E_LABELS.
 */
export type LabelSource = (
  rows: Uint32Array,
  request: LabelRequest,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

const FILE = 'labels.csv';

/** The labels that have been asked for so far; labels.csv in the run's folder. */
export class LabelBook {
  private constructor(
    private readonly source: LabelSource,
    private readonly classNames: readonly string[],
    private readonly known: Map<number, number>,
    private readonly directory?: RunDirectory,
  ) {}

  static async open(
    source: LabelSource,
    classNames: readonly string[],
    directory?: RunDirectory,
  ): Promise<LabelBook> {
    const file = directory?.file(FILE);
    const known = new Map<number, number>();
    if (file !== undefined && existsSync(file)) {
      const { rows, labels } = await readLabelFile(file, classNames);
      rows.forEach((row, i) => {
        known.set(row, labels[i]);
      });
    }
    return new LabelBook(source, classNames, known, directory);
  }

  /**
   * Asks for the labels of those of `rows` that are not known yet.
   * @throws SvpError SVP_E_SHAPE for an answer of the wrong length, or a label that is no class; what the source throws
   */
  async ask(rows: Uint32Array, { round, signal }: Omit<LabelRequest, 'classNames'>): Promise<void> {
    const unknown = rows.filter((row) => !this.known.has(row));
    if (unknown.length === 0) return;
    throwIfAborted(signal);
    const { classNames } = this;
    const answer = await this.source(unknown.slice(), { round, classNames, ...(signal ? { signal } : {}) });
    if (answer?.length !== unknown.length) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `labels must give one class for each of the ${unknown.length} rows, not ${answer?.length ?? String(answer)}.`,
      );
    }
    unknown.forEach((row, i) => {
      const label = Number(answer[i]);
      if (!Number.isInteger(label) || label < 0 || label >= this.classNames.length) {
        throw new SvpError(
          'SVP_E_SHAPE',
          `labels gave ${String(answer[i])} for row ${row}: a class is a whole number from 0 to ${this.classNames.length - 1}.`,
          { row },
        );
      }
    });
    unknown.forEach((row, i) => {
      this.known.set(row, Number(answer[i]));
    });
    if (this.directory) {
      const all = { rows: Uint32Array.from(this.known.keys()), labels: Int32Array.from(this.known.values()) };
      await writeLabelFile(this.directory.file(FILE), all, this.classNames);
    }
  }

  /** The labels of these rows, which have been asked for, as a training takes them. */
  of(...groups: Uint32Array[]): NonNullable<TrainJob['labels']> {
    const rows = Uint32Array.from(groups.flatMap((group) => Array.from(group)));
    return { rows, classes: rows.map((row) => this.known.get(row) as number) };
  }
}
