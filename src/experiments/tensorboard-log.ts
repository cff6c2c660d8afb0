import { promises as fs } from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { ensureFolder, writeError } from '../core/atomic-file';
import type { EpochRecord } from '../core/run-record';
import { frameRecord } from '../data/formats/tfrecord';
import { encodeEvent, FILE_VERSION, SESSION_START, type TensorBoardEvent } from './tensorboard-event';

const NAME = /^events\.out\.tfevents\.(\d+)\./;

/**
 * The scalars of a training for TensorBoard, a step an epoch. Every session of a run writes a file of its own that begins
 * with a session start: from its step on, TensorBoard forgets what earlier files said. So a file is only ever appended to,
 * a record that a killed process left torn at its end is the last of its file, and no epoch is shown twice.
 */
export class TensorBoardLog {
  private constructor(
    readonly file: string,
    /** Rows an epoch, for the throughput. */
    private readonly examples: number,
  ) {}

  /**
   * @param firstEpoch the first epoch that will be logged; later ones of earlier files are void
   * @throws SvpError SVP_E_WRITE
   */
  static async open(folder: string, firstEpoch: number, examples: number): Promise<TensorBoardLog> {
    await ensureFolder(folder);
    const present = await fs.readdir(folder).catch((cause) => {
      throw writeError(folder, cause);
    });
    const earlier = present.map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    const wallTime = Date.now() / 1000;
    const begin = bytesOf([
      { wallTime, fileVersion: FILE_VERSION },
      { wallTime, step: firstEpoch, sessionLog: { status: SESSION_START } },
    ]);
    // Files are read by the order of their names: a session within the same second, or after the clock was set back,
    // still comes after those before it.
    for (let second = Math.max(Math.floor(wallTime), ...earlier.map((s) => s + 1)); ; second++) {
      const file = path.join(folder, `events.out.tfevents.${String(second).padStart(10, '0')}.${host()}`);
      try {
        await append(file, begin, 'wx');
        return new TensorBoardLog(file, examples);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(file, cause);
      }
    }
  }

  /**
   * Adds an epoch, on the disk before it resolves. What was not measured is left out.
   * @param time when it ended, in milliseconds since 1970
   * @throws SvpError SVP_E_WRITE
   */
  async epoch(record: EpochRecord, time = Date.now()): Promise<void> {
    const { trainSeconds } = record;
    const scalars: Record<string, number | undefined> = {
      'loss/train': record.trainLoss,
      'accuracy/train': record.trainAccuracy,
      'accuracy/validation': record.validationAccuracy,
      'accuracy/test': record.testAccuracy,
      learning_rate: record.learningRate,
      'seconds/train': trainSeconds,
      'seconds/validation': record.validationSeconds,
      'seconds/test': record.testSeconds,
      examples_per_second: this.examples / trainSeconds,
    };
    const value = Object.entries(scalars).flatMap(([tag, simpleValue]) =>
      simpleValue !== undefined && Number.isFinite(simpleValue) ? [{ tag, simpleValue }] : [],
    );
    const event = { wallTime: time / 1000, step: record.epoch, summary: { value } };
    await append(this.file, bytesOf([event]), 'a').catch((cause) => {
      throw writeError(this.file, cause);
    });
  }
}

function bytesOf(events: TensorBoardEvent[]): Buffer {
  return Buffer.concat(events.map((event) => frameRecord(encodeEvent(event))));
}

async function append(file: string, bytes: Buffer, flags: 'a' | 'wx'): Promise<void> {
  const handle = await fs.open(file, flags);
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** The machine's name, as far as a file can be called so. */
function host(): string {
  return hostname().replace(/[^\w.-]/g, '_') || 'localhost';
}
