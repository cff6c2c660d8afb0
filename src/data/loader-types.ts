import { abortError } from '../core/abort';
import { SvpError } from '../errors';
import type { BatchSpec, BatchTarget } from './batch-maker';

/** One mini-batch. Its arrays are reused: they are valid until the next batch is asked for; copy what must live longer. */
export interface Batch {
  /**
   * Images: size × height × width × channels, normalised: (byte / 255 − mean) / std per channel. Texts: size × length
   * codes, padded by 0.
   */
  values: Float32Array | Int32Array;
  /** Class numbers, `size` of them. */
  labels: Int32Array;
  /** Rows of the dataset, `size` of them. */
  indices: Uint32Array;
  size: number;
}

export interface Loader {
  /** Batches per epoch. */
  readonly batches: number;
  /** Examples per epoch. */
  readonly examples: number;
  readonly mode: 'worker' | 'same-thread';
  /** The batches of epoch `e` (0, 1, 2 …): a function of the options and `e` alone. One epoch at a time. */
  epoch(e: number): AsyncIterable<Batch>;
  /** Ends the worker; safe to call twice, and in the middle of an epoch. */
  close(): Promise<void>;
}

/** A batch over a slot's memory; a last, smaller batch sees only its part. */
export function sizedBatch(slot: BatchTarget, size: number, spec: BatchSpec): Batch {
  const { images, labels, indices } = slot;
  if (size === spec.batchSize) return { values: images, labels, indices, size };
  return {
    values: images.subarray(0, size * spec.height * spec.width * spec.channels),
    labels: labels.subarray(0, size),
    indices: indices.subarray(0, size),
    size,
  };
}

/** @throws SvpError SVP_E_OPTION */
export function checkEpoch(epoch: number): void {
  if (!Number.isInteger(epoch) || epoch < 0 || epoch > 0x7fffffff) {
    throw new SvpError('SVP_E_OPTION', `The epoch must be a whole number of at least 0, not ${epoch}.`, {
      option: 'epoch',
    });
  }
}

/** Who may go on iterating: the epoch begun last, until the loader is closed or its signal fires. */
export interface EpochGuard {
  begin(): number;
  check(turn: number): void;
  close(): void;
}

export function startGuard(signal: AbortSignal | undefined): EpochGuard {
  let current = 0;
  let closed = false;
  const check = (turn: number): void => {
    if (signal?.aborted) throw abortError(signal);
    if (closed) throw new SvpError('SVP_E_ABORT', 'The loader is closed. Make a new one.');
    if (turn !== current) {
      throw new SvpError(
        'SVP_E_OPTION',
        'A loader serves one epoch at a time: another one was begun meanwhile.',
      );
    }
  };
  return {
    begin: () => {
      check(current);
      current++;
      return current;
    },
    check,
    close: () => {
      closed = true;
    },
  };
}
