import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { types } from 'node:util';
import { throwIfAborted } from '../../core/abort';
import { checkMatrix, type Matrix } from '../../core/matrix';
import { SvpError } from '../../errors';
import { checkDataset, type ImageDataset, resolveRows } from '../dataset';
import type { NpyData } from '../formats/npy-decode';
import type { PoolBatch, PoolBatchOptions, PoolSource } from '../pool';
import { itemLength, poolType, toPoolValues } from './item-types';

/** Bytes hashed between two turns of the event loop. */
const HASH_STEP = 2 << 20;

export interface ArrayPoolOptions {
  /** Rows to deliver, in this order; default all. */
  indices?: Uint32Array;
  normalization?: PoolSource['normalization'];
  /** Default: a hash of the values themselves. */
  fingerprint?: () => Promise<string>;
}

/**
 * A pool over an array in memory, which is not copied but for the batch in hand; views with an offset and shared memory
 * are fine. Do not write to it or transfer it while the pool is read.
 * @param shape count, then the shape of an item
 * @throws SvpError SVP_E_SHAPE (length and shape differ, or no typed array of numbers), SVP_E_INDEX
 */
export function arrayPool(
  name: string,
  data: NpyData,
  shape: readonly number[],
  options: ArrayPoolOptions = {},
): PoolSource {
  const product = shape.reduce((a, b) => a * b, 1);
  if (!types.isTypedArray(data) || shape.length < 2 || data.length !== product) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${name}: a pool is a typed array of two or more dimensions, examples first; the shape (${shape.join(', ')}) is for ${product} values` +
        `${types.isTypedArray(data) ? `, but there are ${data.length}` : ''}.`,
    );
  }
  const itemShape = shape.slice(1);
  const length = itemLength(itemShape);
  const rows = options.indices && resolveRows(options.indices, shape[0]);
  const count = rows ? rows.length : shape[0];

  async function* batches({ batchSize, first = 0, signal }: PoolBatchOptions): AsyncGenerator<PoolBatch> {
    for (let from = first; from < count; from += batchSize) {
      throwIfAborted(signal);
      if (data.length !== product) {
        throw new SvpError('SVP_E_SHAPE', `${name}: the array was transferred away while it was read.`);
      }
      const size = Math.min(batchSize, count - from);
      const taken = rows
        ? gather(data, rows.subarray(from, from + size), length)
        : data.slice(from * length, (from + size) * length);
      yield { first: from, size, values: toPoolValues(taken), broken: [] };
    }
  }
  return {
    name,
    count,
    itemShape,
    dtype: poolType(data),
    fingerprint: options.fingerprint ?? (() => hashOf(data, shape, rows)),
    batches,
    close: async () => {},
    ...(options.normalization && { normalization: options.normalization }),
  };
}

/** A matrix as a pool of vectors. @throws SvpError SVP_E_SHAPE */
export function matrixPool(matrix: Matrix, indices?: Uint32Array): PoolSource {
  checkMatrix(matrix, 'pool');
  return arrayPool('matrix', matrix.data, [matrix.rows, matrix.columns], indices ? { indices } : {});
}

/**
 * A data set's images as a pool of height × width × channels bytes with the data set's normalisation.
 * @throws SvpError SVP_E_SHAPE, SVP_E_INDEX
 */
export function datasetPool(dataset: ImageDataset, indices?: Uint32Array): PoolSource {
  checkDataset(dataset);
  const { name, images, count, height, width, channels, mean, std } = dataset;
  return arrayPool(name, images, [count, height, width, channels], {
    normalization: { mean, std },
    ...(indices && { indices }),
  });
}

function gather(data: NpyData, rows: Uint32Array, length: number): NpyData {
  const Type = data.constructor as new (n: number) => NpyData;
  const taken = new Type(rows.length * length);
  rows.forEach((row, i) => {
    taken.set(data.subarray(row * length, (row + 1) * length) as never, i * length);
  });
  return taken;
}

async function hashOf(
  data: NpyData,
  shape: readonly number[],
  rows: Uint32Array | undefined,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([poolType(data), shape]));
  for (const view of rows ? [data, rows] : [data]) {
    for (let at = 0; at < view.byteLength; at += HASH_STEP) {
      hash.update(
        new Uint8Array(view.buffer, view.byteOffset + at, Math.min(HASH_STEP, view.byteLength - at)),
      );
      await nextTurn();
    }
  }
  return hash.digest('hex');
}
