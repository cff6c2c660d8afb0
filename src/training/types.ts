import type { OnProgress } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import type { Dataset } from '../data/examples';
import type { Model } from '../models/model';
import type { ForgettingTracker } from '../native/forgetting-tracker';
import type { EpochRecorder } from './epoch-recorder';

/** What `trainModel` takes. */
export interface TrainModelOptions {
  /** Trained in place: afterwards it holds the last epoch's weights. */
  model: Model;
  dataset: Dataset;
  /** Rows of `dataset` to train on; default all. */
  indices?: Uint32Array;
  /** Evaluated after the last epoch, or after each with `evaluateEveryEpoch`. */
  test?: Dataset;
  /** Rows of `dataset` held out from training, to report validation accuracy on. */
  validation?: Uint32Array;
  /** `epochs[i]` epochs at `learningRates[i]`, one stage after the other. */
  epochs: number[];
  learningRates: number[];
  /** Default 128. */
  batchSize?: number;
  /** Default 0.9. */
  momentum?: number;
  /** L2 penalty on every parameter, added to the gradient as the reference does. Default 5e-4. */
  weightDecay?: number;
  /**
   * Images in memory: random crop with padding 4 and horizontal flip; images in files: random resized crop and flip; texts
   * stay as they are. Default true.
   */
  augment?: boolean;
  /** Order and augmentation; the model's weights come from the model's own seed. Default 0. */
  seed?: number;
  /** Count forgetting events: whether each example was right at the moment it was trained on. Default false. */
  trackForgetting?: boolean;
  /** Evaluate `test` and `validation` after every epoch rather than only after the last. Default false. */
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
  /** Of the last epoch. */
  testAccuracy?: number;
  validationAccuracy?: number;
  /** Length `dataset.count`; rows outside `indices` were never presented. */
  forgetting?: ForgettingTracker;
}
