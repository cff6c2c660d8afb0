import { types } from 'node:util';
import { z } from 'zod';
import type { Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import { Random } from '../core/random';
import { SvpError } from '../errors';
import { type CallOptions, callOptions } from '../native/call-options';
import { featureShape, type KCenterVerifyStep, kCenterVerify } from '../native/k-center-verify';
import { checkIndices } from './indices';
import { plannedRuns, sampleSteps, type VerifyRun } from './verify-plan';

const rowsSchema = z.custom<Uint32Array>((value) => types.isUint32Array(value), 'must be a Uint32Array');

const schema = z.object({
  ...callOptions,
  indices: rowsSchema,
  radii: z
    .custom<ArrayLike<number | null>>(
      (v) => Array.isArray(v) || types.isFloat64Array(v),
      'must be an array of numbers',
    )
    .optional(),
  initial: rowsSchema.optional(),
  metric: z.enum(['euclidean', 'cosine']).optional(),
  labels: rowsSchema.optional(),
  randomInitial: z.number().int().min(0).optional(),
  steps: z.union([z.number().int().min(1), z.literal('all')]).optional(),
  rows: z.union([z.number().int().min(1), z.literal('all')]).optional(),
  seed: z.number().int().optional(),
});

export interface VerifyOptions extends CallOptions {
  /** The picks in order (with `labels`, class after class), as kCenterGreedy returned them. */
  indices: Uint32Array;
  /** Their radii, to be compared to the bit; null stands for Infinity, as in JSON. Left out: only the picks are checked. */
  radii?: ArrayLike<number | null>;
  /** The initial pool of the selection. */
  initial?: Uint32Array;
  /** Default 'euclidean'. */
  metric?: 'euclidean' | 'cosine';
  /** The class of each row, for a selection within each class. */
  labels?: Uint32Array;
  /** This many first picks were random: only their radii are checked. Default 0. */
  randomInitial?: number;
  /** How many steps to check, drawn at random, the last one always among them; default 20. */
  steps?: number | 'all';
  /**
   * How many rows compete at each step: 'all', or that many at random (at least the picks up to 64 places after each
   * step, which are the likeliest to be farther). Default: all, where that is at most 8 · 10¹¹ differences (about a
   * minute on two cores), else as many as that allows.
   */
  rows?: number | 'all';
  /** Of the draws; default 0. */
  seed?: number;
}

/** One step that was checked. */
export interface VerifiedStep extends KCenterVerifyStep {
  /** Position among the picks. */
  position: number;
  /** The row that was picked there. */
  row: number;
  /** What is wrong, in words; undefined where nothing is. */
  problem?: string;
}

export interface Verification {
  /** Every checked step is what the definition says. */
  verified: boolean;
  steps: VerifiedStep[];
  /** Rows that competed, and rows of the pool. */
  rows: number;
  poolSize: number;
}

/**
 * Checks a finished greedy k-centers selection ("Selection via Proxy", section 2.1) by brute force in float64, at random
 * steps: was each pick the row farthest from all centers before it (the lowest on ties), and is its radius that
 * distance, to the bit? The first pick without an initial pool, and random first picks, are free; their distances are not.
 * The rows are a sample where all would take too long (`rows`); the result says so.
 *
 * @param features as for kCenterGreedy: a matrix, or the path of a .npy file
 * @throws SvpError SVP_E_INDEX (a pick twice, or outside the pool), SVP_E_SHAPE, SVP_E_OPTION, and what reading throws;
 *   a wrong selection is no error but `verified: false`
 */
export async function verifySelection(
  features: Matrix | string,
  options: VerifyOptions,
): Promise<Verification> {
  const o = parseOptions(schema, options, 'verifySelection');
  const shape = featureShape(features);
  const { indices, initial = new Uint32Array(0), labels, radii } = o;
  const centers = new Uint32Array(initial.length + indices.length);
  centers.set(initial);
  centers.set(indices, initial.length);
  checkIndices(centers, shape.rows, initial.length > 0 ? 'initial and indices together' : 'indices');
  for (const [name, list, length] of [
    ['labels', labels, shape.rows],
    ['radii', radii, indices.length],
  ] as const) {
    if (list === undefined || list.length === length) continue;
    throw new SvpError('SVP_E_SHAPE', `${name} must hold ${length} values, not ${list.length}.`, {
      option: name,
    });
  }
  const random = new Random(o.seed ?? 0);
  const runs = plannedRuns(shape.rows, { indices, initial, labels });
  sampleSteps(runs, o.steps ?? 20, random);
  const competing = chooseRows(runs, o.rows, shape, random);
  const found = await kCenterVerify(
    features,
    runs.map(({ rows, centers: those, steps }) => ({ rows, centers: those, steps: Uint32Array.from(steps) })),
    { metric: o.metric, threads: o.threads, signal: o.signal, onProgress: o.onProgress },
  );
  const steps: VerifiedStep[] = [];
  for (const run of runs) {
    for (const step of run.steps) {
      const position = run.positions[step - run.initial];
      const checked: VerifiedStep = { position, row: indices[position], ...found[steps.length] };
      const problem = problemOf(checked, position >= (o.randomInitial ?? 0), radii?.[position]);
      steps.push(problem === undefined ? checked : { ...checked, problem });
    }
  }
  steps.sort((a, b) => a.position - b.position);
  return {
    verified: steps.every((step) => step.problem === undefined),
    steps,
    rows: competing,
    poolSize: shape.rows,
  };
}

function problemOf(
  step: VerifiedStep,
  greedy: boolean,
  radius: number | null | undefined,
): string | undefined {
  const { row, farthestRow, farthest, picked } = step;
  if (greedy && farthest > picked) {
    return `row ${row} was picked at distance ${picked}, but row ${farthestRow} is farther, at ${farthest}`;
  }
  if (greedy && farthestRow < row && farthest === picked) {
    return `row ${row} was picked, but row ${farthestRow} is as far (${farthest}) and lower`;
  }
  const claimed = radius === null ? Number.POSITIVE_INFINITY : radius;
  if (claimed !== undefined && claimed !== picked) {
    return `the radius of row ${row} is ${picked}, but the selection says ${claimed}`;
  }
  return undefined;
}

/** Differences that the default number of rows leads to at most. */
const MOST_DIFFERENCES = 8e11;

/** Leaves in each run the rows that compete; returns how many there are in all. */
function chooseRows(
  runs: VerifyRun[],
  wanted: number | 'all' | undefined,
  { rows, columns }: { rows: number; columns: number },
  random: Random,
): number {
  const last = runs.reduce((most, run) => Math.max(most, run.steps.at(-1) ?? 0), 1);
  const affordable = Math.max(256, Math.floor(MOST_DIFFERENCES / (last * Math.max(1, columns))));
  const share = wanted === 'all' ? 1 : (wanted ?? affordable) / Math.max(1, rows);
  let sum = 0;
  for (const run of runs) {
    if (share < 1) run.sample(share, random);
    sum += run.rows.length;
  }
  return sum;
}
