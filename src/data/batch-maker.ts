import { Random } from '../core/random';
import type { ImageDataset } from './dataset';
import { type Augmentation, cropFlipInto, drawCropFlip, epochKey } from './transforms/crop-flip';
import { normalizationTable, normalizeInto } from './transforms/normalize';

/** Everything that decides what the batches hold; plain data, so that a worker thread can be given it. */
export interface BatchSpec {
  images: Uint8Array;
  labels: Uint8Array;
  height: number;
  width: number;
  channels: number;
  mean: number[];
  std: number[];
  /** The rows of one epoch, before shuffling. */
  rows: Uint32Array;
  batchSize: number;
  augment: false | Augmentation;
  shuffle: boolean;
  seed: number;
  dropLast: boolean;
}

/** Where one batch is written; `images` of batchSize × height × width × channels. */
export interface BatchTarget {
  images: Float32Array;
  labels: Int32Array;
  indices: Uint32Array;
}

export function batchCount(rows: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(rows / batchSize) : Math.ceil(rows / batchSize);
}

/** The spec's part that a dataset gives. */
export function pixelsOf(
  dataset: ImageDataset,
): Pick<BatchSpec, 'images' | 'labels' | 'height' | 'width' | 'channels' | 'mean' | 'std'> {
  const { images, labels, height, width, channels, mean, std } = dataset;
  return { images, labels, height, width, channels, mean, std };
}

/**
 * Prepares mini-batches. What batch `b` of epoch `e` holds is a function of the spec, `e` and `b` alone: the loader's
 * worker and the same-thread path share this class and cannot differ.
 */
export class BatchMaker {
  private readonly table: Float32Array;
  private order: Uint32Array;
  private key = 0;

  constructor(private readonly spec: BatchSpec) {
    this.table = normalizationTable(spec.mean, spec.std);
    this.order = spec.rows;
  }

  /** Draws the epoch's order and the key of its augmentations. */
  startEpoch(epoch: number): void {
    const { rows, seed, shuffle } = this.spec;
    this.key = epochKey(seed, epoch);
    this.order = shuffle ? new Random(this.key).shuffle(rows.slice()) : rows;
  }

  /** Writes batch `b` of the epoch that was started; returns its size. */
  fill(b: number, target: BatchTarget): number {
    const { images, labels, height, width, channels, batchSize, augment } = this.spec;
    const size = { height, width, channels };
    const pixels = height * width * channels;
    const start = b * batchSize;
    const n = Math.min(batchSize, this.order.length - start);
    for (let i = 0; i < n; i++) {
      const row = this.order[start + i];
      target.indices[i] = row;
      target.labels[i] = labels[row];
      if (augment === false) {
        normalizeInto(target.images, i * pixels, images, row * pixels, pixels, channels, this.table);
      } else {
        const draw = drawCropFlip(this.key, row, augment);
        cropFlipInto(
          target.images,
          i * pixels,
          images,
          row * pixels,
          size,
          augment.padding,
          draw,
          this.table,
        );
      }
    }
    return n;
  }
}
