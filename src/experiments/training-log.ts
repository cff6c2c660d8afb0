import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { writeFileAtomically } from '../core/atomic-file';
import type { EpochRecord } from '../core/run-record';
import { isSvpError, SvpError } from '../errors';
import type { RunDirectory } from './run-directory';
import { type RunEvent, RunJournal } from './run-journal';
import { TensorBoardLog } from './tensorboard-log';

const EVENTS = 'events.ndjson';
const TENSORBOARD = 'tensorboard';

export interface TrainingLogOptions {
  run?: RunDirectory | undefined;
  /** A folder for TensorBoard's files; true: `tensorboard` in the run's folder. */
  tensorboard?: boolean | string | undefined;
  /** Go on with the files of the sessions before. */
  resume?: boolean | undefined;
  /** Epochs that the checkpoint which is gone on from has finished. */
  finished: readonly EpochRecord[];
  /** Rows trained on. */
  examples: number;
  /** What the first line says of the training. */
  about: Record<string, unknown>;
}

/**
 * What a training tells while it runs: results.csv and events.ndjson in its folder, and TensorBoard's event files. Epochs
 * are written one after the other, each flushed. A training that goes on has in its events every epoch of its checkpoint
 * once: what lies behind it is cut off, and what the process that died had no time to write is added.
 */
export class TrainingLog {
  private readonly epochs: EpochRecord[];
  private queue: Promise<void> = Promise.resolve();

  private constructor(
    private readonly run: RunDirectory | undefined,
    private readonly journal: RunJournal,
    private readonly tensorboard: TensorBoardLog | undefined,
    finished: readonly EpochRecord[],
  ) {
    this.epochs = [...finished];
  }

  /** @throws SvpError SVP_E_WRITE, SVP_E_CHECKPOINT for events of the sessions before that are damaged */
  static async open(o: TrainingLogOptions): Promise<TrainingLog> {
    const { run, finished, examples } = o;
    const folder = tensorBoardFolder(run?.folder, o.tensorboard);
    const journal = run
      ? await openJournal(run, o.resume ? finished.length : undefined)
      : RunJournal.inMemory();
    const told = journal.events.filter(({ event }) => event === 'epoch').length;
    // As the run sees it, so that a run that was moved with its logs goes on with them.
    const name = folder && run ? path.relative(run.folder, folder) : folder;
    const logged = loggedEpochs(journal.events, name);
    const untold = finished.findIndex(({ epoch }) => !logged.has(epoch));
    const first = (untold < 0 ? finished.length : untold) + 1;
    const tensorboard = folder === undefined ? undefined : await TensorBoardLog.open(folder, first, examples);
    const log = new TrainingLog(run, journal, tensorboard, finished);
    const again = o.resume && (finished.length > 0 || journal.events.length > 0);
    await journal.append(again ? 'resumed' : 'started', {
      ...(again ? { epochs: finished.length } : o.about),
      ...(name === undefined ? {} : { tensorboard: name }),
    });
    const times = new Map(journal.events.map((e) => [e.event === 'epoch' ? e.epoch : 0, Date.parse(e.time)]));
    for (const record of tensorboard ? finished.slice(first - 1) : []) {
      await tensorboard?.epoch(record, times.get(record.epoch));
    }
    for (const record of finished.slice(told)) await journal.append('epoch', { ...record });
    return log;
  }

  /** Adds an epoch, after those before it. Resolves when it is on the disk; its failure is also told by `finish`. */
  epoch(record: EpochRecord): Promise<void> {
    this.epochs.push(record);
    const sofar = [...this.epochs];
    this.queue = this.queue.then(async () => {
      await this.run?.writeEpochs(sofar);
      // The journal last: what it names has been logged.
      await this.tensorboard?.epoch(record);
      await this.journal.append('epoch', { ...record });
    });
    this.queue.catch(() => {});
    return this.queue;
  }

  /** All epochs are on the disk. @throws SvpError SVP_E_WRITE of the first that is not */
  settled(): Promise<void> {
    return this.queue;
  }

  /** The training is done; figures that are no numbers are left out. @throws SvpError SVP_E_WRITE */
  async finish(figures: Record<string, number | undefined>): Promise<void> {
    await this.queue;
    const measured = Object.entries(figures).filter(([, value]) => Number.isFinite(value));
    await this.journal.append('finished', Object.fromEntries(measured));
  }

  /** The training ended early. Never throws: why it ended is what its caller has to tell. */
  async stop(error: unknown): Promise<void> {
    await this.queue.catch(() => {});
    const code = isSvpError(error) ? error.code : 'SVP_E_INTERNAL';
    await this.journal.append('stopped', { code, message: (error as Error)?.message }).catch(() => {});
  }
}

/** @throws SvpError SVP_E_OPTION where the run's folder is meant and there is none */
function tensorBoardFolder(run: string | undefined, given: boolean | string | undefined): string | undefined {
  if (given === undefined || given === false) return undefined;
  if (typeof given === 'string') return path.resolve(given);
  if (run !== undefined) return path.join(run, TENSORBOARD);
  throw new SvpError(
    'SVP_E_OPTION',
    'tensorboard: true writes into the run’s folder. Give runDirectory, or name a folder.',
    { option: 'tensorboard' },
  );
}

/**
 * The run's events: without those of an earlier run, or up to the epoch that the training goes on from.
 * @param finished epochs to keep; undefined: a new run
 */
async function openJournal(run: RunDirectory, finished: number | undefined): Promise<RunJournal> {
  const file = run.file(EVENTS);
  if (finished === undefined) await fs.rm(file, { force: true });
  const journal = await RunJournal.open(file).catch((cause) => {
    if (!isSvpError(cause) || cause.code !== 'SVP_E_CHECKPOINT') throw cause;
    // The checkpoint knows the epochs: nothing but the times is lost without the file.
    throw new SvpError(
      'SVP_E_CHECKPOINT',
      `${file} has a line that is no event of a training: the file is damaged. Delete it to go on without what it told.`,
      { file, row: cause.row, cause },
    );
  });
  let epochs = 0;
  const behind = journal.events.findIndex(
    ({ event, epoch }) => event === 'epoch' && (epoch !== ++epochs || epochs > (finished ?? 0)),
  );
  if (behind < 0) return journal;
  const kept = journal.events.slice(0, behind);
  await writeFileAtomically(file, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return RunJournal.open(file);
}

/** The epochs that sessions with the same folder for TensorBoard have told of. */
function loggedEpochs(events: readonly RunEvent[], folder: string | undefined): Set<unknown> {
  const logged = new Set<unknown>();
  let there = false;
  for (const { event, epoch, tensorboard } of events) {
    if (event === 'started' || event === 'resumed') there = folder !== undefined && tensorboard === folder;
    else if (event === 'epoch' && there) logged.add(epoch);
  }
  return logged;
}
