/**
 * The work that needs TensorFlow — training a model, scoring a pool with it — behind one interface with two homes: this
 * process, or a child process (the default of the command line, because TensorFlow's binding is synchronous and a
 * crash of it would take its process down).
 */
import type { Matrix } from '../core/matrix';
import type { OnProgress } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import type { Network } from './network';

/** Which epochs leave a checkpoint behind, as the reference's --checkpoint. */
export type CheckpointPolicy = 'best' | 'all' | 'last';

/** Training one network on part of the train split. Indices count in the train split (test: in the test split). */
export interface TrainJob extends Network {
  /** Seed of the initial weights: equal seeds give equal networks. */
  weightSeed: number;
  /** Seed of the order of the examples and of the augmentation. */
  seed: number;
  /** Default: the whole train split. */
  indices?: Uint32Array;
  /** Held out of the train split, to choose the best epoch by. */
  validation?: Uint32Array;
  /** Default: the whole test split. An empty array: no test. */
  testIndices?: Uint32Array;
  trackForgetting?: boolean;
  /** Test after every epoch (default true), or only after the last. */
  evaluateEveryEpoch?: boolean;
  /** A file for which examples were right in which epoch (CorrectnessFile); it needs a checkpoint to be gone on with. */
  correctness?: string;
  /** Keep the trained model under this name, for `score`; otherwise it is dropped when training ends. */
  keepAs?: string;
  /** Where checkpoints go, and which epochs leave one. */
  checkpoint?: { folder: string; policy: CheckpointPolicy };
  /** Continue from the checkpoint of the folder's last whole epoch, where there is one. */
  resume?: boolean;
  /** Start from the weights of this kept model (the `keepAs` of an earlier training) instead of fresh ones. */
  startFrom?: string;
  /** Classes of rows of the train split, in place of the data set's own: labels that came during the run. */
  labels?: { rows: Uint32Array; classes: Uint32Array };
}

export interface TrainOutcome {
  arch: string;
  width: number;
  parameters: number;
  featureSize: number;
  epochs: EpochRecord[];
  /** Wall clock of the training steps alone, without tests and without loading. */
  trainSeconds: number;
  /** Wall clock of the passes over the validation and test sets. */
  validationSeconds: number;
  testSeconds: number;
  /** Of the last epoch. NaN where there was no test. */
  testAccuracy: number;
  trainAccuracy: number;
  /** Validation accuracy ended it before the schedule did. */
  stoppedEarly?: boolean;
  /** Forgetting events of each of `indices`, in their order; never-learned examples are Infinity (the paper, section 2.2). */
  forgetting?: Float64Array;
}

/** A pass over part of the train split with the evaluation transform, never augmented. */
export interface ScoreJob {
  /** The `keepAs` of an earlier training. */
  model: string;
  indices?: Uint32Array;
  /** Selection methods that look at logits: their scores are wanted, the logits are not kept. */
  measures?: string[];
  /** The final hidden layer's outputs are wanted. */
  features?: boolean;
  batchSize?: number;
  /** What runs the model: what trained it (default), or ONNX Runtime on an export of it. */
  runtime?: ScoringRuntime;
}

export type ScoringRuntime = 'tensorflow' | 'onnx';

export interface ScoreOutcome {
  /** For each of `measures`, one score per index: higher is picked earlier. */
  scores?: Record<string, Float32Array>;
  /** indices × featureSize, float32, row-major. */
  features?: Matrix;
  seconds: number;
}

/** A network, as far as TensorFlow's preparation for it goes. */
export type Shape = Pick<TrainJob, 'arch' | 'width' | 'batchSize'>;

export interface JobHooks {
  signal?: AbortSignal;
  onProgress?: OnProgress;
  onEpoch?: (epoch: EpochRecord) => void;
}

/** Does one job at a time. Close it in a `finally`: a child process lives until then (or until its parent ends). */
export interface TrainingHost {
  /**
   * Loads TensorFlow and the data set, and runs one step of each network and throws it away: the first pass of a kind
   * costs seconds that belong to no training. `train` does it by itself where it was not done.
   */
  prepare(networks: Shape[], hooks?: JobHooks): Promise<void>;
  train(job: TrainJob, hooks?: JobHooks): Promise<TrainOutcome>;
  score(job: ScoreJob, hooks?: JobHooks): Promise<ScoreOutcome>;
  /** Frees a kept model. */
  release(model: string): Promise<void>;
  close(): Promise<void>;
}
