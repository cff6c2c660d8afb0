import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { throwIfAborted } from '../../core/abort';
import { temporaryOf } from '../../core/atomic-file';
import { type OnProgress, ProgressMeter } from '../../core/progress';
import type { ResizedFiles } from '../image-files';
import { ImageResizer, type ResizeResult, type ResizeSetting, type ResizeTask } from './resize';
import { TaskThreads } from './task-threads';

/** Raised whenever what is kept would differ: older files are then not found. */
const VERSION = 1;
/** Files that a thread takes at a time: few, so that threads end together and progress is seen. */
const TASK = 16;
/** A temporary file that has not changed for so long is a killed process's, not that of one at work. */
const ABANDONED_MS = 3_600_000;

export interface ResizedImagesOptions {
  /** For the progress: 'imagenet/train'. */
  name: string;
  /** Absolute path. */
  folder: string;
  /** Relative to it. */
  files: readonly string[];
  /** Shorter side in pixels of what is kept. */
  side: number;
  /** The cache's folder; files go to its datasets/resized-images. */
  cache: string;
  /** Default: the machine's cores. 0: in the calling thread. */
  threads?: number;
  signal?: AbortSignal;
  /** Told once a file had to be converted; a load that finds everything says nothing. */
  onProgress?: OnProgress;
}

/**
 * Smaller copies of a folder's images, from the cache; what is not there, or has another size or time of change now, is decoded,
 * scaled and kept as JPEG first, by worker threads. An image whose shorter side is not longer, and one that cannot be read,
 * stands for itself. An interrupted conversion goes on where it was: each file counts once it is there.
 *
 * Cost: two file states per image once all is there.
 * @throws SvpError SVP_E_WRITE (full disk), SVP_E_ABORT, SVP_E_MEMORY, SVP_E_INTERNAL (a thread ended)
 */
export async function resizedImages(o: ResizedImagesOptions): Promise<ResizedFiles> {
  const { name, folder, files, side, cache: root, signal } = o;
  throwIfAborted(signal);
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, folder]))
    .digest('hex')
    .slice(0, 20);
  const cache = path.join(root, 'datasets', 'resized-images', `${key}-${side}`);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const setting: ResizeSetting = { side, cache, stop };
  const { threads: wanted = availableParallelism() } = o;
  const threads = new TaskThreads<ResizeTask, ResizeResult>(
    { worker: 'resize-worker.js', data: setting, here: () => new ImageResizer(setting) },
    Math.min(wanted, Math.ceil(files.length / TASK)),
  );
  const meter = new ProgressMeter(`resizing ${name} to ${side} pixels`, files.length, 'images', o.onProgress);
  const startedAt = performance.now();
  const names: string[] = new Array(files.length).fill('');
  const kept = new Set<string>();
  let next = 0;
  let done = 0;
  let converted = 0;
  let broken = 0;
  /** Hands out one task after another; two of these a thread, so that none waits for this one. */
  const lane = async (): Promise<void> => {
    while (next < files.length && Atomics.load(stop, 0) === 0) {
      const first = next;
      next += TASK;
      const part = files.slice(first, first + TASK);
      const result = await threads.run({ folder, files: part });
      for (const [i, file] of result.names.entries()) {
        if (!result.asTheyAre[i]) names[first + i] = file;
        kept.add(file);
      }
      done += part.length;
      converted += result.converted;
      broken += result.broken;
      if (converted > 0) {
        const found = done - converted - broken;
        const rate = (converted + broken) / ((performance.now() - startedAt) / 1000);
        // What was found took no time: the estimate is of the rest alone.
        const fraction = (converted + broken) / (files.length - found);
        meter.report(done, {
          detail: `${rate.toFixed(rate < 10 ? 1 : 0)} images/s`,
          fraction,
          ...(found > 0 && { resumed: found }),
        });
      }
    }
  };
  const halt = () => Atomics.store(stop, 0, 1);
  signal?.addEventListener('abort', halt, { once: true });
  try {
    const lanes = Array.from({ length: Math.max(1, 2 * threads.threads) }, () =>
      lane().catch((error) => {
        halt();
        throw error;
      }),
    );
    // Threads end what they are at, an image each: one that is cut off in the middle would leave its temporary file.
    const ended = await Promise.allSettled(lanes);
    throwIfAborted(signal);
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  } finally {
    signal?.removeEventListener('abort', halt);
    await threads.close();
  }
  if (converted > 0) await takeAwayOld(cache, kept).catch(() => {});
  return { side, folder: cache, files: names };
}

/** Takes away what stands for files that have changed or gone, and what killed processes have left half-written. */
async function takeAwayOld(cache: string, kept: ReadonlySet<string>): Promise<void> {
  for (const part of await fs.readdir(cache)) {
    for (const file of await fs.readdir(path.join(cache, part))) {
      if (kept.has(`${part}/${file}`)) continue;
      const where = path.join(cache, part, file);
      if (temporaryOf(file) !== undefined && Date.now() - (await fs.stat(where)).mtimeMs < ABANDONED_MS)
        continue;
      await fs.rm(where, { force: true });
    }
  }
}
