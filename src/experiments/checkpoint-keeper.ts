import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { writeError } from '../core/atomic-file';
import type { EpochRecord } from '../core/run-record';
import { loadCheckpoint } from '../training/checkpoint';
import type { CheckpointPolicy } from './training-host';

/** The state after the last whole epoch: what `resume` goes on from. */
const LAST = 'checkpoint_last.svp';
const BEST = 'checkpoint_best_model.svp';

/**
 * The epochs that a training in `folder` has finished; none without a checkpoint.
 * @throws SvpError SVP_E_CHECKPOINT for a damaged one
 */
export async function finishedEpochs(folder: string): Promise<EpochRecord[]> {
  const file = path.join(folder, LAST);
  if (!existsSync(file)) return [];
  return (await loadCheckpoint(file)).training?.epochs ?? [];
}

/**
 * Keeps the checkpoints that a policy asks for. The trainer replaces checkpoint_last.svp after every epoch, which resuming
 * needs; `all` keeps checkpoint_N.svp of each epoch, `best` keeps checkpoint_best_model.svp, the best epoch by validation
 * accuracy, or by training accuracy without a validation set, as the reference does; `last` keeps nothing more.
 */
export class CheckpointKeeper {
  private best = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly folder: string,
    private readonly policy: CheckpointPolicy,
    /** What the trainer is given. */
    readonly forTrainer: { path: string; resume: boolean },
  ) {}

  static async open(
    { folder, policy }: { folder: string; policy: CheckpointPolicy },
    resume: boolean,
  ): Promise<CheckpointKeeper> {
    const keeper = new CheckpointKeeper(folder, policy, { path: path.join(folder, LAST), resume });
    if (resume) {
      for (const epoch of await finishedEpochs(folder)) keeper.best = Math.max(keeper.best, merit(epoch));
    }
    return keeper;
  }

  /** To be called when the trainer has written the epoch's checkpoint, before it goes on. @throws SvpError SVP_E_WRITE */
  epochEnded(epoch: EpochRecord): void {
    if (this.policy === 'all') this.keepAs(`checkpoint_${epoch.epoch}.svp`);
    if (this.policy === 'best' && merit(epoch) > this.best) {
      this.best = merit(epoch);
      this.keepAs(BEST);
    }
  }

  /** A second name for the file as it is now: the trainer never writes into it, it puts a new one in its place. */
  private keepAs(name: string): void {
    const file = path.join(this.folder, name);
    const temporary = path.join(this.folder, `.${name}.000000000000.tmp`);
    try {
      rmSync(temporary, { force: true });
      try {
        linkSync(this.forTrainer.path, temporary);
      } catch {
        // A file system without hard links.
        copyFileSync(this.forTrainer.path, temporary);
      }
      renameSync(temporary, file);
      // Renaming one name of a file over another of the same file does nothing, and leaves both.
      rmSync(temporary, { force: true });
    } catch (error) {
      throw writeError(file, error);
    }
  }
}

/** What makes an epoch the best. */
function merit(epoch: EpochRecord): number {
  return epoch.validationAccuracy ?? epoch.trainAccuracy;
}
