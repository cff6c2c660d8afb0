import type { EpochRecord } from '../core/run-record';

/** Of a row in an epoch in which it was not trained on. */
export const NOT_PRESENTED = 255;

/** Is told what a training does, in step with its checkpoints, so that its notes can be gone on with as they can. */
export interface EpochRecorder {
  /**
   * Before the first epoch; waited for.
   * @param finished epochs of the checkpoint that is gone on from
   * @param epochs of the whole schedule, those included, also where the training ends before
   */
  begin?(finished: readonly EpochRecord[], epochs: number): void | Promise<void>;
  /**
   * After an epoch, before its checkpoint is written; waited for.
   * @param correct for each row of the data set: 1 if it was right when it was trained on, 0 if not, 255 (NOT_PRESENTED) if
   *   it was not trained on; used again for the next epoch
   */
  epoch(record: EpochRecord, correct: Uint8Array): void | Promise<void>;
}

/** What was right in one epoch, gathered batch by batch. A byte a row of the data set. */
export class EpochCorrectness {
  readonly values: Uint8Array;

  constructor(count: number) {
    this.values = new Uint8Array(count).fill(NOT_PRESENTED);
  }

  /** Forgets the epoch before. */
  begin(): void {
    this.values.fill(NOT_PRESENTED);
  }

  /** A row that comes twice in an epoch stays as it was last. */
  add(indices: Uint32Array, correct: Uint8Array): void {
    for (let i = 0; i < indices.length; i++) this.values[indices[i]] = correct[i];
  }
}
