import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PoolBatch, PoolBatchOptions, PoolSource } from '../pool';
import { itemLength } from './item-types';

/** How a model wants its images. */
export interface ImagePreprocessing {
  /** Order of the model's axes after the batch. */
  layout: 'nchw' | 'nhwc';
  height: number;
  width: number;
  channels: number;
  /** A byte becomes (byte · scale − mean) / std of its channel. Default: 1/255. */
  scale?: number;
  /** Per channel; default 0. */
  mean?: readonly number[];
  /** Per channel; default 1. */
  std?: readonly number[];
  /** 'uint8' leaves the bytes as they are. Default: 'float32'. */
  dtype?: 'float32' | 'uint8';
}

/** Shape of a prepared image. */
export function preparedShape({ layout, height, width, channels }: ImagePreprocessing): number[] {
  return layout === 'nchw' ? [channels, height, width] : [height, width, channels];
}

/** The 256 values of each channel, computed in float64 and rounded once: channels × 256. */
export function valueTable({ channels, scale, mean, std }: ImagePreprocessing): Float32Array {
  const table = new Float32Array(channels * 256);
  for (let c = 0; c < channels; c++) {
    for (let v = 0; v < 256; v++) {
      // v / 255, not v · (1/255): the training's own rounding (transforms/normalize.ts).
      const scaled = scale === undefined ? v / 255 : v * scale;
      table[c * 256 + v] = (scaled - (mean?.[c] ?? 0)) / (std?.[c] ?? 1);
    }
  }
  return table;
}

/** Values written between two turns of the event loop: below a millisecond. */
const STEP = 1 << 18;

/** Where the values of a channel begin, and how far apart they lie. */
interface Stride {
  start: number;
  step: number;
}

/**
 * One channel of one image through the table. Loops of their own for floats and bytes: one that met both would run
 * several times slower.
 */
function writeFloats(
  target: Float32Array,
  to: Stride,
  source: Uint8Array,
  from: Stride,
  count: number,
  table: Float32Array,
): void {
  let s = from.start;
  let t = to.start;
  for (let p = 0; p < count; p++) {
    target[t] = table[source[s]];
    s += from.step;
    t += to.step;
  }
}

function writeBytes(target: Uint8Array, to: Stride, source: Uint8Array, from: Stride, count: number): void {
  let s = from.start;
  let t = to.start;
  for (let p = 0; p < count; p++) {
    target[t] = source[s];
    s += from.step;
    t += to.step;
  }
}

/**
 * A pool of raw images as the model wants them: bytes, height × width × channels (or channels × height × width with
 * `planes`), scaled, normalised and put in the model's layout, batch by batch.
 */
export function preparedImages(pool: PoolSource, wanted: ImagePreprocessing, planes = false): PoolSource {
  const { height, width, channels } = wanted;
  const asBytes = wanted.dtype === 'uint8';
  const length = itemLength(pool.itemShape);
  const table = valueTable(wanted);
  const tables = Array.from({ length: channels }, (_, c) => table.subarray(c * 256, (c + 1) * 256));
  const pixels = height * width;
  // Steps from one value to the next of the same channel, and from one channel to the next.
  const from = planes ? { pixel: 1, channel: pixels } : { pixel: channels, channel: 1 };
  const to = wanted.layout === 'nchw' ? { pixel: 1, channel: pixels } : { pixel: channels, channel: 1 };

  async function prepare(batch: PoolBatch): Promise<PoolBatch> {
    const source = batch.values as Uint8Array;
    const target = asBytes ? new Uint8Array(source.length) : new Float32Array(source.length);
    let written = 0;
    for (let image = 0; image < batch.size; image++) {
      const first = image * length;
      for (let c = 0; c < channels; c++) {
        const place = { start: first + c * from.channel, step: from.pixel };
        const goal = { start: first + c * to.channel, step: to.pixel };
        if (asBytes) writeBytes(target as Uint8Array, goal, source, place, pixels);
        else writeFloats(target as Float32Array, goal, source, place, pixels, tables[c]);
      }
      written += length;
      if (written >= STEP) {
        written = 0;
        await nextTurn();
      }
    }
    for (const { row } of batch.broken)
      target.fill(0, (row - batch.first) * length, (row - batch.first + 1) * length);
    batch.release?.();
    return { ...batch, values: target, release: undefined };
  }

  return {
    name: pool.name,
    count: pool.count,
    ...(pool.itemNames && { itemNames: pool.itemNames }),
    itemShape: preparedShape(wanted),
    dtype: asBytes ? 'uint8' : 'float32',
    fingerprint: () => pool.fingerprint(),
    close: () => pool.close(),
    async *batches(options: PoolBatchOptions) {
      for await (const batch of pool.batches(options)) yield prepare(batch);
    },
  };
}
