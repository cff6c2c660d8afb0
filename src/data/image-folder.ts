import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { throwIfAborted, unlessAborted } from '../core/abort';
import { SvpError } from '../errors';
import { type ImageFileDataset, readPath } from './image-files';
import { listImageFolder } from './images/list-folder';
import { type ImageFileOptions, type ImagePlan, imagePlan } from './images/plan';
import { type BrokenPart, itemBytes } from './images/prepare';
import { prepareOrOriginal } from './images/prepare-or-original';
import { PrepareThreads } from './images/prepare-threads';
import type { BrokenItem, PoolBatch, PoolBatchOptions, PoolSource } from './pool';

export type { ImageFileOptions } from './images/plan';

/** Images that a thread takes at a time: small enough to share a batch between threads and to stop soon. */
const TASK = 8;
/** Batches in preparation beside the one in use. */
const AHEAD = 2;
/** File states asked for at a time. */
const STATS_AT_ONCE = 64;

/** An image folder as a pool, with the classes that its sub-folders make. */
export interface ImageFolderPool extends PoolSource {
  readonly itemNames: readonly string[];
  /** Where every image lies in a sub-folder: one class a sub-folder, sorted by name. */
  readonly classNames?: readonly string[];
  readonly labels?: Uint32Array;
}

export interface OpenImageFolderOptions extends ImageFileOptions {
  /** Decoding threads; 0 decodes in the calling thread. Default: the machine's cores. */
  threads?: number;
  signal?: AbortSignal;
}

/**
 * Opens a folder of images, with sub-folders, as a pool: JPEG, PNG, WebP, GIF, TIFF and AVIF, decoded, scaled, cropped
 * and normalised in worker threads, two batches ahead of the one in use.
 *
 * Scaling is bilinear with antialiasing; with the defaults the bytes before normalising equal those of torchvision's
 * Resize and CenterCrop over Pillow, for RGB and grey JPEG and PNG files. Values lie on shared memory.
 *
 * Broken images do not end the pass: zeros stand for them, and the batch names them with a reason. Order: files and
 * folders by code point, depth first. Hidden files are left out, links are not followed out of the folder. Batches that are
 * released are written again.
 *
 * Memory: three batches, and per thread two images being decoded (at most maxPixels × 3 bytes each).
 * @throws SvpError SVP_E_OPTION, SVP_E_FILE, SVP_E_FORMAT (no images), SVP_E_ABORT; from the iteration SVP_E_MEMORY, SVP_E_ABORT, SVP_E_INTERNAL
 */
export async function openImageFolder(
  folder: string,
  options: OpenImageFolderOptions,
): Promise<ImageFolderPool> {
  const { threads, signal, ...preparation } = options;
  const plan = imagePlan(preparation, 'openImageFolder');
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 0 && threads <= 256)) {
    throw new SvpError('SVP_E_OPTION', `openImageFolder: threads must be 0 … 256, not ${threads}.`, {
      option: 'threads',
    });
  }
  const list = await listImageFolder(folder, signal ? { signal } : {});
  const { classNames, labels } = list;
  const pool = new FilePool(list.folder, list, plan, threads);
  return Object.assign(pool, classNames && { classNames }, labels && { labels });
}

type Files = Pick<ImageFileDataset, 'folder' | 'files' | 'resized'>;

/** Image files, in the order of `files`, as a pool. See openImageFolder. */
export function imageFilePool(
  name: string,
  files: Files,
  plan: ImagePlan,
  normalization?: PoolSource['normalization'],
): PoolSource {
  return Object.assign(new FilePool(name, files, plan, undefined), normalization && { normalization });
}

class FilePool implements PoolSource {
  readonly count: number;
  readonly itemShape: readonly number[];
  readonly dtype: 'float32' | 'uint8';
  readonly itemNames: readonly string[];
  private readonly threads: PrepareThreads;
  /** Released batches, of one size: new memory costs as long as two images take. */
  private readonly spare: SharedArrayBuffer[] = [];

