import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { throwIfAborted } from '../core/abort';
import { ProgressMeter } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import { SvpError } from '../errors';
import type { NativeFastText } from '../native/fasttext-contract';
import { type FastTextCorpus, readTextCorpus, textCorpus } from '../native/fasttext-corpus';
import { type ClassLabels, renumbered } from '../native/fasttext-labels';
import { FastTextModel, readModel, writeModel } from '../native/fasttext-model';
import { ForgettingTracker } from '../native/forgetting-tracker';
import { runJob } from '../native/job';
import { instructionSet, loadAddon } from '../native/load';
import {
  type FastTextPlan,
  parseFastTextOptions,
  type TrainFastTextOptions,
  textFileOptions,
} from './fasttext-options';

/** The state of a training after a whole epoch, in a checkpoint's header. */
interface SavedTraining {
  fingerprint: string;
  epochs: EpochRecord[];
  seconds: number;
}

interface Session {
  o: FastTextPlan;
  corpus: FastTextCorpus;
  classes: ClassLabels;
  /** Of the examples that are trained on, in their order. */
  labels: Uint32Array;
  indices: Uint32Array;
  model: FastTextModel;
  tokens: number;
  fingerprint: string;
  epochs: EpochRecord[];
  seconds: number;
  forgetting?: ForgettingTracker;
}

/**
 * Trains fastText (Joulin et al. 2016, "Bag of tricks for efficient text classification"): the average of the embeddings
 * of an example's words and hashed word n-grams, a linear layer, softmax; stochastic gradient descent, an example a step,
 * the learning rate falling linearly to 0. Defaults are those of "Selection via Proxy" for Amazon's reviews.
 *
 * With one thread equal options give equal bytes; with several, which is the default, threads overwrite a few of each
 * other's steps (Hogwild), so that two runs differ a little. The event loop stays free.
 *
 * @throws SvpError SVP_E_OPTION, SVP_E_SHAPE, SVP_E_INDEX, SVP_E_FORMAT and SVP_E_FILE as textCorpus and readTextCorpus;
 *   SVP_E_NONFINITE (the loss is no number any more), SVP_E_CHECKPOINT (damaged, or of another training), SVP_E_WRITE,
 *   SVP_E_MEMORY, SVP_E_ABORT (within 250 ms), SVP_E_DEVICE, SVP_E_RUNTIME
 */
export async function trainFastText(options: TrainFastTextOptions): Promise<FastTextModel> {
  const o = parseFastTextOptions(options);
  const session = await begin(o);
  const { model, classes, epochs } = session;
  const test = await testCorpus(o, classes.names, model.normalize);
  const meter = new ProgressMeter(
    'training fastText',
    o.epochs * session.labels.length,
    'examples',
    o.onProgress,
  );
  const resumed = epochs.length * session.labels.length;
  for (let epoch = epochs.length; epoch < o.epochs; epoch++) {
    const { record, correct } = await trainEpoch(session, epoch, meter, resumed);
    if (test && (o.evaluateEveryEpoch || epoch + 1 === o.epochs)) {
      const started = performance.now();
      record.testAccuracy = await accuracy(model, test, o);
      record.testSeconds = (performance.now() - started) / 1000;
    }
    if (o.checkpoint) await save(session, o.checkpoint.path);
    if (o.onEpoch) {
      const { pool, poolOutputs: outputs, threads, signal } = o;
      const scores = pool ? await model.score(pool, { outputs, threads, signal }) : undefined;
      await o.onEpoch(record, { correct, ...(scores && { pool: scores }) });
    }
  }
  const last = epochs.at(-1);
  const testAccuracy = last?.testAccuracy ?? (test ? await accuracy(model, test, o) : undefined);
  model.training = {
    epochs,
    examples: session.labels.length,
    tokens: session.tokens,
    seconds: session.seconds,
    wordsPerSecond: session.seconds > 0 ? (session.tokens * epochs.length) / session.seconds : 0,
    trainAccuracy: last?.trainAccuracy ?? Number.NaN,
    ...(testAccuracy !== undefined && { testAccuracy }),
    ...(session.forgetting && { forgetting: session.forgetting }),
  };
  return model;
}

