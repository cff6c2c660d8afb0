import { throwIfAborted } from '../core/abort';
import type { Matrix } from '../core/matrix';
import type { EpochRecord } from '../core/run-record';
import { resolveRows } from '../data/dataset';
import { type Dataset, inputOf, type Splits, takeExamples } from '../data/examples';
import { SvpError } from '../errors';
import { kernels } from '../models/kernels';
import type { Model } from '../models/model';
import { createModel } from '../models/registry';
import { scorePool } from '../scoring/tensorflow-scorer';
import type { RowScorer } from '../selection/method';
import { findMethod } from '../selection/registry';
import { CorrectnessFile } from '../training/correctness-file';
import { recipeOf } from '../training/recipe';
import { trainModel } from '../training/trainer';
import { CheckpointKeeper } from './checkpoint-keeper';
import { type DatasetSource, loadSource } from './dataset-source';
import { FastTextHost } from './fasttext-host';
import { FASTTEXT } from './fasttext-names';
import { scoreByOnnx } from './onnx-pass';
import type {
  JobHooks,
  ScoreJob,
  ScoreOutcome,
  Shape,
  TrainingHost,
  TrainJob,
  TrainOutcome,
} from './training-host';

/** Rows of logits handed to the scorers at a time: their n × classes matrix is never kept whole. */
const SCORE_CHUNK = 4096;

/** The training host in this process: what the child process runs inside, and what `isolate: false` gives. */
export class LocalTrainingHost implements TrainingHost {
  private splits?: Promise<Splits>;
  private readonly models = new Map<string, Model>();
  private readonly prepared = new Set<string>();
  private readonly fastText = new FastTextHost();

  constructor(private readonly source: DatasetSource) {}

  /** The data set, loaded at the first job. */
  private load(signal?: AbortSignal): Promise<Splits> {
    if (this.splits) return this.splits;
    const loading = loadSource(this.source, signal ? { signal } : {});
    this.splits = loading;
    // A failed or cancelled load may be tried again.
    loading.catch(() => {
      this.splits = undefined;
    });
    return loading;
  }

  async prepare(networks: Shape[], hooks: JobHooks = {}): Promise<void> {
    const { train } = await this.load(hooks.signal);
    for (const { arch, width, batchSize = 128 } of networks) {
      if (arch === FASTTEXT) continue;
      throwIfAborted(hooks.signal);
      const key = `${arch}/${width ?? ''}/${batchSize}`;
      if (this.prepared.has(key)) continue;
      const model = newModel(train, { arch, width, weightSeed: 0 });
      try {
        const input = inputOf(train);
        const values =
          input.kind === 'text'
            ? new Int32Array(batchSize * input.length)
            : new Float32Array(batchSize * input.shape.reduce((a, b) => a * b, 1));
        const { gradient } = model.gradient(values, new Int32Array(batchSize), batchSize);
        kernels().free(gradient);
        model.infer(values, batchSize, ['logits']);
      } finally {
        model.dispose();
      }
      this.prepared.add(key);
    }
  }

  async train(job: TrainJob, hooks: JobHooks = {}): Promise<TrainOutcome> {
    const { train: asLoaded, test } = await this.load(hooks.signal);
    const train = job.labels ? relabelled(asLoaded, job.labels) : asLoaded;
    throwIfAborted(hooks.signal);
    if (job.arch === FASTTEXT) return this.fastText.train(job, { train, test } as Splits, hooks);
    await this.prepare([job], hooks);
    const model = newModel(train, job);
    let kept = false;
    try {
      if (job.startFrom !== undefined) model.setWeights(this.kept(job.startFrom).weights());
      const outcome = await this.trainOn(model, job, { train, test }, hooks);
      if (job.keepAs !== undefined) {
        this.models.get(job.keepAs)?.dispose();
        this.models.set(job.keepAs, model);
        kept = true;
      }
      return outcome;
    } finally {
      if (!kept) model.dispose();
    }
  }

