import type { DatasetRecord, ModelRecord, RunHeader, TrainingRecord } from './run-record';

/** One round of active learning: a proxy trained on what was labelled chooses what is labelled next. */
export interface ActiveRound {
  /** 1, 2, 3 … */
  round: number;
  /** Labelled before and after the round; labeled_<labelledAfter>.index holds the rows. */
  labelledBefore: number;
  labelledAfter: number;
  /** The proxy, trained on the `labelledBefore` rows; absent for random and for a precomputed selection. */
  proxy?: TrainingRecord;
  /** Running the proxy over the unlabelled pool. */
  inferenceSeconds: number;
  /** Ordering the pool by what came out. */
  rankingSeconds: number;
  /** Of the rows that the round added, by class number; absent where labels are hidden. */
  classCounts?: number[];
}

/** The target, trained on one labelled set. */
export interface ActiveTarget extends TrainingRecord {
  /** What led to this set: all proxies' training, scoring and ranking so far (the paper's data selection time). */
  selectionSeconds: number;
  /** selectionSeconds + trainSeconds */
  endToEndSeconds: number;
}

/**
 * record.json of `svp active` (Selection via Proxy, sections 2.1 and 3.2). Its speed-up is that of its selectionSeconds
 * against those of the run with `oracle: true`, at the same `examples`.
 */
export interface ActiveRecord extends RunHeader {
  kind: 'active';
  seed: number;
  dataset: DatasetRecord;
  /** A selection method's name. */
  method: string;
  /** Rows labelled at first, at random. */
  initial: number;
  /** Each class had its share of the initial rows. */
  balanced: boolean;
  /** Each proxy started from the weights of the one before. */
  warmStart: boolean;
  /** Proxy and target are the same network with the same schedule: the baseline of the paper's tables. */
  oracle: boolean;
  /** The folder of the run whose labelled sets were taken over. */
  precomputedSelection?: string;
  /** By `round`. */
  rounds: ActiveRound[];
  /** By rising `examples`. */
  targets: ActiveTarget[];
  proxy?: ModelRecord;
  target?: ModelRecord;
  /** Wall clock outside of training, testing, scoring and ranking. */
  overheadSeconds: number;
}