/** Reads the text and makes the model, or takes both from where an earlier training stopped. */
async function begin(o: FastTextPlan): Promise<Session> {
  const corpus = await trainingCorpus(o);
  const classes = corpus.classes('The training text');
  if (o.labelNames && o.texts === undefined) {
    classes.labels = renumbered(classes, o.labelNames, 'The training text');
    classes.names = [...o.labelNames];
  }
  const indices = o.indices?.slice() ?? Uint32Array.from({ length: corpus.examples }, (_, i) => i);
  const outside = indices.findIndex((index) => index >= corpus.examples);
  if (outside >= 0) {
    throw new SvpError(
      'SVP_E_INDEX',
      `indices[${outside}] is ${indices[outside]}, but the text has ${corpus.examples} examples.`,
    );
  }
  if (indices.length === 0) throw new SvpError('SVP_E_SHAPE', 'There is no example to train on.');
  const labels = indices.map((index) => classes.labels[index]);
  const saved = o.checkpoint?.resume ? await usable(o.checkpoint.path, o) : undefined;
  const { native, tokens, hash } = await start(o, corpus, indices, classes, saved?.model.native);
  const session: Session = {
    o,
    corpus,
    classes,
    labels,
    indices,
    model:
      saved?.model ?? new FastTextModel(native, { labelNames: classes.names, normalize: corpus.normalize }),
    tokens,
    fingerprint: fingerprint(o, corpus, classes, labels, indices, hash),
    epochs: [],
    seconds: 0,
    ...(o.trackForgetting && { forgetting: new ForgettingTracker(corpus.examples) }),
  };
  if (saved) {
    if (saved.training.fingerprint !== session.fingerprint) {
      throw new SvpError(
        'SVP_E_CHECKPOINT',
        `The checkpoint ${saved.file} is of a training with other text, labels or options. Give those again, or delete it to start afresh.`,
        { file: saved.file },
      );
    }
    session.epochs = saved.training.epochs;
    session.seconds = saved.training.seconds;
    if (o.trackForgetting) session.forgetting = ForgettingTracker.fromCounters(saved.counters);
  }
  return session;
}

async function trainingCorpus(o: FastTextPlan): Promise<FastTextCorpus> {
  if (o.corpus !== undefined) return o.corpus;
  const { normalize, signal, onProgress, labels, labelNames } = o;
  if (o.file !== undefined)
    return readTextCorpus(o.file, { ...textFileOptions(o), ...(onProgress && { onProgress }) });
  return textCorpus(o.texts, { normalize, signal, onProgress, labels, labelNames });
}

async function testCorpus(o: FastTextPlan, names: readonly string[], normalize: boolean) {
  if (o.test === undefined) return undefined;
  const corpus =
    typeof o.test === 'string' ? await readTextCorpus(o.test, { ...textFileOptions(o), normalize }) : o.test;
  return { corpus, labels: renumbered(corpus.classes('The test text'), names, 'The test text') };
}

async function start(
  o: FastTextPlan,
  corpus: FastTextCorpus,
  indices: Uint32Array,
  classes: ClassLabels,
  model: NativeFastText | undefined,
) {
  const { dim, wordNgrams, buckets, minCount } = o;
  const options = { dim, wordNgrams, buckets, minCount, seed: o.seed >>> 0 };
  const begun = await runJob(
    () =>
      loadAddon().fastTextStart(
        corpus.native,
        indices,
        model ?? null,
        classes.names.length,
        options,
        o.threads ?? 0,
      ),
    { signal: o.signal, stage: 'counting n-grams', unit: 'examples', total: indices.length },
  );
  return { native: begun.model, tokens: begun.tokens, hash: begun.hash };
}

