/**
 * What travels between a process and its training child (Node IPC with 'advanced' serialization, so typed arrays,
 * Infinity and NaN arrive as they left).
 */
import type { Progress } from '../core/progress';
import type { EpochRecord } from '../core/run-record';
import { ERROR_CODES, type ErrorCode, isSvpError, SvpError } from '../errors';
import type { DatasetSource } from './dataset-source';
import type { ScoreJob, Shape, TrainJob } from './training-host';

/** An error as plain fields: structured clone would drop the code. */
export interface SentError {
  code: ErrorCode;
  message: string;
  stack?: string;
  file?: string;
  row?: number;
  column?: number;
  option?: string;
}

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

export function sendableError(error: unknown): SentError {
  if (isSvpError(error)) {
    const { code, message, stack, file, row, column, option } = error;
    return { code, message, stack, file, row, column, option };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: 'SVP_E_INTERNAL', message, stack };
}

export function receivedError(sent: SentError): SvpError {
  const code = sent.code in ERROR_CODES ? sent.code : 'SVP_E_INTERNAL';
  const error = new SvpError(code, sent.message, {
    file: sent.file,
    row: sent.row,
    column: sent.column,
    option: sent.option,
  });
  // Where it happened matters more than where it was received.
  if (sent.stack) error.stack = sent.stack;
  return error;
}