  constructor(
    readonly name: string,
    private readonly source: Files,
    private readonly plan: ImagePlan,
    threads: number | undefined,
  ) {
    const { files } = source;
    this.count = files.length;
    this.itemShape = plan.shape;
    this.dtype = plan.dtype;
    this.itemNames = files;
    this.threads = new PrepareThreads(plan, threads);
  }

  async *batches(options: PoolBatchOptions): AsyncGenerator<PoolBatch, void, void> {
    const { batchSize, first = 0, signal } = options;
    const waiting: Promise<PoolBatch>[] = [];
    let stopped = false;
    let next = first;
    try {
      for (;;) {
        throwIfAborted(signal);
        while (waiting.length <= AHEAD && next < this.count) {
          const size = Math.min(batchSize, this.count - next);
          const batch = this.prepare(next, size, () => stopped || signal?.aborted === true);
          // Its failure is told when its turn comes; until then it is nobody's.
          batch.catch(() => {});
          waiting.push(batch);
          next += size;
        }
        const batch = waiting.shift();
        if (batch === undefined) return;
        yield await unlessAborted(signal, batch);
      }
    } finally {
      stopped = true;
    }
  }

  /** One batch, in tasks of a few images. @param stop asked before each: true once nobody wants the batch any more */
  private async prepare(first: number, size: number, stop: () => boolean): Promise<PoolBatch> {
    const bytes = size * itemBytes(this.plan);
    const kept = this.spare.pop();
    const memory = kept?.byteLength === bytes ? kept : batchMemory(bytes, size);
    const { folder, files } = this.source;
    const broken: BrokenItem[] = [];
    const tasks: Promise<void>[] = [];
    for (let at = 0; at < size; at += TASK) {
      const rows = Array.from({ length: Math.min(TASK, size - at) }, (_, i) => first + at + i);
      const task = { files: rows.map((row) => readPath(this.source, row)), rows, key: 0, memory, at };
      const originals = rows.map((row) => path.join(folder, files[row]));
      tasks.push(
        prepareOrOriginal(this.threads, task, originals, stop).then((parts: BrokenPart[]) => {
          for (const { index, reason } of parts) {
            broken.push({ row: rows[index], item: files[rows[index]], reason });
          }
        }),
      );
    }
    await Promise.all(tasks);
    const values = this.dtype === 'uint8' ? new Uint8Array(memory) : new Float32Array(memory);
    let lent = true;
    const release = () => {
      if (lent && this.spare.length <= AHEAD) this.spare.push(memory);
      lent = false;
    };
    return { first, size, values, broken: broken.sort((a, b) => a.row - b.row), release };
  }

  /** Hash of the file names, their sizes and times of change, and the preparation. One file state per image. */
  async fingerprint(): Promise<string> {
    const { folder, files, resized } = this.source;
    const { table, ...plan } = this.plan;
    const hash = createHash('sha256')
      .update(JSON.stringify(plan))
      .update(Buffer.from(table.buffer, table.byteOffset, table.byteLength));
    if (resized) hash.update(`resized to ${resized.side}`);
    for (let at = 0; at < files.length; at += STATS_AT_ONCE) {
      const part = files.slice(at, at + STATS_AT_ONCE);
      const states = await Promise.all(
        part.map((file) => fs.stat(path.join(folder, file), { bigint: true }).catch(() => undefined)),
      );
      states.forEach((state, i) => {
        hash.update(JSON.stringify([part[i], String(state?.size), String(state?.mtimeNs)]));
      });
    }
    return hash.digest('hex');
  }

  close(): Promise<void> {
    return this.threads.close();
  }
}

function batchMemory(bytes: number, size: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new SvpError(
      'SVP_E_MEMORY',
      `A batch of ${size} images (${bytes} bytes) does not fit into memory. Use a smaller batch.`,
      { cause },
    );
  }
}
