import { SvpError } from '../../errors';

/** An image in memory: height × width × channels bytes, row-major. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

/** A rectangle of whole pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Which part of an image is scaled to what size, and which part of the result is kept. */
export interface View {
  /** Part of the source that is scaled; pixels outside do not enter. */
  source: Box;
  /** Size of that part after scaling. */
  scaled: { width: number; height: number };
  /** Part of the scaled image that is delivered; outside of it stand zeros, as torchvision's CenterCrop pads. */
  window: Box;
  /** Mirror the delivered part left to right. */
  flip: boolean;
}

/** Bits after the point of a weight: 8 for the pixel and 2 for headroom are left of an int32. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/** Per output position: the first source position, how many, and their fixed-point weights (`taps` apart). */
interface Weights {
  first: Int32Array;
  count: Int32Array;
  values: Int32Array;
  taps: number;
}

/**
 * Weights of a triangle filter whose width grows with the reduction ("antialias"), for output positions
 * `from` … `from + length − 1` of `scaled`. The same arithmetic as Pillow's resize: weights in float64, normalised,
 * rounded to 22 bits. O(length × taps).
 */
function triangleWeights(size: number, scaled: number, from: number, length: number): Weights {
  const scale = size / scaled;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const weights: Weights = {
    first: new Int32Array(length),
    count: new Int32Array(length),
    values: new Int32Array(length * taps),
    taps,
  };
  const inverse = 1 / support;
  const row = new Float64Array(taps);
  for (let i = 0; i < length; i++) {
    const center = (from + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(size, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let x = first; x < end; x++) {
      const distance = Math.abs((x - center + 0.5) * inverse);
      row[x - first] = distance < 1 ? 1 - distance : 0;
      sum += row[x - first];
    }
    for (let x = 0; x < end - first; x++) {
      const weight = sum === 0 ? row[x] : row[x] / sum;
      weights.values[i * taps + x] = Math.trunc(0.5 + weight * (1 << PRECISION));
    }
    weights.first[i] = first;
    weights.count[i] = end - first;
  }
  return weights;
}

/** Keeps the weights of the sizes met last: images of one folder are often of a few sizes. */
const KEPT = 32;
const kept = new Map<string, Weights>();

function weightsFor(size: number, scaled: number, from: number, length: number): Weights {
  const key = `${size} ${scaled} ${from} ${length}`;
  let weights = kept.get(key);
  if (weights === undefined) {
    weights = triangleWeights(size, scaled, from, length);
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value as string);
    kept.set(key, weights);
  }
  return weights;
}

/** Memory between the two passes, kept from image to image: it is large enough to be costly to ask for. */
let between = new Uint8Array(0);
let sums = new Int32Array(0);

function scaleRows(source: Pixels, box: Box, top: number, rows: number, w: Weights, width: number): void {
  const { data, channels } = source;
  const stride = source.width * channels;
  const { first, count, values, taps } = w;
  const out = between;
  let at = 0;
  for (let y = 0; y < rows; y++) {
    const row = (box.top + top + y) * stride + box.left * channels;
    for (let x = 0; x < width; x++) {
      let from = row + first[x] * channels;
      const end = x * taps + count[x];
      let k = x * taps;
      // A rounded average of bytes with weights that sum to 2²² (± a few): it never leaves 0 … 255 by more than rounding.
      if (channels === 3) {
        let r = HALF;
        let g = HALF;
        let b = HALF;
        for (; k < end; k++, from += 3) {
          const weight = values[k];
          r = (r + Math.imul(data[from], weight)) | 0;
          g = (g + Math.imul(data[from + 1], weight)) | 0;
          b = (b + Math.imul(data[from + 2], weight)) | 0;
        }
        out[at] = r >> PRECISION;
        out[at + 1] = g >> PRECISION;
        out[at + 2] = b >> PRECISION;
        at += 3;
      } else {
        let v = HALF;
        for (; k < end; k++, from++) v = (v + Math.imul(data[from], values[k])) | 0;
        out[at++] = v >> PRECISION;
      }
    }
  }
}

