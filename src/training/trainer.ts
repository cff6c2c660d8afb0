import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '../core/abort';
import { ProgressMeter } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import { openLoader } from '../data/example-loader';
import { inputOf } from '../data/examples';
import type { Batch, Loader } from '../data/loader';
import { SvpError } from '../errors';
import { kernels } from '../models/kernels';
import { ForgettingTracker } from '../native/forgetting-tracker';
import { loadCheckpoint, saveCheckpoint, type TrainingState } from './checkpoint';
import { stopsEarly } from './early-stop';
import { EpochCorrectness } from './epoch-recorder';
import { evaluateAccuracy } from './evaluate';
import { trainingFingerprint } from './fingerprint';
import { GradientSum } from './gradient-sum';
import { correctRows, RunningMeans } from './metrics';
import { createOptimizer, type Optimizer } from './optimizer';
import { chooseTrainingKernels } from './own-operations';
import { LearningRates } from './schedule';
import { type CheckedTraining, checkTraining } from './training-options';
import type { TrainModelOptions, TrainModelResult } from './types';

export type { TrainModelOptions, TrainModelResult } from './types';

type Evaluation = Pick<
  EpochRecord,
  'testAccuracy' | 'validationAccuracy' | 'testSeconds' | 'validationSeconds'
>;

/** The reference's augmentation of small images: 4 black pixels on every side, a random crop, a flip every other time. */
const AUGMENTATION = { padding: 4, flip: true };

/**
 * Trains a model in place by a recipe, whose defaults are those of "Selection via Proxy" (section 4.1: stochastic gradient
 * descent with momentum and weight decay; not on batch norm, unlike the reference), and optionally counts forgetting events
 * (section 2.2): whether each example was right at the moment it was trained on.
 *
 * The next batches are prepared on a worker thread meanwhile. A step itself blocks the event loop (TensorFlow's binding is
 * synchronous); between steps the rest of the process has its turn. Equal options and weights give equal results, also
 * when a training is interrupted and resumed from its checkpoint. Memory does not grow with the number of epochs.
 *
 * @throws SvpError SVP_E_OPTION, SVP_E_SHAPE, SVP_E_INDEX for bad options or data; SVP_E_ABORT; SVP_E_NONFINITE when the loss
 *   is no longer a number; SVP_E_CHECKPOINT when the checkpoint to resume from is damaged or another training's;
 *   SVP_E_WRITE; SVP_E_RUNTIME
 */
export async function trainModel(options: TrainModelOptions): Promise<TrainModelResult> {
  const training = checkTraining(options);
  throwIfAborted(training.signal);
  chooseTrainingKernels();
  const { recipe } = training;
  const loader = openLoader({
    dataset: training.dataset,
    indices: training.rows,
    batchSize: recipe.batchSize,
    augment: recipe.augment ? AUGMENTATION : false,
    seed: training.seed,
    ...(training.signal && { signal: training.signal }),
  });
  const optimizer = createOptimizer(kernels(), training.model, recipe);
  const sum = new GradientSum(kernels());
  try {
    return await new Run(training, loader, optimizer, sum).toTheEnd();
  } finally {
    sum.dispose();
    optimizer.dispose();
    await loader.close();
  }
}

/** One training, from its first epoch or from its checkpoint's next one. */
class Run {
  private readonly epochs: EpochRecord[] = [];
  private seconds = 0;
  private forgetting?: ForgettingTracker;
  private correctness?: EpochCorrectness;
  private fingerprint = '';
  private readonly meter: ProgressMeter;
  private readonly rates: LearningRates;
  /** How many epochs are trained, unless validation accuracy ends it before. */
  private readonly end: number;

  constructor(
    private readonly training: CheckedTraining,
    private readonly loader: Loader,
    private readonly optimizer: Optimizer,
    private readonly sum: GradientSum,
  ) {
    const { model, recipe, rows, onProgress } = training;
    this.rates = new LearningRates(recipe.schedule, Math.ceil(loader.batches / recipe.accumulate));
    this.end = recipe.stopAtEpoch ?? this.rates.epochs;
    const unit = inputOf(training.dataset).kind === 'text' ? 'texts' : 'images';
    const stage = `training ${model.arch} on ${rows.length} ${unit}`;
    this.meter = new ProgressMeter(stage, this.end * loader.batches, 'steps', onProgress);
    if (training.trackForgetting) this.forgetting = new ForgettingTracker(training.dataset.count);
    if (training.recorder) this.correctness = new EpochCorrectness(training.dataset.count);
  }

  async toTheEnd(): Promise<TrainModelResult> {
    const { checkpoint, onEpoch, recorder } = this.training;
    if (checkpoint) {
      this.fingerprint = trainingFingerprint(this.training);
      if (checkpoint.resume && existsSync(checkpoint.path)) await this.restore(checkpoint.path);
    }
    // Of the whole schedule, so that a part of it can go on.
    await recorder?.begin?.([...this.epochs], this.rates.epochs);
    while (!this.isDone(this.epochs)) {
      const record = await this.epoch(this.epochs.length);
      this.epochs.push(record);
      if (this.correctness) await recorder?.epoch(record, this.correctness.values);
      if (checkpoint) await this.save(checkpoint.path);
      onEpoch?.(record);
    }
    const result: TrainModelResult = { epochs: this.epochs, seconds: this.seconds };
    if (this.epochs.length < this.end) result.stoppedEarly = true;
    // Without an epoch there is no record: the model as it is.
    const last = this.epochs.at(-1) ?? { ...(await this.validate()), ...(await this.test()) };
    if (last.testAccuracy !== undefined) result.testAccuracy = last.testAccuracy;
    if (last.validationAccuracy !== undefined) result.validationAccuracy = last.validationAccuracy;
    if (this.forgetting) result.forgetting = this.forgetting;
    return result;
  }

