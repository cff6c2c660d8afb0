import { SvpError } from '../errors';
import type { RunDirectory } from './run-directory';

/** In a training's folder. */
export const CORRECTNESS = 'correctness.npy';

/**
 * The file into which a run records what was right in which epoch.
 * @param rows trained on, ascending
 * @throws SvpError SVP_E_OPTION without a run's folder, SVP_E_INDEX for a row that is trained on twice an epoch
 */
export function correctnessPath(run: RunDirectory | undefined, rows: Uint32Array): string {
  if (run === undefined) {
    throw new SvpError(
      'SVP_E_OPTION',
      'recordCorrectness writes into the run’s folder: give runDirectory or leaveRunDirectory.',
      { option: 'recordCorrectness' },
    );
  }
  const twice = rows.findIndex((row, i) => i > 0 && row === rows[i - 1]);
  if (twice >= 0) {
    throw new SvpError(
      'SVP_E_INDEX',
      `Row ${rows[twice]} is trained on twice an epoch; its correctness can be recorded once. Name each row once.`,
      { row: rows[twice] },
    );
  }
  return run.file(CORRECTNESS);
}
