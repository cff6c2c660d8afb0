import type { ImageDataset } from './dataset';

/** One mini-batch. Its arrays are reused: they are valid until the next batch is asked for; copy what must live longer. */
export interface Batch {
  /** size × height × width × channels, normalised: (byte / 255 − mean) / std per channel. */
  images: Float32Array;
  /** Class numbers, `size` of them. */
  labels: Int32Array;
  /** Rows of the dataset, `size` of them. */
  indices: Uint32Array;
  size: number;
}

/** Random crop out of the image with `padding` black pixels on every side, then a horizontal flip with probability ½. */
export interface Augmentation {
  padding: number;
  flip: boolean;
}

export interface LoaderOptions {
  dataset: ImageDataset;
  /** Rows to draw from; default all. */
  indices?: Uint32Array;
  batchSize: number;
  /** Default false. */
  augment?: false | Augmentation;
  /** A new order each epoch; default true. */
  shuffle?: boolean;
  /** Default 0. */
  seed?: number;
  /** Leaves out a last batch smaller than batchSize; default false. */
  dropLast?: boolean;
  /** 'auto' (default) prepares batches in a worker thread, 'off' in the calling thread; the batches are the same. */
  worker?: 'auto' | 'off';
  signal?: AbortSignal;
}

export interface Loader {
  /** Batches per epoch. */
  readonly batches: number;
  /** Examples per epoch. */
  readonly examples: number;
  /** 'worker' or 'same-thread'. */
  readonly mode: 'worker' | 'same-thread';
  /** The batches of epoch `e` (0, 1, 2 …): a function of the options and `e` alone. One epoch at a time. */
  epoch(e: number): AsyncIterable<Batch>;
  /** Ends the worker; safe to call twice, and in the middle of an epoch. */
  close(): Promise<void>;
}

export declare function createLoader(options: LoaderOptions): Loader;

/** Batches in the order of `indices`, never augmented, for evaluation and scoring. */
export declare function evaluationBatches(
  dataset: ImageDataset,
  indices: Uint32Array | undefined,
  batchSize: number,
): Generator<Batch, void, void>;
