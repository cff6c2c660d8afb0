import { types } from 'node:util';
import { SvpError } from '../errors';

/**
 * Checks that rows named by a caller are distinct and inside the pool. O(pool) bits of memory.
 * @returns the same array
 * @throws SvpError SVP_E_SHAPE for another type, SVP_E_INDEX naming position and row
 */
export function checkIndices(indices: unknown, poolSize: number, what: string): Uint32Array {
  if (!types.isUint32Array(indices)) {
    throw new SvpError('SVP_E_SHAPE', `${what} must be a Uint32Array of row numbers.`);
  }
  const seen = new Uint8Array(Math.ceil(poolSize / 8));
  for (let position = 0; position < indices.length; position++) {
    const row = indices[position];
    if (row >= poolSize) {
      throw new SvpError(
        'SVP_E_INDEX',
        `${what} names row ${row} (position ${position}), but the pool has ${poolSize} rows (0 … ${poolSize - 1}).`,
        { row },
      );
    }
    if (seen[row >>> 3] & (1 << (row & 7))) {
      throw new SvpError('SVP_E_INDEX', `${what} names row ${row} twice (again at position ${position}).`, {
        row,
      });
    }
    seen[row >>> 3] |= 1 << (row & 7);
  }
  return indices;
}