async function trainEpoch(session: Session, epoch: number, meter: ProgressMeter, resumed: number) {
  const { o, labels, indices, model, forgetting, epochs } = session;
  const n = labels.length;
  const correct = new Uint8Array(n);
  const schedule = { epoch, epochs: o.epochs, learningRate: o.learningRate, shuffle: o.shuffle };
  const started = performance.now();
  const { loss, correct: right } = await runJob(
    () =>
      loadAddon().fastTextEpoch(model.native, labels, schedule, correct, o.threads ?? 0, instructionSet()),
    {
      signal: o.signal,
      stage: 'training fastText',
      unit: 'examples',
      total: n,
      ...(o.onProgress && {
        onProgress: ({ done }) =>
          meter.report(epoch * n + done, {
            detail: `epoch ${epoch + 1} of ${o.epochs}`,
            // The rate is this run's alone.
            fraction: (epoch * n + done - resumed) / (o.epochs * n - resumed),
            ...(resumed > 0 && { resumed }),
          }),
      }),
    },
  );
  if (forgetting) {
    forgetting.update(indices, correct);
    throwIfAborted(o.signal);
  }
  const trainSeconds = (performance.now() - started) / 1000;
  session.seconds += trainSeconds;
  const record: EpochRecord = {
    epoch: epoch + 1,
    learningRate: o.learningRate * (1 - epoch / o.epochs),
    trainLoss: loss,
    trainAccuracy: right / n,
    trainSeconds,
  };
  epochs.push(record);
  return { record, correct };
}

async function accuracy(
  model: FastTextModel,
  { corpus, labels }: { corpus: FastTextCorpus; labels: Uint32Array },
  { threads, signal }: FastTextPlan,
): Promise<number> {
  const predicted = await model.predict(corpus, { threads, signal });
  let right = 0;
  for (let i = 0; i < labels.length; i++) right += predicted.labels[i] === labels[i] ? 1 : 0;
  return right / labels.length;
}

/** Everything that decides the training. */
function fingerprint(
  o: FastTextPlan,
  corpus: FastTextCorpus,
  classes: ClassLabels,
  labels: Uint32Array,
  indices: Uint32Array,
  text: string,
): string {
  const { dim, wordNgrams, buckets, minCount, epochs, learningRate, shuffle, seed, trackForgetting } = o;
  const options = {
    dim,
    wordNgrams,
    buckets,
    minCount,
    epochs,
    learningRate,
    shuffle,
    seed,
    trackForgetting,
  };
  const hash = createHash('sha256');
  const { names } = classes;
  hash.update(
    JSON.stringify({ ...options, names, normalize: corpus.normalize, examples: corpus.examples, text }),
  );
  for (const { buffer, byteOffset, byteLength } of [labels, indices]) {
    hash.update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

async function save(session: Session, path: string): Promise<void> {
  const { model, fingerprint: print, epochs, seconds, forgetting, o } = session;
  const training: SavedTraining = { fingerprint: print, epochs, seconds };
  const header = { labelNames: [...model.labelNames], normalize: model.normalize, training };
  await writeModel(model, path, `${path}.previous`, header, forgetting?.counters(), { signal: o.signal });
}

/** The newest whole checkpoint, or undefined where there is none at all. */
async function usable(path: string, { signal }: FastTextPlan) {
  const files = [path, `${path}.previous`].filter((file) => existsSync(file));
  let failure: unknown;
  for (const file of files) {
    try {
      const saved = await readModel(file, true, { signal });
      const training = saved.header.training as SavedTraining | undefined;
      if (!training || !Array.isArray(training.epochs)) {
        throw new SvpError('SVP_E_CHECKPOINT', `${file} holds a model and no training to go on with.`, {
          file,
        });
      }
      return { ...saved, training, file };
    } catch (error) {
      if (!(error instanceof SvpError) || error.code !== 'SVP_E_CHECKPOINT') throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}
