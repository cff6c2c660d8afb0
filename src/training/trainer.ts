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
import { EpochCorrectness } from './epoch-recorder';
import { evaluateAccuracy } from './evaluate';
import { trainingFingerprint } from './fingerprint';
import { correctRows, RunningMeans } from './metrics';
import { MomentumOptimizer } from './optimizer';
import { chooseTrainingKernels } from './own-operations';
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
 * Trains a model in place with stochastic gradient descent, momentum and weight decay ("Selection via Proxy", section 4.1; the
 * reference's defaults), and optionally counts forgetting events (section 2.2): whether each example was right at the
 * moment it was trained on.
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
  const loader = openLoader({
    dataset: training.dataset,
    indices: training.rows,
    batchSize: training.batchSize,
    augment: training.augment ? AUGMENTATION : false,
    seed: training.seed,
    ...(training.signal && { signal: training.signal }),
  });
  const optimizer = new MomentumOptimizer(kernels(), training.model, training);
  try {
    return await new Run(training, loader, optimizer).toTheEnd();
  } finally {
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

  constructor(
    private readonly training: CheckedTraining,
    private readonly loader: Loader,
    private readonly optimizer: MomentumOptimizer,
  ) {
    const { model, rates, rows, onProgress } = training;
    const unit = inputOf(training.dataset).kind === 'text' ? 'texts' : 'images';
    const stage = `training ${model.arch} on ${rows.length} ${unit}`;
    this.meter = new ProgressMeter(stage, rates.length * loader.batches, 'steps', onProgress);
    if (training.trackForgetting) this.forgetting = new ForgettingTracker(training.dataset.count);
    if (training.recorder) this.correctness = new EpochCorrectness(training.dataset.count);
  }

  async toTheEnd(): Promise<TrainModelResult> {
    const { checkpoint, rates, onEpoch, recorder } = this.training;
    if (checkpoint) {
      this.fingerprint = trainingFingerprint(this.training);
      if (checkpoint.resume && existsSync(checkpoint.path)) await this.restore(checkpoint.path);
    }
    await recorder?.begin?.([...this.epochs], rates.length);
    while (this.epochs.length < rates.length) {
      const record = await this.epoch(this.epochs.length);
      this.epochs.push(record);
      if (this.correctness) await recorder?.epoch(record, this.correctness.values);
      if (checkpoint) await this.save(checkpoint.path);
      onEpoch?.(record);
    }
    const result: TrainModelResult = { epochs: this.epochs, seconds: this.seconds };
    // Without an epoch there is no record: the model as it is.
    const last = this.epochs.at(-1) ?? (await this.evaluation());
    if (last.testAccuracy !== undefined) result.testAccuracy = last.testAccuracy;
    if (last.validationAccuracy !== undefined) result.validationAccuracy = last.validationAccuracy;
    if (this.forgetting) result.forgetting = this.forgetting;
    return result;
  }

  private async epoch(e: number): Promise<EpochRecord> {
    const { rates, evaluateEveryEpoch, signal } = this.training;
    const startedAt = performance.now();
    const means = new RunningMeans();
    this.correctness?.begin();
    let step = e * this.loader.batches;
    for await (const batch of this.loader.epoch(e)) {
      throwIfAborted(signal);
      this.step(batch, rates[e], means, e);
      step++;
      this.meter.report(step, {
        detail: `epoch ${e + 1} of ${rates.length}, loss ${means.loss.toFixed(3)}, accuracy ${percent(means.accuracy)}`,
      });
      await nextTurn();
    }
    const trainSeconds = (performance.now() - startedAt) / 1000;
    this.seconds += trainSeconds;
    const evaluated = evaluateEveryEpoch || e === rates.length - 1 ? await this.evaluation() : {};
    return {
      epoch: e + 1,
      learningRate: rates[e],
      trainLoss: means.loss,
      trainAccuracy: means.accuracy,
      trainSeconds,
      ...evaluated,
    };
  }

  /** Gradient, update, counters. */
  private step(batch: Batch, rate: number, means: RunningMeans, e: number): void {
    const { model } = this.training;
    const { losses, logits, gradient } = model.gradient(batch.values, batch.labels, batch.size);
    try {
      this.optimizer.step(gradient, rate);
    } finally {
      kernels().free(gradient);
    }
    const correct = correctRows(logits, batch.labels);
    means.add(losses, correct);
    if (!Number.isFinite(means.loss)) {
      throw new SvpError(
        'SVP_E_NONFINITE',
        `The loss of ${model.arch} is ${means.loss} in epoch ${e + 1} at learning rate ${rate}: the training has diverged. ` +
          'Lower the learning rate, or begin with an epoch at a tenth of it.',
      );
    }
    this.forgetting?.update(batch.indices, correct);
    this.correctness?.add(batch.indices, correct);
  }

  private async evaluation(): Promise<Evaluation> {
    const { model, dataset, test, validation, signal } = this.training;
    const found: Evaluation = {};
    const common = { model, ...(signal && { signal }) };
    let startedAt = performance.now();
    if (validation?.length) {
      found.validationAccuracy = await evaluateAccuracy({ ...common, dataset, indices: validation });
      found.validationSeconds = (performance.now() - startedAt) / 1000;
    }
    startedAt = performance.now();
    if (test?.count) {
      found.testAccuracy = await evaluateAccuracy({ ...common, dataset: test });
      found.testSeconds = (performance.now() - startedAt) / 1000;
    }
    return found;
  }

  private async save(path: string): Promise<void> {
    const state: TrainingState = {
      fingerprint: this.fingerprint,
      epochs: this.epochs,
      seconds: this.seconds,
      velocity: this.optimizer.read(),
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
    this.training.model.setWeights(weights);
    this.optimizer.restore(training.velocity);
    this.epochs.push(...training.epochs);
    this.seconds = training.seconds;
    if (this.forgetting) this.forgetting = ForgettingTracker.fromJSON(training.forgetting);
  }
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}
