import { z } from 'zod';
import { checkMatrix, type Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import { allocate } from './allocate';
import { type CallOptions, callOptions } from './call-options';
import { type Device, deviceOption, nativeDevice } from './device';
import { runJob } from './job';
import { instructionSet, loadAddon } from './load';
import { pin } from './pin';

const schema = z.object({
  ...callOptions,
  metric: z.enum(['euclidean', 'cosine']).optional(),
  squared: z.boolean().optional(),
  device: deviceOption,
});

export interface PairwiseDistancesOptions extends CallOptions {
  /** Default 'euclidean'. 'cosine' is the Euclidean distance of the rows scaled to length 1, sqrt(2 − 2 cos). */
  metric?: 'euclidean' | 'cosine';
  /** Squared distances instead of distances; default false. */
  squared?: boolean;
  /** Default 'auto', which is the processor: the result leaves a device too slowly to gain from it. */
  device?: Device;
}

/**
 * All distances between the rows of `a` and the rows of `b`, in float64 and the same to the bit for every number of
 * threads and instruction set (docs/NUMERICS.md). O(rows(a) · rows(b) · columns) time, rows(a) · rows(b) · 8 bytes for
 * the result. The inputs are not changed; do not write to them or transfer them while the call runs.
 *
 * @returns rows(a) × rows(b), row-major: the distance of a's row i and b's row j is at i · rows(b) + j
 * @throws SvpError SVP_E_SHAPE (column counts differ), SVP_E_NONFINITE (NaN or ±Infinity, or for cosine a row of zeros;
 *   names the row), SVP_E_MEMORY, SVP_E_OPTION, SVP_E_ABORT, SVP_E_DEVICE, SVP_E_RUNTIME
 */
export async function pairwiseDistances(
  a: Matrix,
  b: Matrix,
  options?: PairwiseDistancesOptions,
): Promise<Float64Array> {
  checkMatrix(a, 'a');
  checkMatrix(b, 'b');
  const o = parseOptions(schema, options, 'pairwiseDistances');
  if (a.columns !== b.columns) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `a has ${a.columns} columns and b has ${b.columns}: rows of different length have no distance.`,
    );
  }
  const addon = loadAddon();
  const output = allocate(Float64Array, a.rows * b.rows, `A ${a.rows} × ${b.rows} distance matrix`);
  const left = pin(a.data);
  const right = a.data === b.data ? left : pin(b.data);
  await runJob(
    () =>
      addon.pairwiseDistances(
        left.array,
        a.rows,
        right.array,
        b.rows,
        a.columns,
        o.metric === 'cosine',
        o.squared ?? false,
        o.threads ?? 0,
        output,
        instructionSet(),
        nativeDevice(o.device),
      ),
    {
      signal: o.signal,
      onProgress: o.onProgress,
      stage: 'pairwise distances',
      unit: 'pairs',
      total: output.length,
      pins: [left, right],
    },
  );
  return output;
}
