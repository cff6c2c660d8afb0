import type { Matrix } from '../core/matrix';
import type { OnProgress } from '../core/progress';
import type { KCenterGreedyOptions, KCenterGreedyResult } from '../native/k-center-greedy';

/** What a method looks at: its caller has to provide exactly this. */
export type Need = 'nothing' | 'features' | 'logits' | 'forgetting';

/**
 * Scores rows as they come, so that the pool's n × classes logits are never kept: `scoring` hands each batch over in
 * pool order and keeps only the scores. Higher is always picked earlier.
 */
export interface RowScorer {
  /**
   * Scores the next batch; batches must be handed over one after another (await each).
   * @param logits rows × classes, float32, before the softmax
   * @throws SvpError SVP_E_NONFINITE naming the row of the pool, SVP_E_SHAPE for more rows than were announced
   */
  add(logits: Matrix): Promise<void>;
  /** @returns one score per row of the pool; @throws SvpError SVP_E_SHAPE if rows are missing */
  finish(): Float32Array;
}

/** Checked input of one selection. Only what the method needs is read. */
export interface SelectionInput {
  /** Rows of the pool, n. */
  poolSize: number;
  /** A whole number in 0 … n − initial; checked by `select`. */
  budget: number;
  /** Rows that belong to the labelled set already: distinct, in range, never picked. */
  initial?: Uint32Array;
  /** n × d final-hidden-layer features, or a .npy path that the engine reads itself. */
  features?: Matrix | string;
  /** n × classes. */
  logits?: Matrix;
  /** n forgetting counts; Infinity for examples that were never learned. */
  forgetting?: Float64Array;
  seed: number;
  threads?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** Options that only k-centers has; see `KCentersOptions`. */
  kCenters: KCentersOptions;
}

/** Options that only k-centers has, handed to the engine as they are. */
export type KCentersOptions = Pick<
  KCenterGreedyOptions,
  'start' | 'randomInitial' | 'metric' | 'radius' | 'classes' | 'assignments' | 'device' | 'checkpoint'
>;

/** The rows of the pool that a method picked, first pick first; k-centers adds what the engine returns besides. */
export interface Selection extends Partial<KCenterGreedyResult> {
  indices: Uint32Array;
  /** One score per row of the pool (not per pick), for the methods that score: higher is picked earlier. */
  scores?: Float32Array | Float64Array;
}

/** One way to choose rows of a pool. A file of this folder each; `registry.ts` lists them. */
export interface SelectionMethod {
  readonly name: string;
  /** Other spellings, the paper's reference code's among them. Case, '-', '_' and spaces do not matter anyway. */
  readonly aliases: readonly string[];
  readonly needs: Need;
  /** One line for the command's help. */
  readonly summary: string;
  pick(input: SelectionInput): Promise<Selection>;
  /** For methods that need logits: a scorer for a pool of `rows` rows. */
  rowScorer?(rows: number, options?: { threads?: number; signal?: AbortSignal }): RowScorer;
}
