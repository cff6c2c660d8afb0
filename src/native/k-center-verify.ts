import { checkMatrix, type Matrix } from '../core/matrix';
import { SvpError } from '../errors';
import { allocate } from './allocate';
import type { CallOptions } from './call-options';
import type { NativeKCenterVerifyRun } from './contract';
import { runJob, toSvpError } from './job';
import { instructionSet, loadAddon } from './load';
import { type Pin, pin } from './pin';

/** Rows and columns of features, wherever they are. */
export function featureShape(features: Matrix | string): { rows: number; columns: number } {
  if (typeof features !== 'string') {
    checkMatrix(features, 'features');
    return features;
  }
  try {
    return loadAddon().npyShape(features);
  } catch (error) {
    throw toSvpError(error);
  }
}

/** What the definition of greedy k-centers says of one step. Distances are not squared. */
export interface KCenterVerifyStep {
  /** The row farthest from all centers before the step, lowest on ties, and its distance. */
  farthestRow: number;
  farthest: number;
  /** Distance of the row that was picked. */
  picked: number;
}

/**
 * Brute force in float64 (docs/NUMERICS.md, "Exact") for some steps of finished selections: no filter, nothing shared
 * with the engine but the distance itself. O(rows · last step · columns) time per run.
 *
 * @param runs per selection (of the pool, or of one class): the rows that compete, the centers in order, the positions to check
 * @returns one entry per step, runs in order
 * @throws SvpError SVP_E_INDEX, SVP_E_NONFINITE, SVP_E_FILE, SVP_E_FORMAT, SVP_E_SHAPE, SVP_E_MEMORY, SVP_E_ABORT, SVP_E_RUNTIME
 */
export async function kCenterVerify(
  features: Matrix | string,
  runs: NativeKCenterVerifyRun[],
  options: CallOptions & { metric?: 'euclidean' | 'cosine' } = {},
): Promise<KCenterVerifyStep[]> {
  const { rows, columns } = featureShape(features);
  if (rows >= 2 ** 32 - 1) throw new SvpError('SVP_E_SHAPE', 'features have more rows than 2^32 − 2.');
  const steps = runs.reduce((sum, run) => sum + run.steps.length, 0);
  const outputRows = allocate(Uint32Array, steps, `A check of ${steps} steps`);
  const outputSquares = allocate(Float64Array, 2 * steps, `A check of ${steps} steps`);
  const addon = loadAddon();
  const pins: Pin<Float32Array>[] = typeof features === 'string' ? [] : [pin(features.data)];
  await runJob(
    () =>
      addon.kCenterVerify(
        pins[0]?.array ?? null,
        rows,
        columns,
        typeof features === 'string' ? features : null,
        runs,
        options.metric === 'cosine',
        options.threads ?? 0,
        outputRows,
        outputSquares,
        instructionSet(),
      ),
    {
      signal: options.signal,
      onProgress: options.onProgress,
      stage: 'verify',
      unit: 'pairs',
      total: runs.reduce((sum, run) => sum + run.rows.length * (run.steps.at(-1) ?? 0), 0),
      pins,
    },
  );
  return Array.from(outputRows, (farthestRow, s) => ({
    farthestRow,
    farthest: Math.sqrt(outputSquares[2 * s]),
    picked: Math.sqrt(outputSquares[2 * s + 1]),
  }));
}
