import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { ensureFolder, writeFileAtomically } from '../core/atomic-file';
import type { TrainingRecord } from '../core/run-record';
import { readNpyVector, writeNpy } from '../data/formats/npy';
import { SvpError } from '../errors';
import type { JobHooks, TrainingHost, TrainJob, TrainOutcome } from './training-host';
import { trainingKey } from './training-identity';

/** A training that was run, or taken over from an earlier run of the same. */
export interface StoredTraining {
  /** Hash of everything that decides it; also the name under which the host keeps the model. */
  key: string;
  job: TrainJob;
  outcome: TrainOutcome;
  /** Whether it was taken over. */
  reused: boolean;
}

const OUTCOME = 'outcome.json';
const FORGETTING = 'forgetting.npy';

/**
 * Trainings by what decides them (`trainingKey`): each is run once, however many rounds, protocols and runs want it, and
 * an interrupted one goes on from its last whole epoch. With a folder they are kept as `<folder>/<key>/`: the checkpoint
 * of the last epoch, forgetting.npy and, written last, outcome.json. Forgetting events are always counted, which costs
 * nothing to speak of, so that a training that is wanted for its accuracy serves one that is wanted for its counts.
 */
export class TrainingStore {
  private readonly outcomes = new Map<string, TrainOutcome>();
  private readonly held = new Set<string>();

  /**
   * @param data the data set's identity
   * @param folder where trainings are kept; without one they live as long as the store
   */
  constructor(
    private readonly host: TrainingHost,
    private readonly data: string,
    private readonly folder?: string,
  ) {}

  /**
   * The training of `job`, run now unless it was before.
   * @param o.parent start from the weights of this training instead of fresh ones
   * @param o.keep leave the model with the host, for `hold`; until `release`
   * @throws what the host throws; SVP_E_CHECKPOINT for a damaged folder
   */
  async train(
    job: TrainJob,
    o: { parent?: StoredTraining; keep?: boolean },
    hooks: JobHooks,
  ): Promise<StoredTraining> {
    const key = trainingKey(this.data, job, o.parent?.key);
    const full: TrainJob = { ...job, trackForgetting: true };
    const known = this.outcomes.get(key) ?? (await this.readOutcome(key));
    if (known) {
      this.outcomes.set(key, known);
      return { key, job: full, outcome: known, reused: true };
    }
    if (o.parent) full.startFrom = await this.hold(o.parent, hooks);
    const outcome = await this.host.train(await this.resumable(key, full, o.keep), hooks);
    if (o.keep) this.held.add(key);
    this.outcomes.set(key, outcome);
    await this.writeOutcome(key, outcome);
    return { key, job: full, outcome, reused: false };
  }

  /**
   * Makes sure that the host has the trained model, and returns its name there. A model that it no longer has is read
   * from its checkpoint; without a folder it is trained again.
   */
  async hold({ key, job }: StoredTraining, hooks: JobHooks): Promise<string> {
    if (this.held.has(key)) return key;
    await this.host.train(await this.resumable(key, job, true), hooks);
    this.held.add(key);
    return key;
  }

  /** Frees the model, where the host has it. */
  async release({ key }: StoredTraining): Promise<void> {
    if (this.held.delete(key)) await this.host.release(key);
  }

  private async resumable(key: string, job: TrainJob, keep = false): Promise<TrainJob> {
    const kept = keep ? { ...job, keepAs: key } : job;
    if (this.folder === undefined) return kept;
    const folder = path.join(this.folder, key);
    await ensureFolder(folder);
    return { ...kept, checkpoint: { folder, policy: 'last' }, resume: true };
  }

  private async writeOutcome(key: string, outcome: TrainOutcome): Promise<void> {
    if (this.folder === undefined) return;
    const folder = path.join(this.folder, key);
    await ensureFolder(folder);
    const { forgetting, ...figures } = outcome;
    // Counts are at most the number of epochs, and float32 holds infinity, too.
    if (forgetting)
      await writeNpy(path.join(folder, FORGETTING), Float32Array.from(forgetting), [forgetting.length]);
    await writeFileAtomically(path.join(folder, OUTCOME), `${JSON.stringify(figures)}\n`);
  }

  private async readOutcome(key: string): Promise<TrainOutcome | undefined> {
    if (this.folder === undefined) return undefined;
    const file = path.join(this.folder, key, OUTCOME);
    const text = await fs.readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new SvpError('SVP_E_FILE', `Cannot read ${file} (${cause.code}). Check its permissions.`, {
        file,
        cause,
      });
    });
    if (text === undefined) return undefined;
    try {
      const figures = JSON.parse(text);
      return {
        ...figures,
        // JSON has no NaN: what was not measured is null there.
        testAccuracy: figures.testAccuracy ?? Number.NaN,
        trainAccuracy: figures.trainAccuracy ?? Number.NaN,
        forgetting: await readNpyVector(path.join(this.folder, key, FORGETTING)),
      } as TrainOutcome;
    } catch (cause) {
      throw new SvpError(
        'SVP_E_CHECKPOINT',
        `The training in ${path.dirname(file)} is damaged (${(cause as Error).message}). Delete that folder to repeat it.`,
        { file, cause },
      );
    }
  }
}

/** A training as records tell it. */
export function trainingRecord({ outcome, job, reused }: StoredTraining): TrainingRecord {
  const last = outcome.epochs.at(-1);
  return {
    arch: outcome.arch,
    width: outcome.width,
    epochs: outcome.epochs.length,
    parameters: outcome.parameters,
    examples: job.indices?.length ?? 0,
    ...(Number.isFinite(outcome.testAccuracy) ? { testAccuracy: outcome.testAccuracy } : {}),
    ...(Number.isFinite(outcome.trainAccuracy) ? { trainAccuracy: outcome.trainAccuracy } : {}),
    ...(last?.validationAccuracy === undefined ? {} : { validationAccuracy: last.validationAccuracy }),
    trainSeconds: outcome.trainSeconds,
    validationSeconds: outcome.validationSeconds,
    testSeconds: outcome.testSeconds,
    curve: outcome.epochs,
    ...(reused ? { reused: true } : {}),
  };
}
