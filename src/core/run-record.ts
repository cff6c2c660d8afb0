/**
 * What a run leaves behind, as plain data: written by `experiments`, read by `analysis` and drawn by `report`.
 * Times are seconds of wall clock, accuracies are fractions in [0, 1].
 */

/** One epoch of one training. */
export interface EpochRecord {
  /** 1, 2, 3 … */
  epoch: number;
  learningRate: number;
  /** Mean over the epoch's mini-batches, as they were trained on (augmented). */
  trainLoss: number;
  trainAccuracy: number;
  testAccuracy?: number;
  validationAccuracy?: number;
  trainSeconds: number;
  testSeconds?: number;
  validationSeconds?: number;
}

/** A network as it was trained. */
export interface ModelRecord {
  arch: string;
  width: number;
  epochs: number;
  parameters: number;
}

/** One training of a network on some rows. */
export interface TrainingRecord extends ModelRecord {
  /** Rows that it was trained on. */
  examples: number;
  /** Of the last epoch; absent where there was nothing to measure it on. */
  testAccuracy?: number;
  trainAccuracy?: number;
  validationAccuracy?: number;
  /** Training steps alone. */
  trainSeconds: number;
  /** Passes over the validation and test sets. */
  validationSeconds: number;
  testSeconds: number;
  curve: EpochRecord[];
  /** An earlier training of the same network on the same rows was taken over; its times are told as they were. */
  reused?: boolean;
}

export interface MachineRecord {
  processor: string;
  processors: number;
  memoryGiB: number;
  node: string;
  platform: string;
}

/** What a run chose from and was tested on. */
export interface DatasetRecord {
  name: string;
  /** Rows that could be chosen. */
  pool: number;
  test: number;
  classes: number;
  classNames: string[];
  height: number;
  width: number;
  channels: number;
}

/** One line of the core-set table: the target trained on one subset of the pool. */
export interface CoreSetRow {
  /** 'full', or the name of a selection method. */
  method: string;
  /** 'none' for the full pool and random, 'proxy', or 'target' for the oracle that let the target choose for itself. */
  selector: 'none' | 'proxy' | 'target';
  examples: number;
  testAccuracy: number;
  /** Training the target on these examples. */
  targetTrainSeconds: number;
  /** Training whatever model chose them (0 for full and random). */
  selectorTrainSeconds: number;
  /** Scoring the pool and ranking it. */
  selectionSeconds: number;
  /** selectorTrainSeconds + selectionSeconds + targetTrainSeconds */
  endToEndSeconds: number;
  /** endToEndSeconds of the full row divided by this row's. */
  speedUp: number;
  /** The target's learning curve on these examples. */
  curve: EpochRecord[];
}

/** One image of a gallery: raw bytes, row-major height × width × channels, in base64. */
export interface GalleryImage {
  index: number;
  className: string;
  pixels: string;
}

/** What one method kept first and dropped first. */
export interface Gallery {
  method: string;
  keptFirst: GalleryImage[];
  droppedFirst: GalleryImage[];
}

/** core-set.json of a quickstart: several methods at one size, and everything that its report shows. */
export interface CoreSetRecord {
  version: 1;
  createdAt: string;
  /** The command that made it. */
  command: string;
  machine: MachineRecord;
  seed: number;
  dataset: DatasetRecord;
  /** Share of the pool that each subset keeps. */
  fraction: number;
  proxy: ModelRecord & { testAccuracy: number; trainSeconds: number; curve: EpochRecord[] };
  target: ModelRecord;
  rows: CoreSetRow[];
  galleries: Gallery[];
  totalSeconds: number;
}

/** record.json of a run of `svp active`, `svp coreset` or `svp sweep`: what all three say of themselves. */
export interface RunHeader {
  version: 1;
  createdAt: string;
  /** The command that made it. */
  command: string;
  machine: MachineRecord;
  /** The resolved options: everything that decides the run. */
  configuration: Record<string, unknown>;
  totalSeconds: number;
}
