import { z } from 'zod';
import { throwIfAborted } from '../core/abort';
import { parseOptions } from '../core/options';
import type { OnProgress } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import { resolveRows } from '../data/dataset';
import { inputOf, type Splits } from '../data/examples';
import { writeNpy } from '../data/formats/npy';
import { splitValidation } from '../data/split';
import { validationSize } from '../data/validation-size';
import { SvpError } from '../errors';
import { checkArch } from '../models/registry';
import { type Recipe, recipeOf, recipeShape, resolveRecipe } from '../training/recipe';
import { finishedEpochs } from './checkpoint-keeper';
import { trainingLine } from './core-set-steps';
import { loadSource, sourceOf } from './dataset-source';
import { epochsOf, guessScoreSeconds, guessTrainSeconds, type Network } from './network';
import { openTrainingHost } from './open-training-host';
import { checkPatience } from './protocol-options';
import { correctnessPath } from './record-correctness';
import { recipeSchedule, type Schedule } from './schedule';
import { trainFolder } from './train-folder';
import type { CheckpointPolicy, TrainJob } from './training-host';
import { TrainingLog } from './training-log';

/**
 * The recipe is as for trainModel, but that epochs and rates have defaults: one number of epochs alone is the total, in the
 * paper's proportions (5 in all where none is given); a cosine begins at 0.1; for adam and adamw at a hundredth.
 */
export interface TrainOptions extends Recipe {
  /** A data set's name (`datasetNames()`), the path of one (see loadExamples), or one in memory. Default 'fashion-mnist'. */
  dataset?: string | Splits;
  /** Height and width, or one number for both, to which images in files are cut. Default 224. */
  imageSize?: number | [height: number, width: number];
  /** Folders of images: read smaller copies with a shorter side of so many pixels, kept in the cache; see LoadOptions. Default: none. */
  resizedCache?: number;
  /** Default 'preact20'. */
  arch?: string;
  /** Channels of the first section; default the network's own (16). */
  width?: number;
  /** Count forgetting events; the run folder then has forgetting.npy, a count for each row of train.index. Default false. */
  forgetting?: boolean;
  /**
   * Leave correctness.npy in the run folder: epochs × rows of the train split, uint8, whether each was right when it was
   * trained on (1, 0; 255: not presented). See forgettingPerEpoch. Default false.
   */
  recordCorrectness?: boolean;
  /** Scalars for TensorBoard, into this folder; true: into `tensorboard` in the run folder. Default false. */
  tensorboard?: boolean | string;
  /** Rows of the train split to train on; default all. */
  indices?: Uint32Array;
  /**
   * Held out of those to report validation accuracy on: a number of examples, a fraction of them below 1, or '10%'. Default 0.
   */
  validation?: number | string;
  /** Of weights, order, crops and the validation split. Default 0. */
  seed?: number;
  /** Train in a child process, so that this one's event loop stays free. Default false. */
  isolate?: boolean;
  /** Where configuration, index files, results and checkpoints go. Default: nowhere, unless leaveRunDirectory. */
  runDirectory?: string;
  /** Leave a run folder, `runs/train-<UTC time>` unless runDirectory names it. */
  leaveRunDirectory?: boolean;
  force?: boolean;
  /** Epochs that leave a checkpoint in the run folder. Default 'best': by validation, or by training accuracy without one. */
  checkpoint?: CheckpointPolicy;
  /** Go on from the last whole epoch in runDirectory. */
  resume?: boolean;
  cacheDirectory?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  onEpoch?: (epoch: EpochRecord) => void;
  /** Called once the run's folder is there. */
  onRunDirectory?: (folder: string) => void;
}

export interface TrainResult {
  /** Of the last epoch, as fractions. NaN where the data set has no test split. */
  testAccuracy: number;
  /** Validation accuracy had not risen for `patience` epochs: training ended before the schedule did. */
  stoppedEarly?: boolean;
  /** Over the last epoch's mini-batches, as they were trained on (augmented). */
  trainAccuracy: number;
  validationAccuracy?: number;
  /** The best epoch by validation. */
  best?: { epoch: number; validationAccuracy: number; testAccuracy?: number };
  /** Training steps alone, without tests. */
  seconds: number;
  runDirectory?: string;
  arch: string;
  width: number;
  parameters: number;
  examples: number;
  epochs: EpochRecord[];
}