  private async trainOn(
    model: Model,
    job: TrainJob,
    { train, test }: Splits,
    hooks: JobHooks,
  ): Promise<TrainOutcome> {
    const testPart =
      job.testIndices === undefined
        ? test
        : takeExamples(test, resolveRows(job.testIndices, test.count, 'testIndices'));
    const keeper = job.checkpoint && (await CheckpointKeeper.open(job.checkpoint, job.resume ?? false));
    const result = await trainModel({
      model,
      dataset: train,
      ...(job.indices ? { indices: job.indices } : {}),
      ...(job.validation?.length ? { validation: job.validation } : {}),
      ...(testPart.count > 0 ? { test: testPart } : {}),
      ...recipeOf(job),
      trackForgetting: job.trackForgetting ?? false,
      seed: job.seed,
      evaluateEveryEpoch: job.evaluateEveryEpoch ?? true,
      ...(keeper ? { checkpoint: keeper.forTrainer } : {}),
      ...(job.correctness === undefined
        ? {}
        : { recorder: new CorrectnessFile(job.correctness, train.count) }),
      ...defined({ signal: hooks.signal, onProgress: hooks.onProgress }),
      onEpoch: (epoch) => {
        keeper?.epochEnded(epoch);
        hooks.onEpoch?.(epoch);
      },
    });
    const last = result.epochs[result.epochs.length - 1] as EpochRecord | undefined;
    const outcome: TrainOutcome = {
      arch: model.arch,
      width: model.width,
      parameters: model.parameters,
      featureSize: model.featureSize,
      epochs: result.epochs,
      trainSeconds: result.seconds,
      validationSeconds: sum(result.epochs.map((epoch) => epoch.validationSeconds ?? 0)),
      testSeconds: sum(result.epochs.map((epoch) => epoch.testSeconds ?? 0)),
      testAccuracy: result.testAccuracy ?? Number.NaN,
      trainAccuracy: last?.trainAccuracy ?? Number.NaN,
      ...(result.stoppedEarly ? { stoppedEarly: true } : {}),
    };
    if (result.forgetting) {
      // The paper: an example that was never classified correctly counts as forgotten infinitely often.
      const counts = result.forgetting.counts('infinity');
      outcome.forgetting = Float64Array.from(resolveRows(job.indices, train.count), (row) => counts[row]);
    }
    return outcome;
  }

  async score(job: ScoreJob, hooks: JobHooks = {}): Promise<ScoreOutcome> {
    const splits = await this.load(hooks.signal);
    if (this.fastText.has(job.model)) return this.fastText.score(job, splits, hooks);
    const { train } = splits;
    const model = this.kept(job.model);
    const rows = resolveRows(job.indices, train.count);
    if (job.runtime === 'onnx') return scoreByOnnx(model, train, rows, job, hooks);
    const startedAt = performance.now();
    const scorers = new Map<string, RowScorer>();
    for (const name of job.measures ?? []) {
      const { rowScorer } = findMethod(name);
      if (!rowScorer) {
        throw new SvpError('SVP_E_OPTION', `The method ${name} does not score logits.`, {
          option: 'measures',
        });
      }
      scorers.set(name, rowScorer(rows.length, defined({ signal: hooks.signal })));
    }
    const features: Matrix | undefined = job.features
      ? {
          data: new Float32Array(rows.length * model.featureSize),
          rows: rows.length,
          columns: model.featureSize,
        }
      : undefined;
    const outputs = [
      ...(scorers.size > 0 ? ['logits' as const] : []),
      ...(features ? ['features' as const] : []),
    ];
    for (let from = 0; from < rows.length; from += SCORE_CHUNK) {
      const chunk = rows.subarray(from, from + SCORE_CHUNK);
      const part = await scorePool({
        model,
        dataset: train,
        indices: chunk,
        outputs,
        ...defined({ batchSize: job.batchSize, signal: hooks.signal }),
      });
      for (const scorer of scorers.values()) await scorer.add(part.logits!);
      features?.data.set(part.features!.data, from * model.featureSize);
      hooks.onProgress?.({
        stage: 'scoring the pool',
        done: from + chunk.length,
        total: rows.length,
        unit: 'images',
        elapsedMs: performance.now() - startedAt,
      });
    }
    return {
      ...(scorers.size > 0
        ? { scores: Object.fromEntries([...scorers].map(([name, scorer]) => [name, scorer.finish()])) }
        : {}),
      ...(features ? { features } : {}),
      seconds: (performance.now() - startedAt) / 1000,
    };
  }

  private kept(name: string): Model {
    const model = this.models.get(name);
    if (!model) throw new SvpError('SVP_E_INTERNAL', `No trained model is kept as "${name}".`);
    return model;
  }

  async release(model: string): Promise<void> {
    this.fastText.release(model);
    this.models.get(model)?.dispose();
    this.models.delete(model);
  }

  async close(): Promise<void> {
    for (const model of this.models.values()) model.dispose();
    this.models.clear();
  }
}

function newModel(dataset: Dataset, job: Pick<TrainJob, 'arch' | 'width' | 'weightSeed'>): Model {
  return createModel(job.arch, {
    input: inputOf(dataset),
    classes: dataset.classes,
    seed: job.weightSeed,
    ...(job.width === undefined ? {} : { width: job.width }),
  });
}

/** Only the keys that have a value: options of the rooms below are strict about what was given. */
function defined<Options extends object>(
  options: Options,
): {
  [Key in keyof Options]?: Exclude<Options[Key], undefined>;
} {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The data set with the classes of some rows replaced; the examples are shared. */
function relabelled<Kind extends Dataset>(
  dataset: Kind,
  { rows, classes }: NonNullable<TrainJob['labels']>,
): Kind {
  const labels = dataset.labels.slice();
  rows.forEach((row, i) => {
    labels[row] = classes[i];
  });
  return { ...dataset, labels };
}
