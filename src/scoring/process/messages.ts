/**
 * What travels between a process and a child that scores for it. Messages go by Node's channel; the arrays by a socket of
 * their own, as bytes in the messages' order, so that they are neither serialized nor in the way of the event loop.
 */
import type { SentError } from '../../core/sent-error';
import type { OutputName } from '../../models/model';
import type { ScorerBatch } from '../scorer';

/** The child's end of the socket that arrays travel by: stdin, stdout, stderr and the channel come before it. */
export const ARRAYS_DESCRIPTOR = 4;

export const ELEMENTS = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, uint8: Uint8Array };
export type ElementName = keyof typeof ELEMENTS;

export type ToChild =
  | { type: 'open'; data: unknown }
  /** `length` elements follow on the socket. `run` is what the child's model needs to know besides. */
  | {
      type: 'score';
      id: number;
      batch: Omit<ScorerBatch, 'values'>;
      element: ElementName;
      length: number;
      run: unknown;
    };

export type FromChild =
  | { type: 'open'; description: unknown }
  /** Float32 arrays of these lengths follow on the socket, in this order. */
  | { type: 'scored'; id: number; outputs: [name: OutputName, length: number][] }
  | { type: 'failed'; id: number; error: SentError };
