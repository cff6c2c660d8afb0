import { normalizeInto } from './normalize';

/** Random crop out of the image with `padding` black pixels on every side, then a horizontal flip with probability ½. */
export interface Augmentation {
  /** Pixels on every side; the reference uses 4 for CIFAR. */
  padding: number;
  flip: boolean;
}

/** One draw: the crop's corner in the padded image, 0 … 2 × padding, and whether the crop is mirrored. */
export interface CropFlip {
  top: number;
  left: number;
  flip: boolean;
}

export interface ImageSize {
  height: number;
  width: number;
  channels: number;
}

/** Spreads every bit of a 32-bit number over all of them (MurmurHash3's finalizer); a bijection. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const GOLDEN = 0x9e3779b9;

/** A 32-bit key for one epoch of one seed; neighbouring seeds and epochs give unrelated keys. */
export function epochKey(seed: number, epoch: number): number {
  return mix(mix(seed ^ GOLDEN) + Math.imul(epoch + 1, GOLDEN));
}

/**
 * The draw for one image in one epoch: a pure function of its arguments, so that batches do not depend on the order
 * or the thread in which they are prepared.
 * @param key from epochKey
 * @param index the image's row in its dataset
 */
export function drawCropFlip(key: number, index: number, augmentation: Augmentation): CropFlip {
  const span = 2 * augmentation.padding + 1;
  const a = mix(key + Math.imul(index + 1, GOLDEN));
  const b = mix(a + GOLDEN);
  const c = mix(b + GOLDEN);
  return {
    top: Math.floor((a / 2 ** 32) * span),
    left: Math.floor((b / 2 ** 32) * span),
    flip: augmentation.flip && c >= 0x80000000,
  };
}

/**
 * Crops, mirrors and normalises one image. The padding is black *before* normalising, as in the paper's reference
 * (torchvision's RandomCrop pads the raw picture): outside the image stands (0 − mean) / std, not 0.
 * @param images the dataset's bytes; this image begins at `from`
 * @param target height × width × channels float32 from `at`
 * @param table from normalizationTable
 */
export function cropFlipInto(
  target: Float32Array,
  at: number,
  images: Uint8Array,
  from: number,
  size: ImageSize,
  padding: number,
  draw: CropFlip,
  table: Float32Array,
): void {
  const { height, width, channels } = size;
  const shiftY = draw.top - padding;
  const shiftX = draw.left - padding;
  // Columns x of the result whose source column x + shiftX lies inside the image.
  const firstX = Math.min(width, Math.max(0, -shiftX));
  const endX = Math.max(firstX, Math.min(width, width - shiftX));
  for (let y = 0; y < height; y++) {
    const row = at + y * width * channels;
    const sourceY = y + shiftY;
    if (sourceY < 0 || sourceY >= height) {
      black(target, row, width, channels, table);
      continue;
    }
    black(target, row, firstX, channels, table);
    const source = from + (sourceY * width + firstX + shiftX) * channels;
    const n = (endX - firstX) * channels;
    if (n > 0) normalizeInto(target, row + firstX * channels, images, source, n, channels, table);
    black(target, row + endX * channels, width - endX, channels, table);
    if (draw.flip) mirror(target, row, width, channels);
  }
}

function black(
  target: Float32Array,
  at: number,
  pixels: number,
  channels: number,
  table: Float32Array,
): void {
  for (let x = 0; x < pixels; x++) {
    for (let c = 0; c < channels; c++) target[at + x * channels + c] = table[c * 256];
  }
}

/** Reverses the pixels of one row in place, keeping the channels of each in order. */
function mirror(target: Float32Array, at: number, width: number, channels: number): void {
  for (let a = 0, b = width - 1; a < b; a++, b--) {
    for (let c = 0; c < channels; c++) {
      const left = at + a * channels + c;
      const right = at + b * channels + c;
      const held = target[left];
      target[left] = target[right];
      target[right] = held;
    }
  }
}
