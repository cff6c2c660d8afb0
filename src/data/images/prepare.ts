import { BrokenImage, decodeImage } from './decode';
import { writePlainJpeg, writeView } from './engine';
import { type ImagePlan, viewOf } from './plan';
import { readImageFile } from './read-image-file';

/** Images of one stretch of a batch; plain data, for threads. */
export interface PrepareTask {
  /** Full paths. */
  files: string[];
  /** Row of each file in its data set: it decides the random crop. */
  rows: number[];
  /** From epochKey; 0 where nothing is random. */
  key: number;
  /** The batch's memory, and where the first image goes, in items. */
  memory: ArrayBufferLike;
  at: number;
}

/** An image of a task that could not be read. */
export interface BrokenPart {
  /** Place in the task's files. */
  index: number;
  reason: string;
}

/** Images at a time in one thread: while one is in sharp's hands, another is decoded or scaled here. */
const AT_ONCE = 2;

/** Values of one prepared image. */
function itemLength(plan: ImagePlan): number {
  return plan.height * plan.width * plan.channels;
}

/** Bytes of one prepared image. */
export function itemBytes(plan: ImagePlan): number {
  return itemLength(plan) * (plan.dtype === 'uint8' ? 1 : 4);
}

/** Prepares the images of tasks in the calling thread; what a worker thread runs, too. */
export class ImagePreparer {
  constructor(private readonly plan: ImagePlan) {}

  /** Fills the task's part of the batch; images that cannot be read become zeros and are returned. */
  async run(task: PrepareTask): Promise<BrokenPart[]> {
    const broken: BrokenPart[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < task.files.length) {
        const index = next++;
        const target = this.place(task, index);
        try {
          await this.prepare(task, index, target);
        } catch (cause) {
          if (!(cause instanceof BrokenImage)) throw cause;
          target.fill(0);
          broken.push({ index, reason: cause.message });
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return broken.sort((a, b) => a.index - b.index);
  }

  private place(task: PrepareTask, index: number): Float32Array | Uint8Array {
    const bytes = itemBytes(this.plan);
    const length = itemLength(this.plan);
    const start = (task.at + index) * bytes;
    return this.plan.dtype === 'uint8'
      ? new Uint8Array(task.memory, start, length)
      : new Float32Array(task.memory, start, length);
  }

  private async prepare(task: PrepareTask, index: number, target: Float32Array | Uint8Array): Promise<void> {
    const bytes = readImageFile(task.files[index]);
    const view = (size: { width: number; height: number }) =>
      viewOf(this.plan, size, task.key, task.rows[index]);
    if (writePlainJpeg(target, bytes, view, this.plan)) return;
    // sharp works on its own threads, while the other image uses the kept memory.
    const image = await decodeImage(Buffer.from(bytes), this.plan);
    writeView(target, image, view(image), this.plan);
  }
}
