/**
 * A training host without TensorFlow: a "model" is one number that depends on everything a training depends on, and what it
 * says of a row is a hash of both. Trainings keep checkpoints as the real host does, an epoch at a time, and every epoch is
 * told to `log`, so that a test can count what was repeated. Imports types only: a child process can load it compiled alone.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { EpochRecord } from '../../src/core/run-record';
import type {
  JobHooks,
  ScoreJob,
  ScoreOutcome,
  TrainingHost,
  TrainJob,
  TrainOutcome,
} from '../../src/experiments/training-host';

/** A number in 0 … 2³² − 1 from whole numbers: FNV-1a over their bytes, with a last mix. */
export function mixed(...values: number[]): number {
  let hash = 0x811c9dc5;
  for (const value of values) {
    for (let shift = 0; shift < 32; shift += 8)
      hash = Math.imul(hash ^ ((value >>> shift) & 255), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}

const textNumber = (text: string) => mixed(...Array.from(text, (c) => c.charCodeAt(0)));

/** The model that a training gives; `from` is the model whose weights it starts from. */
export function fakeModel(job: TrainJob, from?: number): number {
  return mixed(
    textNumber(`${job.arch}/${job.width ?? ''}/${job.epochs}/${job.learningRates}`),
    from ?? job.weightSeed,
    job.seed,
    ...(job.indices ?? []),
    ...(job.labels?.classes ?? []),
  );
}

/** What a method scores a row by this model. Coarse, so that many rows tie. */
export function fakeScore(model: number, row: number, measure: string): number {
  return Math.fround((mixed(model, row, textNumber(measure)) % 64) / 64);
}

/** Two features of a row. */
export function fakeFeatures(model: number, row: number): number[] {
  return [mixed(model, row, 1) % 100, mixed(model, row, 2) % 100];
}

/** Forgetting events of a row; some are never learned. */
export function fakeForgetting(model: number, row: number): number {
  const count = mixed(model, row, 3) % 7;
  return count === 6 ? Number.POSITIVE_INFINITY : count;
}

export interface FakeHostOptions {
  /** A file that gets a line for each epoch, score and start. */
  log?: string;
  /** Wall clock of an epoch and of a scoring pass. */
  epochMs?: number;
}

export class FakeTrainingHost implements TrainingHost {
  readonly jobs: TrainJob[] = [];
  readonly scoring: ScoreJob[] = [];
  /** Epochs really run. */
  epochs = 0;
  closed = false;
  readonly models = new Map<string, number>();

  constructor(private readonly options: FakeHostOptions = {}) {}

  async prepare(): Promise<void> {}

  async train(job: TrainJob, hooks: JobHooks = {}): Promise<TrainOutcome> {
    this.jobs.push(job);
    const from = job.startFrom === undefined ? undefined : this.models.get(job.startFrom);
    if (job.startFrom !== undefined && from === undefined) throw new Error(`No model ${job.startFrom}`);
    const file = job.checkpoint && `${job.checkpoint.folder}/checkpoint_last.svp`;
    let done: EpochRecord[] = [];
    let model = fakeModel(job, from);
    if (file && job.resume && existsSync(file)) ({ done, model } = JSON.parse(readFileSync(file, 'utf8')));
    const total = job.epochs.reduce((sum, count) => sum + count, 0);
    while (done.length < total) {
      hooks.signal?.throwIfAborted();
      await this.pause();
      const epoch = done.length + 1;
      this.epochs++;
      this.log(`epoch ${model} ${epoch}`);
      done.push({
        epoch,
        learningRate: 0.1,
        trainLoss: 1 / epoch,
        trainAccuracy: (mixed(model, epoch) % 1000) / 1000,
        testAccuracy: (mixed(model, epoch, 1) % 1000) / 1000,
        ...(job.validation ? { validationAccuracy: 0.5 } : {}),
        trainSeconds: (job.indices?.length ?? 0) / 1000,
        testSeconds: 0.001,
      });
      if (file) {
        writeFileSync(`${file}.new`, JSON.stringify({ done, model }));
        renameSync(`${file}.new`, file);
      }
      hooks.onProgress?.({ stage: 'training', done: epoch, total, unit: 'epochs', elapsedMs: 1 });
    }
    if (job.keepAs !== undefined) this.models.set(job.keepAs, model);
    const last = done[done.length - 1];
    return {
      arch: job.arch,
      width: job.width ?? 16,
      parameters: 1000,
      featureSize: 2,
      epochs: done,
      trainSeconds: done.reduce((sum, epoch) => sum + epoch.trainSeconds, 0),
      validationSeconds: 0,
      testSeconds: 0.001 * total,
      testAccuracy: last.testAccuracy as number,
      trainAccuracy: last.trainAccuracy,
      ...(job.trackForgetting
        ? { forgetting: Float64Array.from(job.indices ?? [], (row) => fakeForgetting(model, row)) }
        : {}),
    };
  }

  async score(job: ScoreJob, hooks: JobHooks = {}): Promise<ScoreOutcome> {
    hooks.signal?.throwIfAborted();
    this.scoring.push(job);
    const model = this.models.get(job.model);
    if (model === undefined) throw new Error(`No model ${job.model}`);
    await this.pause();
    this.log(`score ${model}`);
    const rows = Array.from(job.indices ?? []);
    return {
      ...(job.measures
        ? {
            scores: Object.fromEntries(
              job.measures.map((name) => [
                name,
                Float32Array.from(rows, (row) => fakeScore(model, row, name)),
              ]),
            ),
          }
        : {}),
      ...(job.features
        ? {
            features: {
              data: Float32Array.from(rows.flatMap((row) => fakeFeatures(model, row))),
              rows: rows.length,
              columns: 2,
            },
          }
        : {}),
      seconds: 0.25,
    };
  }

  async release(model: string): Promise<void> {
    this.models.delete(model);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private log(line: string): void {
    if (this.options.log) appendFileSync(this.options.log, `${line}\n`);
  }

  private pause(): Promise<void> {
    const { epochMs = 0 } = this.options;
    return epochMs > 0 ? new Promise((resolve) => setTimeout(resolve, epochMs)) : Promise.resolve();
  }
}
