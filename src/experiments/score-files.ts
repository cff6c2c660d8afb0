import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { ensureFolder, temporaryOf, writeError, writeFileAtomically } from '../core/atomic-file';
import { writeIndexFile } from '../data/formats/index-file';
import { writeNpy } from '../data/formats/npy';
import { NpyAppender } from '../data/formats/npy-append';
import type { BrokenItem } from '../data/pool';
import { SvpError } from '../errors';
import type { ScoreArray, ScoredBatch } from './score-pass';
import { LISTED_BROKEN, readProgress, type ScoreProgress, writeProgress } from './score-progress';

/** The file of each array. */
export const FILE_OF: Record<ScoreArray, string> = {
  logits: 'logits.npy',
  features: 'features.npy',
  entropy: 'entropy.npy',
  leastConfidence: 'least-confidence.npy',
  margin: 'margin.npy',
};
export const TOP_K_INDEX = 'top-k.index';
export const TOP_K_SCORES = 'top-k.npy';
export const RECORD = 'score.json';
const PROGRESS = '.score-progress';
const EVERYTHING = [...Object.values(FILE_OF), TOP_K_INDEX, TOP_K_SCORES, RECORD];

/** Flushing costs; what a crash loses is what was scored since. SVP_SCORE_FLUSH_MS sets another pace. */
const FLUSH_EVERY_MS = 2000;

export interface ScoreFilesOptions {
  folder: string;
  count: number;
  /** Columns of each array; measures have none. */
  arrays: Partial<Record<ScoreArray, number | undefined>>;
  /** Arrays that are needed on the way only. */
  working: readonly ScoreArray[];
  fingerprint: string;
  resume: boolean;
  force: boolean;
}

/** The folder of a scoring pass while it is written: arrays grow as batches come, and take their names at the end. */
export class ScoreFiles {
  private flushedAt = performance.now();
  private readonly flushEvery = Number(process.env.SVP_SCORE_FLUSH_MS || FLUSH_EVERY_MS);
  private readonly progressFile: string;

  private constructor(
    private readonly options: ScoreFilesOptions,
    private readonly arrays: Map<ScoreArray, NpyAppender>,
    /** Rows that an earlier pass has scored. */
    readonly first: number,
    readonly broken: { count: number; items: BrokenItem[] },
    private readonly made: boolean,
  ) {
    this.progressFile = path.join(options.folder, PROGRESS);
  }

  /**
   * @returns the files, or the record of a pass that is finished already (with `resume`)
   * @throws SvpError SVP_E_EXISTS, SVP_E_CHECKPOINT (an interrupted pass over another pool or with another model or
   *   options, or damaged), SVP_E_WRITE
   */
  static async open(options: ScoreFilesOptions): Promise<ScoreFiles | { finished: unknown }> {
    const { folder, resume, force, fingerprint, count } = options;
    const made = !(await isThere(folder));
    await ensureFolder(folder);
    const progressFile = path.join(folder, PROGRESS);
    let progress: ScoreProgress | undefined;
    if (resume && !force) {
      progress = await readProgress(progressFile);
      if (progress === undefined) {
        const finished = await finishedRecord(folder);
        if (finished?.fingerprint === fingerprint) {
          // The process that finished it may have been killed just before it took these away.
          await removeUnfinished(folder);
          return { finished };
        }
      }
      if (progress && progress.fingerprint !== fingerprint) {
        throw new SvpError(
          'SVP_E_CHECKPOINT',
          `${folder} holds an interrupted pass with another model, pool or options. Give what it was started with, another folder, or --force (force: true) to start afresh.`,
          { file: folder },
        );
      }
    }
    if (progress === undefined && !force) await refuseToOverwrite(folder, progressFile);
    if (progress === undefined) await removeUnfinished(folder);
    else await removeTemporaries(folder);
    const arrays = new Map<ScoreArray, NpyAppender>();
    try {
      for (const [name, columns] of Object.entries(options.arrays) as [ScoreArray, number | undefined][]) {
        const shape = columns === undefined ? [count] : [count, columns];
        const file = path.join(folder, FILE_OF[name]);
        arrays.set(name, await NpyAppender.open(file, shape, progress?.arrays[name]));
      }
    } catch (error) {
      for (const appender of arrays.values()) await (progress ? appender.close() : appender.discard());
      throw error;
    }
    return new ScoreFiles(
      options,
      arrays,
      progress?.rows ?? 0,
      progress?.broken ?? { count: 0, items: [] },
      made,
    );
  }

  /** Appends the next batch; flushes and records how far it is, now and then. @throws SvpError SVP_E_WRITE */
  async write({ arrays, broken }: ScoredBatch): Promise<void> {
    await Promise.all([...this.arrays].map(([name, appender]) => appender.append(arrays[name]!)));
    this.broken.count += broken.length;
    this.broken.items.push(...broken.slice(0, LISTED_BROKEN - this.broken.items.length));
    if (performance.now() - this.flushedAt > this.flushEvery) await this.flush();
  }

