import * as path from 'node:path';
import { unlessAborted } from '../../core/abort';
import { Random } from '../../core/random';
import { SvpError } from '../../errors';
import { batchCount } from '../batch-maker';
import { type ImageFileDataset, readPath } from '../image-files';
import { type Batch, checkEpoch, type EpochGuard, type Loader, startGuard } from '../loader-types';
import { epochKey } from '../transforms/crop-flip';
import { type ImagePlan, imagePlan } from './plan';
import { itemBytes, type PrepareTask } from './prepare';
import { prepareOrOriginal } from './prepare-or-original';
import { PrepareThreads } from './prepare-threads';

export interface ImageFileLoaderSpec {
  dataset: ImageFileDataset;
  /** The rows of one epoch, before shuffling. */
  rows: Uint32Array;
  batchSize: number;
  /** Random resized crop and flip; false: the middle. */
  augment: boolean;
  shuffle: boolean;
  seed: number;
  dropLast: boolean;
  /** Decoding threads; 0: in the calling thread. Default: the machine's cores. */
  threads?: number;
  signal?: AbortSignal;
}

/** One batch in use, two in preparation. */
const SLOTS = 3;
/** Images of a task: a batch is shared by the threads. */
const TASK = 4;

/** How a data set's files become batches. */
function planOf(dataset: ImageFileDataset, augment: boolean): ImagePlan {
  const { height, width, channels, mean, std, resize } = dataset;
  return imagePlan(
    { layout: 'nhwc', height, width, channels, mean, std, resize, ...(augment && { randomCrop: {} }) },
    'image files',
  );
}

interface Pending {
  slot: number;
  rows: number[];
  ready: Promise<void>;
}

/**
 * Mini-batches of images that stay in their files: decoded, cropped and normalised by worker threads two batches ahead,
 * also while the calling thread trains. What a batch holds is a function of the spec, the epoch and its place.
 *
 * Memory: three batches, and per thread two images being decoded.
 */
export class ImageFileLoader implements Loader {
  readonly mode: 'worker' | 'same-thread';
  readonly batches: number;
  readonly examples: number;
  private readonly guard: EpochGuard;
  private readonly plan: ImagePlan;
  private readonly threads: PrepareThreads;
  private readonly slots: SharedArrayBuffer[];
  private readonly last: Promise<void>[] = [];

  constructor(private readonly spec: ImageFileLoaderSpec) {
    const { dataset, rows, batchSize, dropLast } = spec;
    this.batches = batchCount(rows.length, batchSize, dropLast);
    this.examples = dropLast ? this.batches * batchSize : rows.length;
    this.guard = startGuard(spec.signal);
    this.plan = planOf(dataset, spec.augment);
    // All tasks of the batches ahead are with the threads: a training step keeps this thread for a second.
    this.threads = new PrepareThreads(this.plan, spec.threads, Number.POSITIVE_INFINITY);
    this.mode = this.threads.threads > 0 ? 'worker' : 'same-thread';
    const ring = Math.min(SLOTS, Math.max(1, this.batches));
    this.slots = Array.from({ length: ring }, () => new SharedArrayBuffer(batchSize * itemBytes(this.plan)));
  }

  async *epoch(e: number): AsyncGenerator<Batch, void, void> {
    checkEpoch(e);
    const turn = this.guard.begin();
    const { rows, seed, shuffle, signal } = this.spec;
    const key = epochKey(seed, e);
    const order = shuffle ? new Random(key).shuffle(rows.slice()) : rows;
    const ahead: Pending[] = [];
    let next = 0;
    for (let b = 0; b < this.batches; b++) {
      this.guard.check(turn);
      // The batch in use has a slot of its own: it is not written to before the next one is asked for.
      while (ahead.length < this.slots.length && next < this.batches)
        ahead.push(this.prepare(order, next++, key));
      const pending = ahead.shift() as Pending;
      await unlessAborted(signal, pending.ready);
      this.guard.check(turn);
      yield this.batch(pending);
    }
  }

  private prepare(order: Uint32Array, b: number, key: number): Pending {
    const { dataset, batchSize } = this.spec;
    const slot = b % this.slots.length;
    const rows = Array.from(order.subarray(b * batchSize, (b + 1) * batchSize));
    // An epoch that was broken off may still be writing into the slot.
    const free = this.last[slot] ?? Promise.resolve();
    const ready = free
      .catch(() => {})
      .then(async () => {
        const tasks: Promise<void>[] = [];
        for (let at = 0; at < rows.length; at += TASK) {
          const part = rows.slice(at, at + TASK);
          const files = part.map((row) => readPath(dataset, row));
          tasks.push(this.run({ files, rows: part, key, memory: this.slots[slot], at }));
        }
        await Promise.all(tasks);
      });
    // Its failure is told when its turn comes.
    ready.catch(() => {});
    this.last[slot] = ready;
    return { slot, rows, ready };
  }

  private async run(task: PrepareTask): Promise<void> {
    const { folder, files } = this.spec.dataset;
    const originals = task.rows.map((row) => path.join(folder, files[row]));
    const [broken] = await prepareOrOriginal(this.threads, task, originals);
    if (broken === undefined) return;
    const file = originals[broken.index];
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file} cannot be trained on or tested with: ${broken.reason}. Mend it, or take it out of the folder.`,
      { file, row: task.rows[broken.index] },
    );
  }

  private batch({ slot, rows }: Pending): Batch {
    const { dataset } = this.spec;
    const size = rows.length;
    const length = size * this.plan.height * this.plan.width * this.plan.channels;
    return {
      values: new Float32Array(this.slots[slot], 0, length),
      labels: Int32Array.from(rows, (row) => dataset.labels[row]),
      indices: Uint32Array.from(rows),
      size,
    };
  }

  async close(): Promise<void> {
    this.guard.close();
    await this.threads.close();
  }
}
