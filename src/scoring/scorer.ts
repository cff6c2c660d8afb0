import type { OutputName, Outputs } from '../models/model';

/** What a model takes: shape of one item ('…' names stand for sizes that it leaves open) and element type. */
export interface ModelInput {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly dtype: 'float32' | 'float16' | 'float64' | 'int32' | 'int64' | 'uint8';
  /** For images: the order of the axes of `shape`. */
  readonly layout?: 'nchw' | 'nhwc';
  /** How bytes become what the model was trained on; see ImagePreprocessing. */
  readonly scale?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** For images that are decoded from files; see ImageFileOptions. */
  readonly images?: {
    readonly resize?: number | 'stretch';
    readonly orient?: boolean;
    readonly shrinkOnLoad?: boolean;
  };
  /** For texts that are read from CSV files; see TextPoolOptions. */
  readonly texts?: { readonly labels?: boolean; readonly header?: boolean };
  /** True where the model was trained on normalised images: bytes without a mean and std would be scored wrongly. */
  readonly normalized?: boolean;
}

/** A batch as a scorer takes it: size × input values in C order. */
export interface ScorerBatch {
  size: number;
  /** Shape of one item. */
  itemShape: readonly number[];
  values: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

/**
 * A model that scores batches. `score` may be called again before it has answered: the answers come in order, and the
 * next batch is prepared while one is scored.
 */
export interface Scorer {
  /** For messages: the architecture, or the file's name. */
  readonly name: string;
  readonly input: ModelInput;
  /** Columns of the logits; undefined for a model without, or before `prepare` where its file does not say. */
  readonly classes: number | undefined;
  /** Columns of the features, likewise. */
  readonly featureSize: number | undefined;
  /** Where it computes: 'cpu', 'cuda', 'tensorflow'. */
  readonly provider: string;
  /** Where the model takes batches of one size only: that size. Others are cut up and filled up. */
  readonly fixedBatch?: number;
  /** Why there. */
  readonly providerReason: string;
  /** What ran the model, with its version. */
  readonly runtime: string;
  /**
   * Makes sure, for items of this shape, that `classes` and `featureSize` say how wide the outputs are.
   * @throws SvpError SVP_E_OPTION where the model has no such output (the message lists what it has), and as `score`
   */
  prepare(itemShape: readonly number[], outputs: readonly OutputName[]): Promise<void>;
  /**
   * Logits and features of a batch, float32, row-major, lent to `use`: once it has settled, their memory is the next
   * batch's. Do not write to the batch's values before the answer.
   * @returns what `use` gives
   * @throws SvpError SVP_E_SHAPE, SVP_E_RUNTIME, SVP_E_MEMORY, and what `use` throws
   */
  score<Used>(
    batch: ScorerBatch,
    outputs: readonly OutputName[],
    use: (outputs: Outputs) => Used | Promise<Used>,
  ): Promise<Used>;
  /** Frees the model. With answers outstanding it does not wait for them: they are rejected. */
  close(): Promise<void>;
}
