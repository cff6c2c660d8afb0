import type { BatchSpec, BatchTarget } from './batch-maker';

/**
 * The shared memory between a loader and its worker thread: a ring of batch slots and a few control words. All
 * hand-over is through Atomics, so that neither side needs the other's event loop: the training thread spends its time
 * in synchronous TensorFlow calls.
 *
 * The consumer asks for an epoch by EPOCH and then REQUEST; the worker answers with SERVED = REQUEST and counts
 * PRODUCED up from 0; the consumer counts RELEASED up as it lets go of slots. Batch n lies in slot n mod SLOTS.
 * Each side bumps its own signal word after a change and the other sleeps on that word.
 */
export const RING_VERSION = 1;
/** One batch in use, one ready, one in preparation. */
export const SLOTS = 3;

export const WORD = {
  TO_WORKER: 0,
  TO_CONSUMER: 1,
  REQUEST: 2,
  EPOCH: 3,
  SERVED: 4,
  PRODUCED: 5,
  RELEASED: 6,
  CLOSE: 7,
} as const;

const WORDS = 8;

/** What the worker is started with. */
export interface RingData {
  version: number;
  control: SharedArrayBuffer;
  slots: SharedArrayBuffer[];
  spec: BatchSpec;
}

/** Bytes of one slot: images, labels, row numbers. */
export function slotBytes(spec: BatchSpec): number {
  return spec.batchSize * (spec.height * spec.width * spec.channels + 2) * 4;
}

/** @throws RangeError where the memory cannot be had */
export function createRing(spec: BatchSpec): RingData {
  return {
    version: RING_VERSION,
    control: new SharedArrayBuffer(WORDS * 4),
    slots: Array.from({ length: SLOTS }, () => new SharedArrayBuffer(slotBytes(spec))),
    spec,
  };
}

/** The views of a slot, the same on both sides. */
export function slotTarget(slot: ArrayBufferLike, spec: BatchSpec): BatchTarget {
  const values = spec.batchSize * spec.height * spec.width * spec.channels;
  return {
    images: new Float32Array(slot, 0, values),
    labels: new Int32Array(slot, values * 4, spec.batchSize),
    indices: new Uint32Array(slot, (values + spec.batchSize) * 4, spec.batchSize),
  };
}

/** Tells the other side that a word has changed. */
export function signal(control: Int32Array, word: number): void {
  Atomics.add(control, word, 1);
  Atomics.notify(control, word);
}
