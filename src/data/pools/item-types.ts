import { types } from 'node:util';
import { SvpError } from '../../errors';
import type { NpyData } from '../formats/npy-decode';
import type { PoolBatch, PoolSource } from '../pool';

/** Values of one item. */
export function itemLength(itemShape: readonly number[]): number {
  return itemShape.reduce((a, b) => a * b, 1);
}

/** What an array's elements become in a pool: small integers widen to int32, uint32 and uint64 to int64, float64 is rounded to float32. */
export function poolType(data: NpyData): PoolSource['dtype'] {
  if (types.isFloat32Array(data) || types.isFloat64Array(data)) return 'float32';
  if (types.isUint8Array(data)) return 'uint8';
  if (types.isInt8Array(data) || types.isInt16Array(data) || types.isUint16Array(data)) return 'int32';
  if (types.isInt32Array(data)) return 'int32';
  if (types.isUint32Array(data) || types.isBigInt64Array(data) || types.isBigUint64Array(data))
    return 'int64';
  throw new SvpError(
    'SVP_E_SHAPE',
    'A pool holds float32, float64 or whole numbers of at most 64 bits; convert the array.',
  );
}

/** The array in its pool's element type; itself where it has that already. */
export function toPoolValues(data: NpyData): PoolBatch['values'] {
  const type = poolType(data);
  if (type === 'float32')
    return types.isFloat32Array(data) ? data : Float32Array.from(data as Iterable<number>);
  if (type === 'uint8') return data as Uint8Array;
  if (type === 'int32') return types.isInt32Array(data) ? data : Int32Array.from(data as Iterable<number>);
  if (types.isBigInt64Array(data)) return data;
  if (types.isBigUint64Array(data)) return new BigInt64Array(data.buffer, data.byteOffset, data.length);
  return BigInt64Array.from(data as Uint32Array as Iterable<number>, BigInt);
}
