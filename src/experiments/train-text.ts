import { z } from 'zod';
import { parseOptions } from '../core/options';
import type { OnProgress } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import { writeNpy } from '../data/formats/npy';
import { splitValidation } from '../data/split';
import { validationSize } from '../data/validation-size';
import { CorrectnessFile } from '../training/correctness-file';
import type { FastTextModel, TrainFastTextOptions } from '../training/fasttext';
import { readTextCorpus, trainFastText } from '../training/fasttext';
import { correctnessPath } from './record-correctness';
import type { RunDirectory } from './run-directory';
import { trainFolder } from './train-folder';
import { TrainingLog } from './training-log';

const LAST = 'checkpoint_last.svp';

export type TextFormat = Pick<
  TrainFastTextOptions,
  'normalize' | 'format' | 'labelPrefix' | 'labelColumn' | 'textColumns' | 'header'
>;
export type TextModelOptions = Pick<
  TrainFastTextOptions,
  'dim' | 'wordNgrams' | 'buckets' | 'minCount' | 'epochs' | 'learningRate' | 'shuffle' | 'seed' | 'threads'
>;

export interface TrainTextOptions extends TextFormat, TextModelOptions {
  /** Labelled text: a file, or several that are read one after the other. */
  trainFile: string | string[];
  testFile?: string;
  /** Rows of the training text to train on; default all. */
  indices?: Uint32Array;
  /** Held out of those to report validation accuracy on: a number, a fraction below 1, or '10%'. Default 0. */
  validation?: number | string;
  /** Leave correctness.npy: epochs × rows of the text, uint8, whether each was right when trained on. See `train`. */
  recordCorrectness?: boolean;
  /** Scalars for TensorBoard, into this folder; true: into `tensorboard` in the run folder. Default false. */
  tensorboard?: boolean | string;
  /** Where the run goes. Default `runs/train-<UTC time>`. */
  runDirectory?: string;
  force?: boolean;
  /** Go on from the last whole epoch in runDirectory. */
  resume?: boolean;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  onEpoch?: (epoch: EpochRecord) => void;
  onRunDirectory?: (folder: string) => void;
}

export interface TrainTextResult {
  arch: 'fasttext';
  /** Of the last epoch, as fractions. NaN without a test file. */
  testAccuracy: number;
  /** Of each example at the moment it was trained on, in the last epoch. */
  trainAccuracy: number;
  validationAccuracy?: number;
  /** Training steps alone. */
  seconds: number;
  wordsPerSecond: number;
  parameters: number;
  examples: number;
  tokens: number;
  labelNames: string[];
  epochs: EpochRecord[];
  runDirectory: string;
}

const any = z.any().optional();
const schema = z.object({
  trainFile: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  testFile: z.string().min(1).optional(),
  validation: z.union([z.number().min(0), z.string()]).optional(),
  runDirectory: z.string().min(1).optional(),
  recordCorrectness: z.boolean().optional(),
  tensorboard: z.union([z.boolean(), z.string().min(1)], 'must be true, false or a folder').optional(),
  force: z.boolean().optional(),
  resume: z.boolean().optional(),
  onRunDirectory: any,
  onEpoch: any,
  // Checked by the calls that they are for.
  ...Object.fromEntries(
    [
      ...['normalize', 'format', 'labelPrefix', 'labelColumn', 'textColumns', 'header'],
      ...['dim', 'wordNgrams', 'buckets', 'minCount', 'epochs', 'learningRate', 'shuffle', 'seed', 'threads'],
      ...['indices', 'signal', 'onProgress'],
    ].map((name) => [name, any]),
  ),
});

const pick = (from: object, names: readonly string[]) =>
  Object.fromEntries(
    Object.entries(from).filter(([name, value]) => names.includes(name) && value !== undefined),
  );

/**
 * Trains fastText on a labelled file with forgetting events counted, and tests it after every epoch. The run folder gets
 * config.json, train.index, dev.index, results.csv, events.ndjson, target.csv, forgetting.npy (float64, a count for each row of the file;
 * inf: never learned), model.svp, result.json and, epoch by epoch, checkpoint_last.svp.
 * @throws SvpError as trainFastText; SVP_E_EXISTS for a run folder that is not empty
 */
