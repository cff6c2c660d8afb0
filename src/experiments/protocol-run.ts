import type { RunHeader } from '../core/run-record';
import type { PoolSplit } from './core-set-steps';
import { trainingLine } from './core-set-steps';
import { describeMachine } from './machine';
import type { Network } from './network';
import type { ProtocolOptions } from './protocol-options';
import type { TrainingLine } from './run-directory';
import type { RunState } from './run-state';
import type { StagePlan } from './stage-plan';
import type { JobHooks, TrainJob } from './training-host';
import { type StoredTraining, TrainingStore } from './training-store';
import type { Workbench } from './workbench';

/** What a protocol's plan says of the data and the seed. */
export interface ProtocolPlan extends PoolSplit {
  seed: number;
  testIndices?: Uint32Array;
  data: string;
}

interface TrainHow {
  /** For the note when it is done. */
  note: string;
  /** The name of the index file of its rows. */
  index: string;
  parent?: StoredTraining;
  /** Leave the model with the host. */
  keep?: boolean;
  /** The training's folder below proxy/ or target/; default the number of rows. */
  folder?: string;
}

/** What the runs of both protocols do alike: train on some rows, tell of it in the reference's files, keep the time. */
export abstract class ProtocolRun {
  protected readonly store: TrainingStore;
  private readonly lines: Record<'proxy' | 'target', TrainingLine[]> = { proxy: [], target: [] };

  constructor(
    bench: Workbench,
    private readonly common: ProtocolPlan,
    private readonly runState: RunState,
    protected readonly stages: StagePlan,
    private readonly given: ProtocolOptions,
    trainings: string | undefined,
  ) {
    this.store = new TrainingStore(bench.host, common.data, trainings);
  }

  /** train.index, dev.index, test.index */
  protected async writeSplit(): Promise<void> {
    const { pool, validation, testIndices } = this.common;
    const { directory } = this.runState;
    await directory?.writeIndices('train.index', pool);
    await directory?.writeIndices('dev.index', validation);
    if (testIndices) await directory?.writeIndices('test.index', testIndices);
  }

  /** Labels that came during the run, for a training on `rows`; none where the data set's own are used. */
  protected labelsFor(_rows: Uint32Array): TrainJob['labels'] {
    return undefined;
  }

  /** The next stage: a training from the same fresh weights for the same seed and architecture, or from a parent's. */
  protected async train(
    part: 'proxy' | 'target',
    network: Network,
    rows: Uint32Array,
    { note, index, parent, keep, folder }: TrainHow,
  ): Promise<StoredTraining> {
    const { seed, validation, testIndices } = this.common;
    this.stages.next();
    const labels = this.labelsFor(rows);
    const job: TrainJob = {
      ...network,
      weightSeed: seed,
      seed,
      indices: rows,
      ...(validation.length > 0 ? { validation } : {}),
      ...(testIndices ? { testIndices } : {}),
      ...(labels ? { labels } : {}),
      ...(this.given.evaluateEveryEpoch === undefined
        ? {}
        : { evaluateEveryEpoch: this.given.evaluateEveryEpoch }),
    };
    const training = await this.store.train(
      job,
      { ...(parent ? { parent } : {}), ...(keep ? { keep } : {}) },
      this.hooks(),
    );
    await this.tell(part, training, note, index, folder ?? String(rows.length));
    return training;
  }

  private async tell(
    part: 'proxy' | 'target',
    training: StoredTraining,
    note: string,
    index: string,
    name: string,
  ): Promise<void> {
    const { directory, journal } = this.runState;
    const { outcome, key, reused, job } = training;
    const rows = job.indices as Uint32Array;
    if (reused) this.stages.takenOver();
    else {
      const { trainSeconds, validationSeconds, testSeconds } = outcome;
      await journal.append('trained', {
        part,
        key,
        examples: rows.length,
        testAccuracy: outcome.testAccuracy,
        seconds: trainSeconds + validationSeconds + testSeconds,
      });
      const accuracy = Number.isFinite(outcome.testAccuracy)
        ? `${(100 * outcome.testAccuracy).toFixed(2)} % test accuracy, `
        : '';
      this.given.onNote?.(`${note}: ${accuracy}trained in ${trainSeconds.toFixed(1)} s`);
    }
    this.lines[part].push(trainingLine(outcome, rows.length));
    if (!directory) return;
    await directory.writeTraining(`${part}.csv`, this.lines[part]);
    const folder = await directory.within(`${part}/${name}`);
    await folder.writeIndices(index, rows);
    await folder.writeIndices('dev.index', this.common.validation);
    await folder.writeEpochs(outcome.epochs);
  }

  protected hooks(): JobHooks {
    const { signal } = this.given;
    return { ...(signal ? { signal } : {}), onProgress: (progress) => this.stages.report(progress) };
  }

  /** Wall clock of all sessions, less what trainings (with their tests), scoring and ranking took. */
  protected overheadSeconds(): number {
    const { journal } = this.runState;
    const spent = journal.events.reduce((sum, e) => {
      if (e.event === 'trained') return sum + (e.seconds as number);
      if (e.event === 'selected') return sum + (e.inferenceSeconds as number) + (e.rankingSeconds as number);
      return sum;
    }, 0);
    return Math.max(0, journal.totalSeconds() - spent);
  }

  protected header(call: string): RunHeader {
    return {
      version: 1,
      createdAt: new Date().toISOString(),
      command: this.given.command ?? call,
      machine: describeMachine(),
      configuration: this.runState.configuration,
      totalSeconds: this.runState.journal.totalSeconds(),
    };
  }
}
