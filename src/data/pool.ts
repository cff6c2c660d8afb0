// What a scoring pass reads: items of one shape, in order, in batches that fit memory. Scorers know pools only by this
// contract; files, folders and arrays implement it.

/** An item that could not be read. Its values are zeros, its outputs become NaN, and the pass goes on. */
export interface BrokenItem {
  row: number;
  /** File name, or what else names the item to a person. */
  item: string;
  reason: string;
}

export interface PoolBatch {
  /** Row of the batch's first item in the pool. */
  first: number;
  /** Items in this batch: the batch size, or fewer at the end. */
  size: number;
  /** size × itemShape values in C order, as the model takes them. */
  values: Float32Array | Int32Array | BigInt64Array | Uint8Array;
  broken: BrokenItem[];
  /** Tells the source that nobody reads `values` any more: it may put a later batch there. Not needed. */
  release?(): void;
}

export interface PoolBatchOptions {
  batchSize: number;
  /** Row to begin with. Default: 0. */
  first?: number;
  signal?: AbortSignal;
}

export interface PoolSource {
  readonly name: string;
  /** Number of items. */
  readonly count: number;
  /** Shape of one item, without the batch. */
  readonly itemShape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'int64' | 'uint8';
  /** Hash of what the pool is (files, sizes, times, shape): a resumed pass refuses a pool that differs. */
  fingerprint(): Promise<string>;
  /** Batches in row order. A batch's values are the caller's until it releases them. */
  batches(options: PoolBatchOptions): AsyncIterable<PoolBatch>;
  close(): Promise<void>;
  /** File names of the items, where they have any. */
  readonly itemNames?: readonly string[];
  /** Per channel, of pixels scaled to 0 … 1, where the pool knows how its images are meant to be normalised. */
  readonly normalization?: { readonly mean: readonly number[]; readonly std: readonly number[] };
}