  /** Whether training ends after these epochs. */
  private isDone(epochs: readonly Pick<EpochRecord, 'validationAccuracy'>[]): boolean {
    const { patience, minDelta } = this.training.recipe;
    return (
      epochs.length >= this.end || (patience !== undefined && stopsEarly(epochs, { patience, minDelta }))
    );
  }

  private async epoch(e: number): Promise<EpochRecord> {
    const { evaluateEveryEpoch, recipe, signal } = this.training;
    const startedAt = performance.now();
    const means = new RunningMeans();
    this.correctness?.begin();
    let batches = 0;
    for await (const batch of this.loader.epoch(e)) {
      throwIfAborted(signal);
      this.microStep(batch, e, batches++, means);
      this.meter.report(e * this.loader.batches + batches, {
        detail: `epoch ${e + 1} of ${this.end}, loss ${means.loss.toFixed(3)}, accuracy ${percent(means.accuracy)}`,
      });
      await nextTurn();
    }
    const trainSeconds = (performance.now() - startedAt) / 1000;
    this.seconds += trainSeconds;
    const atTheEnd = evaluateEveryEpoch || e + 1 === this.end;
    const validated = atTheEnd || recipe.patience !== undefined ? await this.validate() : {};
    const tested = atTheEnd || this.isDone([...this.epochs, validated]) ? await this.test() : {};
    return {
      epoch: e + 1,
      learningRate: this.rates.ofEpoch(e),
      trainLoss: means.loss,
      trainAccuracy: means.accuracy,
      trainSeconds,
      ...validated,
      ...tested,
    };
  }

  /** Gradient of mini-batch `i` of an epoch, counters, and the update where it is the last of its step. */
  private microStep(batch: Batch, e: number, i: number, means: RunningMeans): void {
    const { model, rows } = this.training;
    const { accumulate, batchSize, labelSmoothing } = this.training.recipe;
    const place = i % accumulate;
    const first = (i - place) * batchSize;
    const { losses, logits, gradient } = model.gradient(batch.values, batch.labels, batch.size, {
      labelSmoothing,
      outOf: Math.min(accumulate * batchSize, rows.length - first),
    });
    this.sum.add(gradient);
    const correct = correctRows(logits, batch.labels);
    means.add(losses, correct);
    const step = e * this.rates.stepsPerEpoch + Math.floor(i / accumulate);
    if (!Number.isFinite(means.loss)) {
      throw new SvpError(
        'SVP_E_NONFINITE',
        `The loss of ${model.arch} is ${means.loss} in epoch ${e + 1} at learning rate ${this.rates.at(step)}: the training has diverged. ` +
          'Lower the learning rate, or begin with an epoch at a tenth of it.',
      );
    }
    this.forgetting?.update(batch.indices, correct);
    this.correctness?.add(batch.indices, correct);
    if (place + 1 === accumulate || i + 1 === this.loader.batches) this.update(this.rates.at(step));
  }

  private update(rate: number): void {
    const gradient = this.sum.take();
    try {
      this.optimizer.step(gradient, rate);
    } finally {
      kernels().free(gradient);
    }
  }

  private async validate(): Promise<Evaluation> {
    const { model, dataset, validation, signal } = this.training;
    if (!validation?.length) return {};
    const startedAt = performance.now();
    const validationAccuracy = await evaluateAccuracy({
      ...{ model, dataset, indices: validation },
      ...(signal && { signal }),
    });
    return { validationAccuracy, validationSeconds: (performance.now() - startedAt) / 1000 };
  }

  private async test(): Promise<Evaluation> {
    const { model, test, signal } = this.training;
    if (!test?.count) return {};
    const startedAt = performance.now();
    const testAccuracy = await evaluateAccuracy({ model, dataset: test, ...(signal && { signal }) });
    return { testAccuracy, testSeconds: (performance.now() - startedAt) / 1000 };
  }

  private async save(path: string): Promise<void> {
    const state: TrainingState = {
      fingerprint: this.fingerprint,
      epochs: this.epochs,
      seconds: this.seconds,
      optimizer: this.optimizer.read(),
      ...(this.forgetting && { forgetting: this.forgetting.toJSON() }),
    };
    await saveCheckpoint(path, this.training.model, state);
  }

  private async restore(path: string): Promise<void> {
    const { weights, training } = await loadCheckpoint(path);
    if (training?.fingerprint !== this.fingerprint) {
      throw new SvpError(
        'SVP_E_CHECKPOINT',
        `The checkpoint ${path} belongs to another training: its data, its architecture or its options differ. ` +
          'Repeat them, or delete it to start afresh.',
        { file: path },
      );
    }
    if (training.epochs.length > this.end) {
      throw new SvpError(
        'SVP_E_CHECKPOINT',
        `The checkpoint ${path} is of epoch ${training.epochs.length}, beyond stopAtEpoch ${this.end}. ` +
          'Raise stopAtEpoch, or leave it out, or take the checkpoint of an earlier epoch.',
        { file: path },
      );
    }
    this.training.model.setWeights(weights);
    this.optimizer.restore(training.optimizer);
    this.epochs.push(...training.epochs);
    this.seconds = training.seconds;
    if (this.forgetting) this.forgetting = ForgettingTracker.fromJSON(training.forgetting);
  }
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}
