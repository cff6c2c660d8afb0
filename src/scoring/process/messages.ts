/**
 * What travels between a process and a child that scores for it. Messages go by Node's channel; arrays lie in memory that
 * both hold, so that they are neither serialized nor sent, and a model reads its inputs where they were written.
 */
import type { SentError } from '../../core/sent-error';
import type { OutputName } from '../../models/model';
import type { SharedPart } from '../../native/shared-memory';
import type { ScorerBatch } from '../scorer';

/** Descriptors of the shared memories in the child: stdin, stdout, stderr and the channel come before them. */
export const INPUTS_DESCRIPTOR = 4;
export const OUTPUTS_DESCRIPTOR = 5;

export const ELEMENTS = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, uint8: Uint8Array };
export type ElementName = keyof typeof ELEMENTS;

export type ToChild =
  | { type: 'open'; data: unknown }
  | {
      type: 'score';
      id: number;
      /** Of the inputs, and of the outputs that answer it: nobody else uses it until then. */
      slot: number;
      batch: Omit<ScorerBatch, 'values'>;
      /** `length` elements at the beginning of this part of the inputs. */
      element: ElementName;
      length: number;
      part: SharedPart;
      /** What the child's model needs to know besides. */
      run: unknown;
    };

export type FromChild =
  | { type: 'open'; description: unknown }
  /** Float32 arrays of these lengths, one behind the other, in this part of the outputs. */
  | { type: 'scored'; id: number; outputs: [name: OutputName, length: number][]; part: SharedPart }
  | { type: 'failed'; id: number; error: SentError };