/** What `svp train --dry-run` says. */
export interface TrainPlan {
  dataset: string;
  arch: string;
  examples: number;
  testExamples: number;
  /** Of images. */
  height?: number;
  width?: number;
  channels?: number;
  /** Characters of texts. */
  length?: number;
  epochs: number;
  steps: number;
  estimatedSeconds: number;
}

const any = z.any().optional();
const text = z.string().min(1).optional();
const schema = z.object({
  dataset: any,
  imageSize: any,
  resizedCache: any,
  arch: text,
  width: z.int().min(1).optional(),
  ...recipeShape,
  forgetting: z.boolean().optional(),
  recordCorrectness: z.boolean().optional(),
  tensorboard: z.union([z.boolean(), z.string().min(1)], 'must be true, false or a folder').optional(),
  indices: any,
  validation: z.union([z.number().min(0), z.string()]).optional(),
  seed: z.int().optional(),
  isolate: z.boolean().optional(),
  runDirectory: text,
  leaveRunDirectory: z.boolean().optional(),
  force: z.boolean().optional(),
  checkpoint: z.enum(['best', 'all', 'last']).optional(),
  resume: z.boolean().optional(),
  cacheDirectory: text,
  signal: any,
  onProgress: any,
  onEpoch: any,
  onRunDirectory: any,
});

