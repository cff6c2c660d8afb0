import * as path from 'node:path';
import type { EpochRecord } from '../core/run-record';
import { resolveRows } from '../data/dataset';
import { type Dataset, inputText, isTextDataset, type Splits } from '../data/examples';
import type { TextDataset } from '../data/text/text-dataset';
import { textOf } from '../data/text/text-words';
import { SvpError } from '../errors';
import { findMethod } from '../selection/registry';
import { CorrectnessFile } from '../training/correctness-file';
import { type FastTextModel, textCorpus, trainFastText } from '../training/fasttext';
import { FASTTEXT } from './fasttext-names';
import type { JobHooks, ScoreJob, ScoreOutcome, TrainJob, TrainOutcome } from './training-host';

/** Rows of logits handed to the scorers at a time. */
const SCORE_CHUNK = 65536;
/** Hash buckets an example, within bounds: n-grams of short data sets collide rarely in fewer than the paper's ten million. */
const BUCKETS_PER_EXAMPLE = 200;

type Corpus = Awaited<ReturnType<typeof textCorpus>>;

/**
 * fastText as a proxy of a text model (Selection via Proxy, section 3.1): trainings and passes of the training host whose
 * architecture is 'fasttext'. `width` is the length of the embeddings (10); the learning rate is the largest of the
 * schedule and falls linearly to 0 over its epochs. One thread, so that equal jobs give equal models.
 */
export class FastTextHost {
  private readonly models = new Map<string, FastTextModel>();
  private pool?: Promise<Corpus>;

  has(model: string): boolean {
    return this.models.has(model);
  }

  /** @throws SvpError SVP_E_OPTION for data that are no texts or a warm start, and as `trainFastText` */
  async train(job: TrainJob, { train, test }: Splits, hooks: JobHooks): Promise<TrainOutcome> {
    if (job.startFrom !== undefined) {
      throw new SvpError('SVP_E_OPTION', 'fastText cannot start from the weights of an earlier training.', {
        option: 'warmStart',
      });
    }
    const texts = textsOf(train);
    const corpus = await (job.labels ? corpusOf(texts, undefined, hooks) : this.poolCorpus(texts, hooks));
    const tested = resolveRows(job.testIndices, test.count, 'testIndices');
    const rows = resolveRows(job.indices, train.count);
    const model = await trainFastText({
      corpus,
      indices: rows,
      ...(job.validation?.length ? { validation: job.validation } : {}),
      ...(tested.length > 0 ? { test: await corpusOf(textsOf(test), tested, hooks) } : {}),
      dim: job.width ?? 10,
      buckets: Math.min(10_000_000, Math.max(100_000, BUCKETS_PER_EXAMPLE * train.count)),
      epochs: sum(job.epochs),
      learningRate: Math.max(...job.learningRates),
      seed: job.weightSeed,
      threads: 1,
      evaluateEveryEpoch: job.evaluateEveryEpoch ?? true,
      trackForgetting: job.trackForgetting ?? false,
      labelNames: texts.classNames,
      ...(job.checkpoint
        ? {
            checkpoint: {
              path: path.join(job.checkpoint.folder, 'checkpoint_last.svp'),
              resume: job.resume ?? false,
            },
          }
        : {}),
      ...(job.correctness === undefined
        ? {}
        : { recorder: new CorrectnessFile(job.correctness, train.count) }),
      ...(hooks.signal ? { signal: hooks.signal } : {}),
      ...(hooks.onProgress ? { onProgress: hooks.onProgress } : {}),
      onEpoch: (epoch: EpochRecord) => hooks.onEpoch?.(epoch),
    });
    if (job.keepAs !== undefined) this.models.set(job.keepAs, model);
    return outcomeOf(model, rows);
  }

  async score(job: ScoreJob, { train }: Splits, hooks: JobHooks): Promise<ScoreOutcome> {
    if (job.runtime === 'onnx') {
      throw new SvpError('SVP_E_OPTION', 'fastText is scored by the package itself, not by ONNX Runtime.', {
        option: 'scoring',
      });
    }
    const model = this.models.get(job.model) as FastTextModel;
    const corpus = await this.poolCorpus(textsOf(train), hooks);
    const rows = resolveRows(job.indices, train.count);
    const startedAt = performance.now();
    const options = { threads: 1, ...(hooks.signal ? { signal: hooks.signal } : {}) };
    const outcome: ScoreOutcome = { seconds: 0 };
    if (job.features) {
      outcome.features = (await model.score(corpus, { ...options, indices: rows, outputs: ['features'] }))
        .features!;
    }
    if (job.measures?.length) {
      const scorers = job.measures.map((name) => [name, findMethod(name).rowScorer!(rows.length)] as const);
      for (let from = 0; from < rows.length; from += SCORE_CHUNK) {
        const indices = rows.slice(from, from + SCORE_CHUNK);
        const { logits } = await model.score(corpus, { ...options, indices, outputs: ['logits'] });
        for (const [, scorer] of scorers) await scorer.add(logits!);
      }
      outcome.scores = Object.fromEntries(scorers.map(([name, scorer]) => [name, scorer.finish()]));
    }
    outcome.seconds = (performance.now() - startedAt) / 1000;
    return outcome;
  }

  release(model: string): void {
    this.models.delete(model);
  }

  private poolCorpus(texts: TextDataset, hooks: JobHooks): Promise<Corpus> {
    if (this.pool) return this.pool;
    const reading = corpusOf(texts, undefined, hooks);
    this.pool = reading;
    // A cancelled reading may be tried again.
    reading.catch(() => {
      this.pool = undefined;
    });
    return reading;
  }
}

function textsOf(dataset: Dataset): TextDataset {
  if (isTextDataset(dataset)) return dataset;
  throw new SvpError('SVP_E_OPTION', `fastText takes texts, but ${dataset.name} has ${inputText(dataset)}.`, {
    option: 'arch',
  });
}

/** Words and labels of some texts of a data set; all by default. */
function corpusOf(
  dataset: TextDataset,
  rows: Uint32Array | undefined,
  { signal }: JobHooks,
): Promise<Corpus> {
  const chosen = Array.from(resolveRows(rows, dataset.count));
  return textCorpus(
    chosen.map((row) => textOf(dataset, row)),
    {
      labels: Uint32Array.from(chosen, (row) => dataset.labels[row]),
      labelNames: dataset.classNames,
      normalize: true,
      ...(signal ? { signal } : {}),
    },
  );
}

function outcomeOf(model: FastTextModel, rows: Uint32Array): TrainOutcome {
  const training = model.training!;
  const { epochs } = training;
  const counts = training.forgetting?.counts('infinity');
  return {
    arch: FASTTEXT,
    width: model.dim,
    parameters: model.parameters,
    featureSize: model.dim,
    epochs,
    trainSeconds: training.seconds,
    validationSeconds: sum(epochs.map((epoch) => epoch.validationSeconds ?? 0)),
    testSeconds: sum(epochs.map((epoch) => epoch.testSeconds ?? 0)),
    testAccuracy: training.testAccuracy ?? Number.NaN,
    trainAccuracy: training.trainAccuracy,
    ...(counts ? { forgetting: Float64Array.from(rows, (row) => counts[row]) } : {}),
  };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