/** Copies the columns of the window from rows that keep their width. */
function copyRows(source: Pixels, box: Box, top: number, rows: number, left: number, width: number): void {
  const { data, channels } = source;
  const stride = source.width * channels;
  for (let y = 0; y < rows; y++) {
    const from = (box.top + top + y) * stride + (box.left + left) * channels;
    between.set(data.subarray(from, from + width * channels), y * width * channels);
  }
}

function scaleColumns(target: Uint8Array, at: number, stride: number, length: number, w: Weights): void {
  const { first, count, values, taps } = w;
  const base = first[0];
  const rows = between;
  const line = sums;
  for (let y = 0; y < first.length; y++) {
    line.fill(HALF, 0, length);
    for (let k = 0; k < count[y]; k++) {
      const weight = values[y * taps + k];
      const from = (first[y] - base + k) * length;
      for (let x = 0; x < length; x++) line[x] += Math.imul(rows[from + x], weight);
    }
    const to = at + y * stride;
    for (let x = 0; x < length; x++) target[to + x] = line[x] >> PRECISION;
  }
}

function mirrorRows(target: Uint8Array, rows: number, width: number, channels: number): void {
  for (let y = 0; y < rows; y++) {
    const row = y * width * channels;
    for (let a = 0, b = width - 1; a < b; a++, b--) {
      for (let c = 0; c < channels; c++) {
        const held = target[row + a * channels + c];
        target[row + a * channels + c] = target[row + b * channels + c];
        target[row + b * channels + c] = held;
      }
    }
  }
}

/**
 * Scales part of an image bilinearly with antialiasing and keeps a window of the result: torchvision's Resize and
 * CenterCrop on a Pillow image to the bit. Where the proportions change (RandomResizedCrop) Pillow scales columns first at
 * times, and bytes differ by one at most. Only what the window needs is computed.
 * Not reentrant: it keeps its scratch memory (synchronous, one per thread).
 *
 * Cost: source rows in reach × window width × taps, then window × taps.
 * @param target window.height × window.width × channels bytes, overwritten
 */
export function resampleInto(target: Uint8Array, image: Pixels, view: View): void {
  const { source, scaled, window, flip } = view;
  const { channels } = image;
  const inside =
    source.left >= 0 &&
    source.top >= 0 &&
    source.width > 0 &&
    source.height > 0 &&
    source.left + source.width <= image.width &&
    source.top + source.height <= image.height;
  if (!inside || image.data.length < image.width * image.height * channels) {
    throw new SvpError('SVP_E_INTERNAL', 'resampleInto: the view lies outside the image.');
  }
  // The part of the window that the scaled image covers.
  const left = Math.max(0, window.left);
  const top = Math.max(0, window.top);
  const width = Math.min(scaled.width, window.left + window.width) - left;
  const height = Math.min(scaled.height, window.top + window.height) - top;
  const total = window.height * window.width * channels;
  if (width < window.width || height < window.height) target.fill(0, 0, total);
  if (width <= 0 || height <= 0) return;
  const down = weightsFor(source.height, scaled.height, top, height);
  const firstRow = down.first[0];
  const rows = down.first[height - 1] + down.count[height - 1] - firstRow;
  const length = width * channels;
  if (between.length < rows * length) between = new Uint8Array(rows * length);
  if (sums.length < length) sums = new Int32Array(length);
  if (scaled.width === source.width) copyRows(image, source, firstRow, rows, left, width);
  else {
    scaleRows(image, source, firstRow, rows, weightsFor(source.width, scaled.width, left, width), width);
  }
  const stride = window.width * channels;
  const at = (top - window.top) * stride + (left - window.left) * channels;
  scaleColumns(target, at, stride, length, down);
  if (flip) mirrorRows(target, window.height, window.width, channels);
}