/** A call's options with defaults, its data, and the rows to train and validate on. */
async function prepare(options: TrainOptions) {
  const given = parseOptions(schema, options, 'train') as TrainOptions;
  const { dataset = 'fashion-mnist', arch = 'preact20', seed = 0, signal } = given;
  checkArch(arch);
  const recipe: Recipe & Pick<Schedule, 'epochs' | 'learningRates'> = {
    ...recipeOf(given),
    ...recipeSchedule(given),
  };
  if (recipe.schedule === undefined) delete recipe.schedule;
  resolveRecipe(recipe, 'train');
  throwIfAborted(signal);
  const source = sourceOf(dataset, given);
  const { onProgress } = given;
  const splits = await loadSource(source, {
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  const candidates = resolveRows(given.indices, splits.train.count);
  if (candidates.length === 0) {
    throw new SvpError('SVP_E_SHAPE', 'There is nothing to train on: the index file or array is empty.');
  }
  const { train: rows, validation: heldOut } = splitValidation(splits.train.labels, {
    size: validationSize(given.validation ?? 0, candidates.length),
    indices: candidates,
    seed,
  });
  const network: Network = { ...recipe, arch, ...(given.width === undefined ? {} : { width: given.width }) };
  checkPatience([network], heldOut.length, 'train');
  return { given, network, seed, splits, source, rows, heldOut };
}

/** What `train` with these options would do; reads the data, trains and writes nothing. */
export async function trainPlan(options: TrainOptions): Promise<TrainPlan> {
  const { resizedCache: _notMade, ...reading } = options;
  const { network, splits, rows } = await prepare(reading);
  const epochs = epochsOf(network);
  const { arch, batchSize = 128, accumulate = 1 } = network;
  const { train, test } = splits;
  const input = inputOf(train);
  const [height, width, channels] = input.kind === 'text' ? [] : input.shape;
  return {
    dataset: train.name,
    arch,
    examples: rows.length,
    testExamples: test.count,
    ...(input.kind === 'text' ? { length: input.length } : { height, width, channels }),
    epochs,
    steps: epochs * Math.ceil(Math.ceil(rows.length / batchSize) / accumulate),
    estimatedSeconds:
      epochs * (rows.length * guessTrainSeconds(network) + test.count * guessScoreSeconds(network)),
  };
}

/**
 * Trains one network by a recipe, by default with SGD, momentum, weight decay and a stepwise schedule (Selection via Proxy,
 * section 3.1), and tests it after every epoch. With a run folder it leaves config.json, train.index, dev.index, results.csv,
 * events.ndjson, target.csv, result.json and checkpoints; results.csv and events.ndjson grow as epochs end.
 * @throws SvpError SVP_E_OPTION, SVP_E_INDEX, SVP_E_EXISTS, SVP_E_WRITE, SVP_E_CHECKPOINT (resume), SVP_E_RUNTIME (no
 *   TensorFlow: see svp doctor), SVP_E_NONFINITE (training diverged), SVP_E_ABORT
 */
export async function train(options: TrainOptions = {}): Promise<TrainResult> {
  const { given, network, seed, splits, source, rows, heldOut } = await prepare(options);
  const { signal, resume = false } = given;
  const run = await trainFolder(given);
  const job: TrainJob = {
    ...network,
    weightSeed: seed,
    seed,
    indices: rows,
    ...(heldOut.length > 0 ? { validation: heldOut } : {}),
    ...(given.forgetting ? { trackForgetting: true } : {}),
    ...(run ? { checkpoint: { folder: run.folder, policy: given.checkpoint ?? 'best' }, resume } : {}),
    ...(given.recordCorrectness ? { correctness: correctnessPath(run, rows) } : {}),
  };
  if (run) {
    given.onRunDirectory?.(run.folder);
    const {
      checkpoint: _checkpoint,
      resume: _resume,
      correctness: _correctness,
      indices: _indices,
      validation: _rows,
      ...configuration
    } = job;
    await run.writeJson('config.json', {
      command: 'train',
      dataset: splits.train.name.replace(/\/train$/, ''),
      ...(given.resizedCache === undefined ? {} : { resizedCache: given.resizedCache }),
      ...configuration,
      examples: rows.length,
      validation: heldOut.length,
      checkpoint: given.checkpoint ?? 'best',
    });
    await run.writeIndices('train.index', rows);
    await run.writeIndices('dev.index', heldOut);
  }
  const host = openTrainingHost(source, given.isolate ?? false);
  let log: TrainingLog | undefined;
  try {
    log = await TrainingLog.open({
      run,
      resume,
      tensorboard: given.tensorboard,
      finished: run && resume ? await finishedEpochs(run.folder) : [],
      examples: rows.length,
      about: { command: 'train', arch: network.arch, examples: rows.length },
    });
    const outcome = await host.train(job, {
      ...(signal ? { signal } : {}),
      ...(given.onProgress ? { onProgress: given.onProgress } : {}),
      onEpoch: (epoch) => {
        // Its failure is told when training ends.
        void log?.epoch(epoch).catch(() => {});
        given.onEpoch?.(epoch);
      },
    });
    await log.settled();
    const last = outcome.epochs[outcome.epochs.length - 1] as EpochRecord | undefined;
    const result: TrainResult = {
      testAccuracy: outcome.testAccuracy,
      trainAccuracy: outcome.trainAccuracy,
      ...(last?.validationAccuracy === undefined ? {} : { validationAccuracy: last.validationAccuracy }),
      ...bestOf(outcome.epochs),
      ...(outcome.stoppedEarly ? { stoppedEarly: true } : {}),
      seconds: outcome.trainSeconds,
      ...(run ? { runDirectory: run.folder } : {}),
      arch: outcome.arch,
      width: outcome.width,
      parameters: outcome.parameters,
      examples: rows.length,
      epochs: outcome.epochs,
    };
    if (run) {
      await run.writeEpochs(outcome.epochs);
      await run.writeTraining('target.csv', [trainingLine(outcome, rows.length)]);
      if (outcome.forgetting) await writeNpy(run.file('forgetting.npy'), outcome.forgetting, [rows.length]);
      await run.writeJson('result.json', result);
    }
    const { testAccuracy, trainAccuracy, validationAccuracy, seconds } = result;
    await log.finish({ testAccuracy, trainAccuracy, validationAccuracy, seconds });
    return result;
  } catch (error) {
    await log?.stop(error);
    throw error;
  } finally {
    await host.close();
    await run?.sweep();
  }
}

/** The best epoch by validation; ties keep the earliest. */
function bestOf(epochs: EpochRecord[]): Pick<TrainResult, 'best'> {
  let best: EpochRecord | undefined;
  for (const epoch of epochs) {
    if (epoch.validationAccuracy === undefined) continue;
    if (best?.validationAccuracy === undefined || epoch.validationAccuracy > best.validationAccuracy)
      best = epoch;
  }
  if (best?.validationAccuracy === undefined) return {};
  const { epoch, validationAccuracy, testAccuracy } = best;
  return { best: { epoch, validationAccuracy, ...(testAccuracy === undefined ? {} : { testAccuracy }) } };
}
