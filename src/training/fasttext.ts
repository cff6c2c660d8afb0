import { throwIfAborted } from '../core/abort';
import { ProgressMeter } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import { SvpError } from '../errors';
import type { NativeFastText } from '../native/fasttext-contract';
import { type FastTextCorpus, readTextCorpus, textCorpus } from '../native/fasttext-corpus';
import { type ClassLabels, renumbered } from '../native/fasttext-labels';
import { FastTextModel } from '../native/fasttext-model';
import { ForgettingTracker } from '../native/forgetting-tracker';
import { runJob } from '../native/job';
import { instructionSet, loadAddon } from '../native/load';
import { EpochCorrectness } from './epoch-recorder';
import { fingerprint, saveTraining, usableTraining } from './fasttext-checkpoint';
import {
  type FastTextPlan,
  parseFastTextOptions,
  type TrainFastTextOptions,
  textFileOptions,
} from './fasttext-options';

export { readTextCorpus, textCorpus } from '../native/fasttext-corpus';
export type { FastTextModel } from '../native/fasttext-model';
export type { TrainFastTextOptions } from './fasttext-options';

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
  validation?: Held;
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
  const correctness = o.recorder && new EpochCorrectness(session.corpus.examples);
  await o.recorder?.begin?.([...epochs], o.epochs);
  for (let epoch = epochs.length; epoch < o.epochs; epoch++) {
    const { record, correct } = await trainEpoch(session, epoch, meter, resumed);
    if (o.evaluateEveryEpoch || epoch + 1 === o.epochs) await evaluate(session, test, record);
    if (correctness) {
      correctness.add(session.indices, correct);
      await o.recorder?.epoch(record, correctness.values);
    }
    if (o.checkpoint) await saveTraining(o.checkpoint.path, session, o.signal);
    if (o.onEpoch) {
      const { pool, poolOutputs: outputs, threads, signal } = o;
      const scores = pool ? await model.score(pool, { outputs, threads, signal }) : undefined;
      await o.onEpoch(record, { correct, epochs: [...epochs], ...(scores && { pool: scores }) });
    }
  }
  const last = epochs.at(-1);
  model.training = {
    epochs,
    examples: session.labels.length,
    tokens: session.tokens,
    seconds: session.seconds,
    wordsPerSecond: session.seconds > 0 ? (session.tokens * epochs.length) / session.seconds : 0,
    trainAccuracy: last?.trainAccuracy ?? Number.NaN,
    ...(last?.testAccuracy !== undefined && { testAccuracy: last.testAccuracy }),
    ...(last?.validationAccuracy !== undefined && { validationAccuracy: last.validationAccuracy }),
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
  requireInside('indices', indices, corpus);
  if (indices.length === 0) throw new SvpError('SVP_E_SHAPE', 'There is no example to train on.');
  const labels = indices.map((index) => classes.labels[index]);
  const validation = o.validation?.length ? heldOut(o.validation, indices, corpus, classes) : undefined;
  const saved = o.checkpoint?.resume ? await usableTraining(o.checkpoint.path, o.signal) : undefined;
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
    fingerprint: fingerprint(o, { corpus, names: classes.names, labels, indices, text: hash }),
    epochs: [],
    seconds: 0,
    ...(validation && { validation }),
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

function requireInside(what: string, rows: Uint32Array, { examples }: FastTextCorpus): void {
  const outside = rows.findIndex((row) => row >= examples);
  if (outside >= 0) {
    throw new SvpError(
      'SVP_E_INDEX',
      `${what}[${outside}] is ${rows[outside]}, but the text has ${examples} examples.`,
    );
  }
}

function heldOut(
  given: Uint32Array,
  indices: Uint32Array,
  corpus: FastTextCorpus,
  { labels }: ClassLabels,
): Held {
  const rows = given.slice();
  requireInside('validation', rows, corpus);
  const trained = new Set(indices);
  const both = rows.find((row) => trained.has(row));
  if (both !== undefined) {
    throw new SvpError('SVP_E_INDEX', `Example ${both} is both trained on and held out for validation.`);
  }
  return { corpus, rows, labels: rows.map((row) => labels[row]) };
}

async function trainingCorpus(o: FastTextPlan): Promise<FastTextCorpus> {
  if (o.corpus !== undefined) return o.corpus;
  const { normalize, signal, onProgress, labels, labelNames } = o;
  if (o.file !== undefined)
    return readTextCorpus(o.file, { ...textFileOptions(o), ...(onProgress && { onProgress }) });
  return textCorpus(o.texts, { normalize, signal, onProgress, labels, labelNames });
}

async function testCorpus(
  o: FastTextPlan,
  names: readonly string[],
  normalize: boolean,
): Promise<Held | undefined> {
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

/** Labelled rows that a model is judged by. */
interface Held {
  corpus: FastTextCorpus;
  /** Of the rows. */
  labels: Uint32Array;
  rows?: Uint32Array;
}

async function evaluate({ o, model, validation }: Session, test: Held | undefined, record: EpochRecord) {
  const timed = async (held: Held) => {
    const started = performance.now();
    const predicted = await model.predict(held.corpus, {
      threads: o.threads,
      signal: o.signal,
      indices: held.rows,
    });
    let right = 0;
    for (let i = 0; i < held.labels.length; i++) right += predicted.labels[i] === held.labels[i] ? 1 : 0;
    return { accuracy: right / held.labels.length, seconds: (performance.now() - started) / 1000 };
  };
  if (test) ({ accuracy: record.testAccuracy, seconds: record.testSeconds } = await timed(test));
  if (validation) {
    ({ accuracy: record.validationAccuracy, seconds: record.validationSeconds } = await timed(validation));
  }
}
