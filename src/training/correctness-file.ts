import { promises as fs } from 'node:fs';
import { writeError, writeFileAtomically } from '../core/atomic-file';
import type { EpochRecord } from '../core/run-record';
import { openRegularFile, readAt } from '../data/formats/byte-stream';
import { formatNpyHeader } from '../data/formats/npy-header';
import { SvpError } from '../errors';
import { type EpochRecorder, NOT_PRESENTED } from './epoch-recorder';

/**
 * Which examples were right in which epoch, as a `.npy` file: epochs × rows of the data set, uint8, C order; 1 right, 0
 * wrong, 255 not presented. The file has its final size from the start, epochs to come full of 255, so that it can be read
 * at any time; an epoch's row is on the disk before its checkpoint is. A training that goes on takes back what was written
 * after its checkpoint: in the end the bytes are those of an unbroken training.
 */
export class CorrectnessFile implements EpochRecorder {
  private epochs = 0;
  private header: Buffer = Buffer.alloc(0);

  constructor(
    readonly file: string,
    private readonly examples: number,
  ) {}

  /**
   * Makes the file, or checks the one that is gone on with. O(finished × examples).
   * @throws SvpError SVP_E_CHECKPOINT where the file does not hold the finished epochs, SVP_E_WRITE
   */
  async begin(finished: readonly EpochRecord[], epochs: number): Promise<void> {
    this.epochs = epochs;
    this.header = formatNpyHeader('|u1', [epochs, this.examples]);
    if (finished.length === 0) return writeFileAtomically(this.file, this.empty());
    const { handle, size } = await openRegularFile(this.file).catch((cause) => {
      throw this.unusable('is missing: the epochs before were trained without recording it', cause);
    });
    let stale: number[];
    try {
      const head = Buffer.alloc(this.header.length);
      await readAt(handle, head, 0);
      if (!head.equals(this.header) || size !== this.place(this.epochs)) {
        throw this.unusable(`is not an array of ${this.epochs} epochs × ${this.examples} examples`);
      }
      stale = await this.check(handle, finished);
    } finally {
      await handle.close();
    }
    const blank = new Uint8Array(this.examples).fill(NOT_PRESENTED);
    for (const epoch of stale) await this.write(epoch, blank);
  }

  /** @throws SvpError SVP_E_WRITE */
  async epoch(record: EpochRecord, correct: Uint8Array): Promise<void> {
    await this.write(record.epoch - 1, correct);
  }

  /** Rows behind the finished ones that say something. @throws SvpError SVP_E_CHECKPOINT */
  private async check(handle: fs.FileHandle, finished: readonly EpochRecord[]): Promise<number[]> {
    const stale: number[] = [];
    const row = new Uint8Array(this.examples);
    for (let e = 0; e < this.epochs; e++) {
      await readAt(handle, row, this.place(e));
      if (e >= finished.length) {
        if (row.some((value) => value !== NOT_PRESENTED)) stale.push(e);
        continue;
      }
      let [right, presented] = [0, 0];
      for (const value of row) {
        if (value === NOT_PRESENTED) continue;
        presented++;
        right += value;
      }
      // The same quotient of the same two numbers as in the record, so equal to the bit.
      if (presented === 0 || right / presented !== finished[e].trainAccuracy) {
        throw this.unusable(
          presented === 0
            ? `has nothing for epoch ${e + 1}: it was trained without recording it`
            : `does not fit the training accuracy of epoch ${e + 1}`,
        );
      }
    }
    return stale;
  }

  /** Where an epoch's row begins. */
  private place(epoch: number): number {
    return this.header.length + epoch * this.examples;
  }

  private *empty(): Iterable<Uint8Array> {
    yield this.header;
    const row = new Uint8Array(this.examples).fill(NOT_PRESENTED);
    for (let e = 0; e < this.epochs; e++) yield row;
  }

  private async write(epoch: number, row: Uint8Array): Promise<void> {
    let handle: fs.FileHandle | undefined;
    try {
      handle = await fs.open(this.file, 'r+');
      for (let at = 0; at < row.length; ) {
        const { bytesWritten } = await handle.write(row, at, row.length - at, this.place(epoch) + at);
        at += bytesWritten;
      }
      await handle.datasync();
    } catch (cause) {
      throw writeError(this.file, cause);
    } finally {
      await handle?.close();
    }
  }

  private unusable(why: string, cause?: unknown): SvpError {
    return new SvpError(
      'SVP_E_CHECKPOINT',
      `${this.file} ${why}, so that recording cannot go on. Resume without recording correctness, or start afresh.`,
      { file: this.file, cause },
    );
  }
}