  /** @throws SvpError SVP_E_WRITE */
  async flush(): Promise<void> {
    const extents = [...this.arrays].map(([name, appender]) => [name, appender.extent] as const);
    await Promise.all([...this.arrays.values()].map((appender) => appender.sync()));
    await writeProgress(this.progressFile, {
      version: 1,
      fingerprint: this.options.fingerprint,
      rows: extents[0][1].rows,
      arrays: Object.fromEntries(extents),
      broken: this.broken,
    });
    this.flushedAt = performance.now();
  }

  /** One column of scores, in parts, from the first row on. */
  async *column(name: ScoreArray): AsyncGenerator<{ first: number; scores: Float32Array }> {
    const appender = this.arrays.get(name)!;
    const step = 1 << 16;
    for (let first = 0; first < appender.rows; first += step) {
      yield { first, scores: await appender.read(first, Math.min(step, appender.rows - first)) };
    }
  }

  /** Gives the arrays their names, writes top-k and the record, and takes away what an earlier pass left. */
  async finish(
    record: object,
    topK: { indices: Uint32Array; scores: Float64Array } | undefined,
  ): Promise<void> {
    const { folder, working } = this.options;
    // Whatever happens from here on, --resume finds all rows.
    await this.flush();
    await this.remove(RECORD);
    const kept = [...this.arrays].filter(([name]) => !working.includes(name));
    for (const [, appender] of kept) await appender.finish();
    if (topK) {
      await writeIndexFile(path.join(folder, TOP_K_INDEX), topK.indices);
      await writeNpy(path.join(folder, TOP_K_SCORES), topK.scores, [topK.scores.length]);
    }
    const written = [...kept.map(([name]) => FILE_OF[name]), ...(topK ? [TOP_K_INDEX, TOP_K_SCORES] : [])];
    for (const name of EVERYTHING) if (!written.includes(name)) await this.remove(name);
    await writeFileAtomically(path.join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
    await this.remove(PROGRESS);
    for (const [name, appender] of this.arrays) if (working.includes(name)) await appender.discard();
  }

  /**
   * After a failure or a cancellation. What has been scored stays for --resume where `keep` says that going on makes sense,
   * or where an earlier pass had left it; otherwise nothing remains.
   * @returns whether there is something to go on from
   */
  async abandon(keep: boolean): Promise<boolean> {
    const appenders = [...this.arrays.values()];
    const rows = appenders[0]?.rows ?? 0;
    // A batch may have been half appended; the record on the disk then says what counts.
    if (keep && rows > 0 && appenders.every((appender) => appender.rows === rows))
      await this.flush().catch(() => {});
    const resumable = (keep || this.first > 0) && (await isThere(this.progressFile));
    for (const appender of appenders) await (resumable ? appender.close() : appender.discard());
    if (!resumable) {
      await fs.rm(this.progressFile, { force: true }).catch(() => {});
      // Takes only a folder that is empty.
      if (this.made) await fs.rmdir(this.options.folder).catch(() => {});
    }
    return resumable;
  }

  private async remove(name: string): Promise<void> {
    await removeFile(path.join(this.options.folder, name));
  }
}

async function finishedRecord(folder: string): Promise<{ fingerprint?: string } | undefined> {
  try {
    return JSON.parse(await fs.readFile(path.join(folder, RECORD), 'utf8')) as { fingerprint?: string };
  } catch {
    return undefined;
  }
}

async function refuseToOverwrite(folder: string, progressFile: string): Promise<void> {
  const present = new Set(await fs.readdir(folder));
  if (present.has(path.basename(progressFile))) {
    throw new SvpError(
      'SVP_E_EXISTS',
      `${folder} holds an interrupted pass: go on from it with --resume (resume: true), or start afresh with --force (force: true).`,
      { file: folder },
    );
  }
  const found = EVERYTHING.find((name) => present.has(name));
  if (found === undefined) return;
  throw new SvpError(
    'SVP_E_EXISTS',
    `${path.join(folder, found)} exists already: choose another folder, or overwrite it with --force (force: true).`,
    { file: path.join(folder, found) },
  );
}

async function isThere(name: string): Promise<boolean> {
  return fs.access(name).then(
    () => true,
    () => false,
  );
}

/** What a pass has left that nobody goes on from. */
async function removeUnfinished(folder: string): Promise<void> {
  const partials = Object.values(FILE_OF).map((name) => `.${name}.partial`);
  for (const name of [PROGRESS, ...partials]) await removeFile(path.join(folder, name));
  await removeTemporaries(folder);
}

/** What a killed process has left of a file that it was writing whole. */
async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if ([PROGRESS, ...EVERYTHING].includes(temporaryOf(name) ?? ''))
      await removeFile(path.join(folder, name));
  }
}

async function removeFile(file: string): Promise<void> {
  await fs.rm(file, { force: true }).catch((error) => {
    throw writeError(file, error);
  });
}
