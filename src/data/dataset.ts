import { types } from 'node:util';
import { SvpError } from '../errors';

/**
 * Labelled images in memory: what every model of this package trains on and scores.
 * Pixels are the raw bytes; scaling, normalising and augmenting happen batch by batch (loader.ts).
 */
export interface ImageDataset {
  /** 'fashion-mnist', with '/train' or '/test' where it is one half of a split. */
  name: string;
  /**
   * count × height × width × channels bytes, row-major. The loaders of this package deliver them on a
   * SharedArrayBuffer, so that worker threads read them in place; any Uint8Array will do.
   */
  images: Uint8Array;
  /** One class number per image, 0 … classes − 1. */
  labels: Uint8Array;
  count: number;
  height: number;
  width: number;
  channels: number;
  classes: number;
  classNames: string[];
  /** Per channel, of the training split's pixels scaled to 0 … 1. */
  mean: number[];
  /** Per channel: population standard deviation of the training split's pixels scaled to 0 … 1. */
  std: number[];
  /** What its reader ought to know: rows dropped, how the split was made. */
  note?: string;
}

/** A data set as its users need it: `test` is never trained on. Both carry the training split's mean and std. */
export interface ImageSplits {
  train: ImageDataset;
  test: ImageDataset;
}

function whole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/**
 * Checks that a dataset's arrays have the lengths that its numbers say and that every label names a class.
 * O(count); the pixels are not read.
 * @throws SvpError SVP_E_SHAPE (with `row` for a label outside the classes)
 */
export function checkDataset(value: unknown, name = 'dataset'): asserts value is ImageDataset {
  const d = value as ImageDataset;
  const fail = (text: string, row?: number): never => {
    throw new SvpError('SVP_E_SHAPE', `${name}${text}`, row === undefined ? {} : { row });
  };
  if (d === null || typeof d !== 'object' || !types.isUint8Array(d.images) || !types.isUint8Array(d.labels)) {
    fail(' must be an ImageDataset, with images and labels as Uint8Array.');
  }
  for (const [key, least] of [
    ['count', 0],
    ['height', 1],
    ['width', 1],
    ['channels', 1],
    ['classes', 1],
  ] as const) {
    if (!whole(d[key], least)) fail(`.${key} must be a whole number of at least ${least}, not ${d[key]}.`);
  }
  const bytes = d.count * d.height * d.width * d.channels;
  if (d.images.length !== bytes) {
    fail(
      `.images holds ${d.images.length} bytes, but ${d.count} × ${d.height} × ${d.width} × ${d.channels} = ${bytes}.`,
    );
  }
  if (d.labels.length !== d.count) fail(`.labels holds ${d.labels.length} values for ${d.count} images.`);
  for (const key of ['mean', 'std'] as const) {
    const values = d[key];
    if (!Array.isArray(values) || values.length !== d.channels || !values.every(Number.isFinite)) {
      fail(`.${key} must hold ${d.channels} finite numbers, one per channel.`);
    }
    if (key === 'std' && values.some((v) => v <= 0)) fail('.std must be above 0 in every channel.');
  }
  if (!Array.isArray(d.classNames) || d.classNames.length !== d.classes) {
    fail(`.classNames must hold ${d.classes} names, one per class.`);
  }
  for (let i = 0; i < d.count; i++) {
    if (d.labels[i] >= d.classes)
      fail(`.labels[${i}] is ${d.labels[i]}, but there are ${d.classes} classes.`, i);
  }
}

/**
 * The rows that `indices` name, checked; all rows in order without it. Duplicates are allowed.
 * @throws SvpError SVP_E_INDEX, SVP_E_SHAPE
 */
export function resolveRows(indices: Uint32Array | undefined, count: number, name = 'indices'): Uint32Array {
  if (indices === undefined) {
    const all = new Uint32Array(count);
    for (let i = 0; i < count; i++) all[i] = i;
    return all;
  }
  if (!types.isUint32Array(indices)) throw new SvpError('SVP_E_SHAPE', `${name} must be a Uint32Array.`);
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] >= count) {
      throw new SvpError('SVP_E_INDEX', `${name}[${i}] is ${indices[i]}, but there are ${count} images.`, {
        row: i,
      });
    }
  }
  return indices;
}

/**
 * Mean and population standard deviation per channel of bytes scaled to 0 … 1, exact in float64 through a histogram.
 * @param images rows of interleaved channels (… × channels)
 */
export function channelStatistics(images: Uint8Array, channels: number): { mean: number[]; std: number[] } {
  const mean: number[] = [];
  const std: number[] = [];
  for (let c = 0; c < channels; c++) {
    // Four histograms side by side: neighbouring pixels are often equal, and one counter would wait for itself.
    const lanes = new Uint32Array(1024);
    let i = c;
    for (; i + 3 * channels < images.length; i += 4 * channels) {
      lanes[images[i]]++;
      lanes[256 + images[i + channels]]++;
      lanes[512 + images[i + 2 * channels]]++;
      lanes[768 + images[i + 3 * channels]]++;
    }
    for (; i < images.length; i += channels) lanes[images[i]]++;
    const n = images.length / channels;
    // Sums of whole numbers: exact up to 2⁵³, that is beyond 10¹¹ pixels.
    let sum = 0;
    let squares = 0;
    for (let v = 0; v < 256; v++) {
      const times = lanes[v] + lanes[256 + v] + lanes[512 + v] + lanes[768 + v];
      sum += times * v;
      squares += times * v * v;
    }
    const average = n === 0 ? 0 : sum / n;
    mean.push(average / 255);
    std.push(n === 0 ? 0 : Math.sqrt(Math.max(0, squares / n - average * average)) / 255);
  }
  return { mean, std };
}
