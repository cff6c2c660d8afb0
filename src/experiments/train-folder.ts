import { promises as fs } from 'node:fs';
import { SvpError } from '../errors';
import { CORRECTNESS } from './record-correctness';
import { RunDirectory } from './run-directory';

export interface TrainFolderOptions {
  runDirectory?: string | undefined;
  leaveRunDirectory?: boolean | undefined;
  resume?: boolean | undefined;
  force?: boolean | undefined;
}

/**
 * The folder of one training: the one to go on with, a new one, or none where none is wanted.
 * @throws SvpError SVP_E_OPTION (resume without a folder), SVP_E_EXISTS, SVP_E_WRITE
 */
export async function trainFolder(o: TrainFolderOptions & { leaveRunDirectory: true }): Promise<RunDirectory>;
export async function trainFolder(o: TrainFolderOptions): Promise<RunDirectory | undefined>;
export async function trainFolder(o: TrainFolderOptions): Promise<RunDirectory | undefined> {
  const { runDirectory, resume, force } = o;
  if (resume) {
    if (runDirectory === undefined) {
      throw new SvpError('SVP_E_OPTION', 'To resume, name the run’s folder (runDirectory, --run-dir).', {
        option: 'resume',
      });
    }
    // Nothing there yet: the run starts afresh, so that the same command can simply be given again.
    const present = await fs.readdir(runDirectory).catch(() => [] as string[]);
    if (present.length > 0) return RunDirectory.open(runDirectory);
  }
  if (runDirectory === undefined && !o.leaveRunDirectory) return undefined;
  const run = await RunDirectory.create('train', runDirectory, force);
  // What an earlier training recorded is not about this one, which may record nothing.
  await fs.rm(run.file(CORRECTNESS), { force: true });
  return run;
}
