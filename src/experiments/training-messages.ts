/**
 * What travels between a process and its training child (Node IPC with 'advanced' serialization, so typed arrays,
 * Infinity and NaN arrive as they left).
 */
import type { Progress } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import type { SentError } from '../core/sent-error';
import type { DatasetSource } from './dataset-source';
import type { ScoreJob, Shape, TrainJob } from './training-host';

export type ToChild =
  | { type: 'open'; dataset: DatasetSource }
  | { type: 'prepare'; id: number; networks: Shape[] }
  | { type: 'train'; id: number; job: TrainJob }
  | { type: 'score'; id: number; job: ScoreJob }
  | { type: 'release'; id: number; model: string }
  | { type: 'abort'; id: number };

export type FromChild =
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'epoch'; id: number; epoch: EpochRecord }
  | { type: 'done'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: SentError };
