import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../errors';
import { RunDirectory } from './run-directory';
import { RunJournal } from './run-journal';

/** Where trainings are kept in a run's folder. */
export const TRAININGS = 'trainings';
/** Everything measured, written last. */
export const RECORD = 'record.json';
const CONFIGURATION = 'config.json';
const EVENTS = 'events.ndjson';

export interface RunStateOptions {
  runDirectory?: string;
  leaveRunDirectory?: boolean;
  force?: boolean;
  resume?: boolean;
}

/**
 * A run on disk: its folder, what has happened in it, and its record once it is done. Without a folder everything stays
 * in memory, and nothing can be resumed.
 */
export class RunState<Configuration extends object = Record<string, unknown>> {
  private constructor(
    readonly configuration: Configuration,
    readonly journal: RunJournal,
    readonly directory?: RunDirectory,
    /** The record of a run that had been finished before. */
    readonly finished?: unknown,
  ) {}

  /**
   * Starts a run, or goes on with one.
   * @param configuration everything that decides the run, as plain data; a run goes on only with its own
   * @throws SvpError SVP_E_EXISTS, SVP_E_WRITE; SVP_E_CHECKPOINT where the folder is of another run or damaged
   */
  static async open<Configuration extends object>(
    command: string,
    o: RunStateOptions,
    configuration: Configuration,
  ): Promise<RunState<Configuration>> {
    if (o.runDirectory === undefined && !o.leaveRunDirectory) {
      return new RunState(configuration, RunJournal.inMemory());
    }
    const started = o.resume && (await hasConfiguration(o.runDirectory as string));
    const directory = started
      ? await RunDirectory.open(o.runDirectory as string)
      : await RunDirectory.create(
          command,
          o.runDirectory,
          o.force || (o.resume && (await isLitter(o.runDirectory))),
        );
    await directory.sweep();
    // What a run is made by does not decide it.
    const versions = { package: packageVersion(), node: process.version };
    const whole = { command, ...configuration };
    let finished: unknown;
    if (started) {
      await checkConfiguration(directory, whole);
      finished = await readRecord(directory);
    } else {
      for (const stale of [RECORD, EVENTS]) await fs.rm(directory.file(stale), { force: true });
      await directory.writeJson(CONFIGURATION, { ...whole, versions });
    }
    const journal = await RunJournal.open(directory.file(EVENTS));
    if (finished === undefined) await journal.append('started', { command, versions });
    return new RunState(configuration, journal, directory, finished);
  }

  /** The folder for the run's own trainings. */
  get trainings(): string | undefined {
    return this.directory?.file(TRAININGS);
  }

  /** Writes the record: from now on the run is done. */
  async finish(record: object): Promise<void> {
    await this.journal.append('finished');
    await this.directory?.writeJson(RECORD, record);
  }
}

/** This package's version. */
export function packageVersion(): string {
  return (require('../../package.json') as { version: string }).version;
}

async function hasConfiguration(folder: string): Promise<boolean> {
  return fs.access(path.join(folder, CONFIGURATION)).then(
    () => true,
    () => false,
  );
}

/** Whether a folder holds only what a run leaves that was killed before its first file was whole. */
async function isLitter(folder: string | undefined): Promise<boolean> {
  const entries = await fs.readdir(folder as string).catch(() => [] as string[]);
  return entries.every((name) => /^\..+\.tmp$|^\.svp-run$/.test(name));
}

async function checkConfiguration(directory: RunDirectory, wanted: Record<string, unknown>): Promise<void> {
  const file = directory.file(CONFIGURATION);
  const { versions: _, ...present } = (await readJson(file)) as Record<string, unknown>;
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  // Through JSON, so that an undefined field and an absent one are the same.
  const now = JSON.parse(JSON.stringify(wanted)) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(present), ...Object.keys(now)])];
  const different = names.filter((name) => !same(present[name], now[name]));
  if (different.length === 0) return;
  const [name] = different;
  const told = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
  throw new SvpError(
    'SVP_E_CHECKPOINT',
    `The run in ${directory.folder} was started with other options: ${different.join(', ')} (${name} was ` +
      `${told(present[name])}, now it is ${told(now[name])}). Repeat its options, or start another run elsewhere.`,
    { file },
  );
}

async function readRecord(directory: RunDirectory): Promise<unknown> {
  const file = directory.file(RECORD);
  const present = await fs.access(file).then(
    () => true,
    () => false,
  );
  return present ? readJson(file) : undefined;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8'));
  } catch (cause) {
    throw new SvpError(
      'SVP_E_CHECKPOINT',
      `${file} is damaged (${(cause as Error).message}). Start the run afresh with --force.`,
      { file, cause },
    );
  }
}
