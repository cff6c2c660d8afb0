import { types } from 'node:util';
import { z } from 'zod';
import { checkMatrix, type Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import { allocate } from './allocate';
import { type CallOptions, callOptions } from './call-options';
import type { NativeKCenterOptions, NativeKCenterResult, NativeKCenterRun } from './contract';
import { type Device, deviceOption, nativeDevice } from './device';
import { runJob, toSvpError } from './job';
import { type KCenterPlan, planKCenters } from './k-center-plan';
import { instructionSet, loadAddon } from './load';
import { type Pin, pin } from './pin';

const schema = z.object({
  ...callOptions,
  budget: z.custom<number>((value) => typeof value === 'number', 'must be a number'),
  initial: z.custom<Uint32Array>((value) => types.isUint32Array(value), 'must be a Uint32Array').optional(),
  start: z.union([z.number().int().min(0), z.literal('random')]).optional(),
  randomInitial: z.number().int().min(0).optional(),
  metric: z.enum(['euclidean', 'cosine']).optional(),
  radius: z.number().min(0).optional(),
  classes: z
    .strictObject({
      labels: z.custom<Uint32Array>((value) => types.isUint32Array(value), 'must be a Uint32Array'),
      budgets: z.array(z.number()).optional(),
    })
    .optional(),
  assignments: z.boolean().optional(),
  seed: z.number().int().optional(),
  device: deviceOption,
  checkpoint: z
    .strictObject({ path: z.string().min(1), everyMs: z.number().int().min(0).optional() })
    .optional(),
});

export interface KCenterGreedyOptions extends CallOptions {
  /** How many rows to pick, 0 … rows − initial.length. Equal to the number of rows: a full ranking. */
  budget: number;
  /** Existing pool s⁰: centers from the beginning, never picked, not counted, not returned. Distinct rows. */
  initial?: Uint32Array;
  /** The first pick when there is no initial pool; default 'random' (by `seed`). */
  start?: number | 'random';
  /** The paper's core-set protocol: this many random picks first (by `seed`), counted and returned. Default 0. */
  randomInitial?: number;
  /** Default 'euclidean'. 'cosine' is the Euclidean distance of the rows scaled to length 1. */
  metric?: 'euclidean' | 'cosine';
  /** Stop once the covering radius is at most this; fewer than `budget` rows are returned then. */
  radius?: number;
  /**
   * Select within each class on its own: `labels` has one class 0, 1, 2 … for each row, `budgets` one count for each
   * class, adding up to `budget`; by default `budget` is shared in proportion to what each class has left (largest
   * remainders). Picks come class after class, in pick order. `initial` rows belong to their own class.
   */
  classes?: { labels: Uint32Array; budgets?: number[] };
  /** Also say which center is nearest to each row. Default false. */
  assignments?: boolean;
  /** Of every random draw; default 0. */
  seed?: number;
  /**
   * 'cpu'; 'cuda' (all devices that are visible) or 'cuda:0,1' (these), which fail where CUDA cannot be used; default
   * 'auto': CUDA where it can be used and the job is worth starting it (rows × centers × columns of at least 1e11), else
   * the processor. Picks and radii are the same to the bit.
   */
  device?: Device;
  /**
   * Saves the selection here every `everyMs` (default 60,000) and at the end; an existing file of the same features and
   * options is continued. With a larger budget it extends a finished selection; with rows appended to the features it
   * keeps the picks and goes on in the larger pool. A second generation is kept beside it as `path`.previous.
   */
  checkpoint?: { path: string; everyMs?: number };
}

/** What a selection took. Times are seconds of wall clock. */
export interface KCenterStats {
  /** 'cpu' or 'cuda'. */
  backend: string;
  /** Why not CUDA, where the device was left open. */
  deviceNote?: string;
  instructionSet: string;
  threads: number;
  /** How the features came: 'float32', 'float16', or 'float64, rounded to float32'. */
  input: string;
  /** Picks taken over from the checkpoint. */
  resumedPicks: number;
  /** Blocks of picks, and times that sleeping rows were woken. */
  rounds: number;
  epochs: number;
  /** Shares of rows × picks: pairs that went through the filter's product, and that survived it. */
  pairsShare: number;
  refinedShare: number;
  /** Distances evaluated in float64. */
  exactEvaluations: number;
  /** Length of the filter's product at the end; `columns` rounded up where it is dense. */
  filterColumns: number;
  seconds: number;
  phases: { load: number; wake: number; update: number; block: number };
  /** Most bytes that the engine held beside the features. */
  peakBytes: number;
}

export interface KCenterGreedyResult {
  /** Picks in order; with `classes`, class after class. Distinct. */
  indices: Uint32Array;
  /**
   * Distance of each pick to the centers before it: the covering radius until then. Infinity for a first pick without
   * centers before it. Never increasing, except among and right after random first picks.
   */
  radii: Float64Array;
  /**
   * With `assignments`: for each row the position of its nearest center in [...initial, ...indices] (with `classes`, of
   * its class; initial class after class); ties go to the lower position.
   */
  assignments?: Uint32Array;
  /** With `assignments`: how many rows each of these centers has, itself included. */
  clusterSizes?: Uint32Array;
  /** With `classes`: how many picks each class has. */
  classCounts?: Uint32Array;
  stats: KCenterStats;
}

/** Not part of the public surface: forces a strategy, so that tests reach every path with small inputs. */
export interface KCenterTuning {
  filter?: 'dense' | 'projected';
  filterColumns?: number;
  block?: number;
  wake?: number;
}

/** SVP_KCENTER_FILTER, _FILTER_COLUMNS, _BLOCK and _WAKE, read once per call. */
function tuning(): Pick<
  NativeKCenterOptions,
  'instructionSet' | 'filter' | 'filterColumns' | 'block' | 'wake'
> {
  const {
    SVP_KCENTER_FILTER: filter,
    SVP_KCENTER_FILTER_COLUMNS,
    SVP_KCENTER_BLOCK,
    SVP_KCENTER_WAKE,
  } = process.env;
  return {
    instructionSet: instructionSet(),
    filter: filter === 'dense' || filter === 'projected' ? filter : 'automatic',
    filterColumns: Number(SVP_KCENTER_FILTER_COLUMNS) || 0,
    block: Number(SVP_KCENTER_BLOCK) || 0,
    wake: Number(SVP_KCENTER_WAKE) || 0,
  };
}

/** A selection ready to run: arguments of the addon's operation and what its result means. */
export interface PreparedKCenters {
  plan: KCenterPlan;
  rows: number;
  input: string;
  indices: Uint32Array;
  radii: Float64Array;
  run(): Promise<KCenterGreedyResult>;
}

/** Everything before the engine starts: checks, draws, allocation. Throws what kCenterGreedy rejects with. */
export function prepareKCenters(features: Matrix | string, options: KCenterGreedyOptions): PreparedKCenters {
  const o = parseOptions(schema, options, 'kCenterGreedy');
  if (typeof features !== 'string') checkMatrix(features, 'features');
  const addon = loadAddon();
  let rows: number;
  let columns: number;
  let input = 'float32';
  if (typeof features === 'string') {
    let shape: ReturnType<typeof addon.npyShape>;
    try {
      shape = addon.npyShape(features);
    } catch (error) {
      throw toSvpError(error);
    }
    ({ rows, columns } = shape);
    input = shape.dtype === 'float64' ? 'float64, rounded to float32' : shape.dtype;
  } else {
    ({ rows, columns } = features);
  }
  const plan = planKCenters(rows, o);
  const centers = plan.runs.reduce((sum, run) => sum + run.initial.length, 0) + o.budget;
  if (
    o.assignments &&
    rows > 0 &&
    plan.runs.some((run) => run.initial.length + run.budget === 0 && run.rows?.length !== 0)
  ) {
    throw new SvpError('SVP_E_OPTION', 'assignments need a center: give a budget or an initial pool.', {
      option: 'assignments',
    });
  }
  const indices = allocate(Uint32Array, o.budget, `A selection of ${o.budget}`);
  const radii = allocate(Float64Array, o.budget, `A selection of ${o.budget}`);
  const assignments = o.assignments ? allocate(Uint32Array, rows, `Assignments of ${rows} rows`) : null;
  const nativeOptions: NativeKCenterOptions = {
    cosine: o.metric === 'cosine',
    radius: o.radius ?? -1,
    threads: o.threads ?? 0,
    checkpoint: o.checkpoint?.path ?? '',
    checkpointEveryMs: o.checkpoint?.everyMs ?? 60_000,
    identity: plan.identity,
    ...tuning(),
    device: nativeDevice(o.device),
  };
  const run = async (): Promise<KCenterGreedyResult> => {
    const pins: Pin<Float32Array>[] = typeof features === 'string' ? [] : [pin(features.data)];
    const path = typeof features === 'string' ? features : null;
    const native = await runJob(
      () =>
        addon.kCenterGreedy(
          pins[0]?.array ?? null,
          rows,
          columns,
          path,
          plan.runs,
          nativeOptions,
          indices,
          radii,
          assignments,
        ),
      {
        signal: o.signal,
        onProgress: o.onProgress,
        stage: 'k-centers',
        unit: 'picks',
        total: o.budget,
        pins,
      },
    );
    const done = native.picked.reduce((sum, count) => sum + count, 0);
    const result: KCenterGreedyResult = {
      indices: done === o.budget ? indices : indices.slice(0, done),
      radii: done === o.budget ? radii : radii.slice(0, done),
      stats: stats(native, rows, Math.max(1, centers), input),
    };
    if (o.classes) result.classCounts = Uint32Array.from(native.picked);
    if (assignments) {
      result.assignments = assignments;
      result.clusterSizes = new Uint32Array(initialCenters(plan.runs) + done);
      for (const center of assignments) result.clusterSizes[center]++;
    }
    return result;
  };
  return { plan, rows, input, indices, radii, run };
}

function initialCenters(runs: NativeKCenterRun[]): number {
  return runs.reduce((sum, run) => sum + run.initial.length, 0);
}

function stats(native: NativeKCenterResult, rows: number, centers: number, input: string): KCenterStats {
  const all = Math.max(1, rows * centers);
  return {
    backend: native.backend,
    ...(native.deviceNote ? { deviceNote: native.deviceNote } : {}),
    instructionSet: native.instructionSet,
    threads: native.threads,
    input,
    resumedPicks: native.resumedPicks,
    rounds: native.rounds,
    epochs: native.epochs,
    pairsShare: native.pairs / all,
    refinedShare: native.pairsRefined / all,
    exactEvaluations: native.exact,
    filterColumns: native.filterColumns,
    seconds: native.seconds,
    phases: {
      load: native.loadSeconds,
      wake: native.wakeSeconds,
      update: native.updateSeconds,
      block: native.blockSeconds,
    },
    peakBytes: native.peakBytes,
  };
}

/**
 * Greedy k-centers, exactly as the loop that looks at every row for every pick would choose ("Selection via Proxy",
 * section 2.1, after Wolf, 2011, and Sener and Savarese, 2018): each pick is the row farthest from all centers so far;
 * ties go to the lowest row. The same indices and radii to the bit for any number of threads and instruction set
 * (docs/NUMERICS.md).
 *
 * @param features rows × columns, or the path of a .npy file (float32, float16 or float64) that the engine maps itself,
 *   of any size
 * @throws SvpError SVP_E_BUDGET and SVP_E_INDEX (with both numbers), SVP_E_NONFINITE (names row and column),
 *   SVP_E_SHAPE, SVP_E_OPTION, SVP_E_FILE, SVP_E_FORMAT, SVP_E_CHECKPOINT, SVP_E_WRITE, SVP_E_MEMORY, SVP_E_DEVICE,
 *   SVP_E_ABORT, SVP_E_RUNTIME
 */
export async function kCenterGreedy(
  features: Matrix | string,
  options: KCenterGreedyOptions,
): Promise<KCenterGreedyResult> {
  return prepareKCenters(features, options).run();
}
