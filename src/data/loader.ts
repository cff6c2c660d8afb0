import { types } from 'node:util';
import { z } from 'zod';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import { BatchMaker, type BatchSpec, type BatchTarget, batchCount, pixelsOf } from './batch-maker';
import { checkDataset, type ImageDataset, resolveRows } from './dataset';
import { slotBytes, slotTarget } from './loader-ring';
import { findWorkerFile, WorkerLoader } from './loader-thread';
import { type Batch, checkEpoch, type EpochGuard, type Loader, sizedBatch, startGuard } from './loader-types';
import type { Augmentation } from './transforms/crop-flip';

export type { Batch, Loader } from './loader-types';
export type { Augmentation } from './transforms/crop-flip';

export interface LoaderOptions {
  dataset: ImageDataset;
  /** Rows to draw from; default all. */
  indices?: Uint32Array;
  batchSize: number;
  /** Default false. */
  augment?: false | Augmentation;
  /** A new order each epoch; default true. */
  shuffle?: boolean;
  /** Default 0. */
  seed?: number;
  /** Leaves out a last batch smaller than batchSize; default false. */
  dropLast?: boolean;
  /** 'auto' (default) prepares batches in a worker thread, 'off' in the calling thread; the batches are the same. */
  worker?: 'auto' | 'off';
  signal?: AbortSignal;
}

const schema = z.object({
  dataset: z.custom<ImageDataset>((v) => v !== null && typeof v === 'object', 'must be an ImageDataset'),
  indices: z
    .custom<Uint32Array>((v) => v === undefined || ArrayBuffer.isView(v), 'must be a Uint32Array')
    .optional(),
  batchSize: z.int().min(1).max(1_000_000),
  augment: z
    .union([z.literal(false), z.strictObject({ padding: z.int().min(0).max(1024), flip: z.boolean() })])
    .optional(),
  shuffle: z.boolean().optional(),
  seed: z.int().optional(),
  dropLast: z.boolean().optional(),
  worker: z.enum(['auto', 'off']).optional(),
  signal: z.custom<AbortSignal>((v) => typeof (v as AbortSignal)?.aborted === 'boolean').optional(),
});

/** The bytes on shared memory: as they are if they lie there already, else one copy. */
function shareBytes(bytes: Uint8Array): Uint8Array {
  if (types.isSharedArrayBuffer(bytes.buffer)) return bytes;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/**
 * Mini-batches of a dataset, prepared ahead while the previous one trains. Each is a function of the options, the epoch
 * and its place in it: the same with and without the worker thread, on every machine.
 *
 * The arrays of a batch are reused: they are valid until the next batch is asked for. (tfjs uploads a tensor's values
 * when the tensor is first used: use it before then.) Call close() when done; an unclosed loader keeps its thread,
 * but does not keep the process alive.
 *
 * Memory: three batches, and one copy of the pixels if they do not lie on a SharedArrayBuffer.
 * @throws SvpError SVP_E_OPTION, SVP_E_SHAPE, SVP_E_INDEX, SVP_E_MEMORY; from the iteration SVP_E_ABORT (signal or
 *   close), SVP_E_OPTION (two epochs at once), SVP_E_INTERNAL (the worker thread ended)
 */
export function createLoader(options: LoaderOptions, internal: { workerFile?: string } = {}): Loader {
  const o = parseOptions(schema, options, 'createLoader');
  checkDataset(o.dataset);
  // A copy: the caller may change its array while epochs run.
  const rows = resolveRows(o.indices, o.dataset.count).slice();
  const dropLast = o.dropLast ?? false;
  const spec: BatchSpec = {
    ...pixelsOf(o.dataset),
    rows: dropLast && rows.length < o.batchSize ? rows.subarray(0, 0) : rows,
    // No memory for a batch that cannot be filled.
    batchSize: Math.min(o.batchSize, Math.max(1, rows.length)),
    augment: o.augment ?? false,
    shuffle: o.shuffle ?? true,
    seed: o.seed ?? 0,
    dropLast,
  };
  const workerFile = o.worker === 'off' ? undefined : (internal.workerFile ?? findWorkerFile());
  try {
    if (workerFile === undefined) return new SameThreadLoader(spec, o.signal);
    const shared = { ...spec, images: shareBytes(spec.images), labels: shareBytes(spec.labels) };
    return new WorkerLoader(shared, workerFile, o.signal);
  } catch (cause) {
    if ((cause as Error)?.name !== 'RangeError') throw cause;
    throw new SvpError(
      'SVP_E_MEMORY',
      `createLoader: batches of ${o.batchSize} images do not fit into memory. Use a smaller batchSize.`,
      { cause },
    );
  }
}

/** Prepares each batch when it is asked for. */
class SameThreadLoader implements Loader {
  readonly mode = 'same-thread';
  readonly batches: number;
  readonly examples: number;
  private readonly maker: BatchMaker;
  private readonly guard: EpochGuard;
  private readonly target: BatchTarget;

  constructor(
    private readonly spec: BatchSpec,
    signal: AbortSignal | undefined,
  ) {
    this.batches = batchCount(spec.rows.length, spec.batchSize, spec.dropLast);
    this.examples = spec.dropLast ? this.batches * spec.batchSize : spec.rows.length;
    this.maker = new BatchMaker(spec);
    this.guard = startGuard(signal);
    this.target = slotTarget(new ArrayBuffer(slotBytes(spec)), spec);
  }

  async *epoch(e: number): AsyncGenerator<Batch, void, void> {
    checkEpoch(e);
    const turn = this.guard.begin();
    this.maker.startEpoch(e);
    for (let b = 0; b < this.batches; b++) {
      this.guard.check(turn);
      yield sizedBatch(this.target, this.maker.fill(b, this.target), this.spec);
    }
  }

  async close(): Promise<void> {
    this.guard.close();
  }
}

/**
 * Batches in the order of `indices` (default: all rows in order), never augmented, for evaluation and scoring.
 * Synchronous. The arrays of a batch are reused: valid until the next batch is asked for.
 * @throws SvpError SVP_E_SHAPE, SVP_E_INDEX, SVP_E_OPTION
 */
export function* evaluationBatches(
  dataset: ImageDataset,
  indices: Uint32Array | undefined,
  batchSize: number,
): Generator<Batch, void, void> {
  checkDataset(dataset);
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new SvpError('SVP_E_OPTION', `batchSize must be a whole number of at least 1, not ${batchSize}.`, {
      option: 'batchSize',
    });
  }
  const rows = resolveRows(indices, dataset.count);
  const spec: BatchSpec = {
    ...pixelsOf(dataset),
    rows,
    batchSize: Math.min(batchSize, Math.max(1, rows.length)),
    augment: false,
    shuffle: false,
    seed: 0,
    dropLast: false,
  };
  const maker = new BatchMaker(spec);
  const target = slotTarget(new ArrayBuffer(slotBytes(spec)), spec);
  const batches = batchCount(rows.length, spec.batchSize, false);
  for (let b = 0; b < batches; b++) yield sizedBatch(target, maker.fill(b, target), spec);
}