export async function trainText(options: TrainTextOptions): Promise<TrainTextResult> {
  const o = parseOptions(schema, options, 'trainText') as unknown as TrainTextOptions;
  const format = pick(o, ['normalize', 'format', 'labelPrefix', 'labelColumn', 'textColumns', 'header']);
  const settings = pick(o, [
    ...['dim', 'wordNgrams', 'buckets', 'minCount', 'epochs', 'learningRate', 'shuffle', 'seed', 'threads'],
  ]);
  const run = await trainFolder({ ...o, leaveRunDirectory: true });
  o.onRunDirectory?.(run.folder);
  let log: TrainingLog | undefined;
  try {
    const reading = pick(o, ['signal', 'onProgress']);
    const corpus = await readTextCorpus(o.trainFile, { ...format, ...reading });
    const { labels } = corpus.classes('The training text');
    const { train, validation } = splitValidation(labels, {
      size: validationSize(o.validation ?? 0, o.indices?.length ?? labels.length),
      ...(o.indices ? { indices: o.indices } : {}),
      seed: o.seed ?? 0,
    });
    await run.writeJson('config.json', {
      command: 'train',
      arch: 'fasttext',
      ...pick(o, ['trainFile', 'testFile', 'validation']),
      ...format,
      ...settings,
    });
    await run.writeIndices('train.index', train);
    await run.writeIndices('dev.index', validation);
    const correctness = o.recordCorrectness
      ? new CorrectnessFile(correctnessPath(run, train), corpus.examples)
      : undefined;
    const model = await trainFastText({
      corpus,
      ...format,
      ...settings,
      ...reading,
      indices: train,
      ...(validation.length > 0 ? { validation } : {}),
      ...(o.testFile === undefined ? {} : { test: o.testFile }),
      evaluateEveryEpoch: true,
      trackForgetting: true,
      checkpoint: { path: run.file(LAST), resume: o.resume ?? false },
      recorder: {
        begin: async (finished, epochs) => {
          log = await TrainingLog.open({
            run,
            resume: o.resume,
            tensorboard: o.tensorboard,
            finished,
            examples: train.length,
            about: { command: 'train', arch: 'fasttext', examples: train.length },
          });
          await correctness?.begin(finished, epochs);
        },
        epoch: (record, correct) => correctness?.epoch(record, correct),
      },
      onEpoch: async (epoch) => {
        await log?.epoch(epoch);
        o.onEpoch?.(epoch);
      },
    });
    const result = await leave(run, model, o);
    const { testAccuracy, trainAccuracy, validationAccuracy, seconds } = result;
    await log?.finish({ testAccuracy, trainAccuracy, validationAccuracy, seconds });
    return result;
  } catch (error) {
    await log?.stop(error);
    throw error;
  } finally {
    await run.sweep();
  }
}

async function leave(run: RunDirectory, model: FastTextModel, o: TrainTextOptions): Promise<TrainTextResult> {
  const training = model.training!;
  const { epochs, examples, tokens, seconds, wordsPerSecond, trainAccuracy, validationAccuracy } = training;
  const testAccuracy = training.testAccuracy ?? Number.NaN;
  const last = epochs.at(-1);
  await run.writeEpochs(epochs);
  await run.writeTraining('target.csv', [
    {
      nexamples: examples,
      train_accuracy: trainAccuracy,
      dev_accuracy: validationAccuracy ?? Number.NaN,
      test_accuracy: testAccuracy,
      train_time: seconds,
      dev_time: last?.validationSeconds ?? Number.NaN,
      test_time: last?.testSeconds ?? Number.NaN,
    },
  ]);
  const counts = training.forgetting!.counts();
  await writeNpy(run.file('forgetting.npy'), counts, [counts.length]);
  await model.save(run.file('model.svp'), pick(o, ['signal']));
  const result: TrainTextResult = {
    arch: 'fasttext',
    testAccuracy,
    trainAccuracy,
    ...(validationAccuracy === undefined ? {} : { validationAccuracy }),
    seconds,
    wordsPerSecond,
    parameters: model.parameters,
    examples,
    tokens,
    labelNames: [...model.labelNames],
    epochs,
    runDirectory: run.folder,
  };
  await run.writeJson('result.json', result);
  return result;
}
