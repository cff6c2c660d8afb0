import type { OnProgress } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import type { Dataset } from '../data/examples';
import type { Model } from '../models/model';
import type { ForgettingTracker } from '../native/forgetting-tracker';
import type { EpochRecorder } from './epoch-recorder';
import type { Recipe } from './recipe';

/** What `trainModel` takes: the recipe, and what to train on it. */
export interface TrainModelOptions extends Recipe {
  /** Trained in place: afterwards it holds the last epoch's weights. */
  model: Model;
  dataset: Dataset;
  /** Rows of `dataset` to train on; default all. */
  indices?: Uint32Array;
  /** Evaluated after the last epoch, or after each with `evaluateEveryEpoch`. */
  test?: Dataset;
  /**
   * Held out from training, to report validation accuracy on: rows of `dataset`; or how many of those trained on, as a number,
   * a fraction below 1 or '10%', drawn by seed, of each class its share.
   */
  validation?: Uint32Array | number | string;
  /** Order and augmentation; the model's weights come from the model's own seed. Default 0. */
  seed?: number;
  /** Count forgetting events: whether each example was right at the moment it was trained on. Default false. */
  trackForgetting?: boolean;
  /**
   * Evaluate `test` and `validation` after every epoch rather than only after the last. Default false; `patience` evaluates
   * `validation` after every epoch whatever this says.
   */
  evaluateEveryEpoch?: boolean;
  /** Written after every epoch; when the file exists and `resume` is true, training continues from it. */
  checkpoint?: { path: string; resume?: boolean };
  /** Is told which examples were right in each epoch, before its checkpoint is written. */
  recorder?: EpochRecorder;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  onEpoch?: (epoch: EpochRecord) => void;
}

export interface TrainModelResult {
  epochs: EpochRecord[];
  /** Wall clock of the training steps, without evaluation. */
  seconds: number;
  /** Training ended before the schedule did, because validation accuracy had not risen for `patience` epochs. */
  stoppedEarly?: boolean;
  /** Of the last epoch. */
  testAccuracy?: number;
  validationAccuracy?: number;
  /** Length `dataset.count`; rows outside `indices` were never presented. */
  forgetting?: ForgettingTracker;
}
