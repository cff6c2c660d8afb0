import { types } from 'node:util';
import { z } from 'zod';
import { throwIfAborted } from '../core/abort';
import { checkMatrix, type Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import type { OnProgress } from '../core/progress';
import { SvpError } from '../errors';
import { checkBudget } from './budget';
import { checkIndices } from './indices';
import type { KCentersOptions, Selection, SelectionInput, SelectionMethod } from './method';
import { findMethod } from './registry';

/** Options of `select`. Those of `KCentersOptions` are for the method k-centers alone. */
export interface SelectOptions extends KCentersOptions {
  /** random, least-confidence, margin, entropy, forgetting-events, k-centers, or an alias of one. */
  method: string;
  /** How many rows to pick: 0 … n − initial. */
  budget: number;
  /** k-centers: n × d features, or a .npy path. */
  features?: Matrix | string;
  /** least-confidence, margin, entropy: n × classes logits, before the softmax. */
  logits?: Matrix;
  /** forgetting-events: n counts; Infinity for never learned. */
  forgetting?: Float64Array | Float32Array | Uint32Array | Int32Array;
  /** random: the number of rows n, unless one of the arrays says it. */
  poolSize?: number;
  /** Rows labelled already: never picked, not counted, not returned. */
  initial?: Uint32Array;
  /** Of random, and of k-centers' random choices. Default 0. */
  seed?: number;
  /** Default: as many as the machine has processors. */
  threads?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

const any = z.any().optional();
const schema = z.object({
  method: z.string(),
  budget: z.any(),
  features: any,
  logits: any,
  forgetting: any,
  poolSize: z.int().min(0).optional(),
  initial: any,
  seed: z.int().optional(),
  threads: any,
  signal: any,
  onProgress: any,
  start: any,
  randomInitial: any,
  metric: any,
  radius: any,
  classes: any,
  assignments: any,
  device: any,
  checkpoint: any,
});

const K_CENTERS_ONLY = [
  'start',
  'randomInitial',
  'metric',
  'radius',
  'classes',
  'assignments',
  'device',
  'checkpoint',
] as const;

/**
 * Picks rows of a pool by any method of the registry: the one door behind which they all stand
 * (Selection via Proxy, section 2: active learning and core-set selection differ only in what they hand in here).
 *
 * Rows that score equally keep the lowest row first, so the same input always gives the same answer. Inputs are not
 * changed. A budget of 0 gives an empty answer.
 *
 * @returns `indices` in selection order; `scores` of the whole pool for the methods that score; k-centers adds `radii`
 *   (and `assignments`, `clusterSizes`) and `stats`
 * @throws SvpError SVP_E_OPTION (unknown method or option, an input that the method needs and was not given),
 *   SVP_E_BUDGET, SVP_E_INDEX, SVP_E_SHAPE, SVP_E_NONFINITE, SVP_E_FORMAT (a negative forgetting count), SVP_E_ABORT,
 *   and what the engine throws
 */
export async function select(options: SelectOptions): Promise<Selection> {
  const given = parseOptions(schema, options, 'select') as SelectOptions;
  const method = findMethod(given.method);
  refuseForeignOptions(method, given);
  const input = checkedInput(method, given);
  throwIfAborted(given.signal);
  return method.pick(input);
}

function refuseForeignOptions(method: SelectionMethod, given: SelectOptions): void {
  if (method.needs === 'features') return;
  const option = K_CENTERS_ONLY.find((name) => given[name] !== undefined);
  if (option) {
    throw new SvpError(
      'SVP_E_OPTION',
      `select: the option ${option} is for k-centers, not for ${method.name}.`,
      {
        option,
      },
    );
  }
}

function checkedInput(method: SelectionMethod, given: SelectOptions): SelectionInput {
  const { needs } = method;
  if (needs !== 'nothing' && given[needs] === undefined) {
    throw new SvpError('SVP_E_OPTION', `select: the method ${method.name} needs ${needs}.`, {
      option: needs,
    });
  }
  const input: SelectionInput = {
    poolSize: 0,
    budget: 0,
    seed: given.seed ?? 0,
    threads: given.threads,
    signal: given.signal,
    onProgress: given.onProgress,
    kCenters: Object.fromEntries(
      K_CENTERS_ONLY.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
    ),
  };
  const poolSize = poolSizeOf(method, given);
  if (needs === 'features') input.features = given.features;
  if (needs === 'logits') input.logits = given.logits;
  if (needs === 'forgetting') input.forgetting = checkedCounts(given.forgetting);
  if (poolSize === undefined) return { ...input, budget: given.budget, initial: given.initial };
  const initial = given.initial && checkIndices(given.initial, poolSize, 'select: initial');
  return { ...input, poolSize, initial, budget: checkBudget(given.budget, poolSize, initial?.length) };
}

/** n, from the array that the method reads; undefined for a features file, whose header only the engine reads. */
function poolSizeOf({ needs }: SelectionMethod, given: SelectOptions): number | undefined {
  const sizes: [string, number][] = [];
  for (const name of ['features', 'logits'] as const) {
    const value = given[name];
    if (value === undefined || typeof value === 'string') continue;
    checkMatrix(value, `select: ${name}`);
    sizes.push([name, value.rows]);
  }
  if (given.forgetting !== undefined) sizes.push(['forgetting', given.forgetting.length]);
  if (given.poolSize !== undefined) sizes.push(['poolSize', given.poolSize]);
  const other = sizes.find(([, size]) => size !== sizes[0][1]);
  if (other) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `select: ${sizes[0][0]} says that the pool has ${sizes[0][1]} rows, ${other[0]} says ${other[1]}.`,
    );
  }
  if (sizes.length === 0 && needs === 'nothing') {
    throw new SvpError('SVP_E_OPTION', 'select: random needs poolSize, or an array with a row per example.', {
      option: 'poolSize',
    });
  }
  return sizes[0]?.[1];
}

function checkedCounts(counts: SelectOptions['forgetting']): Float64Array {
  if (types.isFloat64Array(counts)) return counts;
  if (types.isFloat32Array(counts) || types.isUint32Array(counts) || types.isInt32Array(counts)) {
    return Float64Array.from(counts);
  }
  throw new SvpError('SVP_E_SHAPE', 'select: forgetting must be a Float64Array of one count a row.');
}
