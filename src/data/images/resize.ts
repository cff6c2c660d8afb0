import { createHash, randomBytes } from 'node:crypto';
import { type BigIntStats, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ensureFolder, writeError } from '../../core/atomic-file';
import { BrokenImage, decodeImage, loadSharp } from './decode';
import { plainJpegSize, writePlainJpeg, writeView } from './engine';
import { imagePlan, scaledTo } from './plan';
import { readImageFile } from './read-image-file';
import type { Pixels, View } from './resample';

/** How images are kept smaller; plain data, for threads. */
export interface ResizeSetting {
  /** Shorter side, in pixels, of what is kept. */
  side: number;
  /** Where it is kept; made with the first file. */
  cache: string;
  /** One number, shared by the threads: once it is not 0, no further image is begun. */
  stop: Int32Array;
}

/** Images of one folder; plain data, for threads. */
export interface ResizeTask {
  folder: string;
  /** Relative to it. */
  files: string[];
}

export interface ResizeResult {
  /** Where each file is kept, relative to the cache; '' for one that cannot be read or decoded. */
  names: string[];
  /** Files that are to be taken as they are: what is kept of them is empty. */
  asTheyAre: boolean[];
  /** Files that are kept now and were not before. */
  converted: number;
  /** Files that cannot be read or decoded. */
  broken: number;
}

/** The longest side that a JPEG file can have. */
const MAX_JPEG_SIDE = 65_500;
/** Images at a time in one thread: while sharp has one, another is decoded here. */
const AT_ONCE = 2;

/** The name under which a file is kept: another once its size or time of change is another. */
function keptName(file: string, { size, mtimeNs }: BigIntStats): string {
  const key = createHash('sha256')
    .update(JSON.stringify([file, String(size), String(mtimeNs)]))
    .digest('hex');
  // 256 folders: a million files in one are slow to list on some disks.
  return `${key.slice(0, 2)}/${key.slice(2, 34)}.jpg`;
}

function stateOf(file: string): BigIntStats {
  try {
    return statSync(file, { bigint: true });
  } catch (cause) {
    throw new BrokenImage(`it cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`);
  }
}

/** Bytes of a kept file; undefined where there is none, or nothing that can be one: writing it will say what is wrong. */
function keptSize(target: string): number | undefined {
  try {
    return statSync(target).size;
  } catch {
    return undefined;
  }
}

/**
 * Keeps smaller copies of image files, in the calling thread; what a worker thread runs, too. A file that is taken as it
 * is leaves an empty one, so that it is not looked into again.
 */
export class ImageResizer {
  private readonly made = new Set<string>();

  constructor(private readonly setting: ResizeSetting) {}

  /** @throws SvpError SVP_E_WRITE, with nothing half-written left; the other threads then stop, too */
  async run({ folder, files }: ResizeTask): Promise<ResizeResult> {
    const result: ResizeResult = {
      names: files.map(() => ''),
      asTheyAre: files.map(() => false),
      converted: 0,
      broken: 0,
    };
    const { stop } = this.setting;
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < files.length && Atomics.load(stop, 0) === 0) {
        const index = next++;
        try {
          await this.one(folder, files[index], index, result);
        } catch (cause) {
          if (!(cause instanceof BrokenImage)) {
            Atomics.store(stop, 0, 1);
            throw cause;
          }
          // The file stands for itself: whoever reads it says what is wrong with it, as without a cache.
          result.broken++;
        }
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
    for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
    return result;
  }

  private async one(folder: string, file: string, index: number, result: ResizeResult): Promise<void> {
    const source = path.join(folder, file);
    const name = keptName(file, stateOf(source));
    const target = path.join(this.setting.cache, name);
    let size = keptSize(target);
    if (size === undefined) {
      const smaller = await this.resize(Buffer.from(readImageFile(source)));
      await this.write(target, smaller);
      size = smaller.length;
      result.converted++;
    }
    result.names[index] = name;
    result.asTheyAre[index] = size === 0;
  }

  /** A JPEG file of the scaled image; empty where the image is to be taken as it is. */
  private async resize(bytes: Buffer): Promise<Uint8Array> {
    const { side } = this.setting;
    const plan = imagePlan(
      { layout: 'nhwc', dtype: 'uint8', height: side, width: side, channels: 3 },
      'resize',
    );
    let image: Pixels | undefined;
    let size = plainJpegSize(bytes);
    if (size === undefined) {
      image = await decodeImage(bytes, plan);
      size = image;
    }
    const { width, height } = size;
    if (Math.min(width, height) <= side) return new Uint8Array(0);
    const scaled = scaledTo(side, { width, height });
    if (Math.max(scaled.width, scaled.height) > MAX_JPEG_SIDE) return new Uint8Array(0);
    const view: View = {
      source: { left: 0, top: 0, width, height },
      scaled,
      window: { left: 0, top: 0, ...scaled },
      flip: false,
    };
    const whole = { ...plan, ...scaled };
    const pixels = new Uint8Array(scaled.width * scaled.height * 3);
    if (image !== undefined || !writePlainJpeg(pixels, bytes, () => view, whole)) {
      writeView(pixels, image ?? (await decodeImage(bytes, plan)), view, whole);
    }
    // Colours at full resolution: halving them loses more than all else here.
    return loadSharp()(pixels, { raw: { ...scaled, channels: 3 } })
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toBuffer();
  }

  /**
   * Whole or not at all, as writeFileAtomically, but not flushed: that would cost more than the conversion. What a power
   * cut leaves of a file is empty, or broken, and the original is read in its place either way.
   */
  private async write(target: string, bytes: Uint8Array): Promise<void> {
    const folder = path.dirname(target);
    if (!this.made.has(folder)) {
      await ensureFolder(folder);
      this.made.add(folder);
    }
    const temporary = path.join(folder, `.${path.basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      writeFileSync(temporary, bytes, { flag: 'wx' });
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw writeError(target, error);
    }
  }
}
