import type { DatasetRecord, RunHeader, TrainingRecord } from './run-record';

/** What one budget keeps, and what the target makes of it. */
export interface CoreSetSubset {
  /** Rows kept; with several budgets `selected_<examples>.index` holds them, with one `selected.index`. */
  examples: number;
  /** By class number. */
  classCounts: number[];
  /** Absent without target training. */
  target?: TrainingRecord;
  /** proxy.trainSeconds + inferenceSeconds + rankingSeconds + target.trainSeconds; absent without target training. */
  endToEndSeconds?: number;
  /** full.trainSeconds / endToEndSeconds; absent without `full`. */
  speedUp?: number;
}

/**
 * record.json of `svp coreset` (Selection via Proxy, sections 2.2, 2.3 and 3.3): one method, several budgets out of one
 * ranking. The baseline of the paper's tables is the run with `oracle: true`.
 */
export interface CoreSetRunRecord extends RunHeader {
  kind: 'core-set';
  seed: number;
  dataset: DatasetRecord;
  /** A selection method's name. */
  method: string;
  /** Each class has its share of every subset. */
  balanced: boolean;
  /** Proxy and target are the same network with the same schedule. */
  oracle: boolean;
  /** The folder of the run whose selection was taken over. */
  precomputedSelection?: string;
  /** k-centers: how many of the first picks are random. */
  randomInitial: number;
  /** Trained on the whole pool; absent for random and for a precomputed selection. */
  proxy?: TrainingRecord;
  /** Running the proxy over the pool, and ordering it: once for all budgets. */
  inferenceSeconds: number;
  rankingSeconds: number;
  /** By rising `examples`. */
  subsets: CoreSetSubset[];
  /** The target on the whole pool, where it was wanted. */
  full?: TrainingRecord;
  /** Wall clock outside of training, testing, scoring and ranking. */
  overheadSeconds: number;
}
