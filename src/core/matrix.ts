import { types } from 'node:util';
import { SvpError } from '../errors';

/** A row-major float32 matrix; `data` may be a view with an offset into a larger buffer. */
export interface Matrix {
  data: Float32Array;
  rows: number;
  columns: number;
}

/** A row-major float16 matrix: `data` holds the bits of IEEE 754 binary16 values, as a `.npy` file of float16 does. */
export interface HalfMatrix {
  data: Uint16Array;
  rows: number;
  columns: number;
}

/**
 * Checks that `value` is a Matrix whose data hold exactly rows × columns elements.
 * Realm-safe: a Float32Array of a worker or a test runner's realm counts.
 * @throws SvpError SVP_E_SHAPE
 */
export function checkMatrix(value: unknown, name: string): asserts value is Matrix {
  const m = value as Matrix;
  if (m === null || typeof m !== 'object' || !types.isFloat32Array(m.data)) {
    throw new SvpError('SVP_E_SHAPE', `${name} must be { data: Float32Array, rows, columns }.`);
  }
  checkSides(m, name);
}

/**
 * Checks that `value` is a Matrix or a HalfMatrix, as checkMatrix does.
 * @throws SvpError SVP_E_SHAPE
 */
export function checkMatrixOrHalf(value: unknown, name: string): asserts value is Matrix | HalfMatrix {
  const m = value as HalfMatrix;
  if (m === null || typeof m !== 'object' || !types.isUint16Array(m.data)) {
    if (types.isFloat32Array((m as unknown as Matrix | null)?.data)) return checkMatrix(value, name);
    throw new SvpError(
      'SVP_E_SHAPE',
      `${name} must be { data: Float32Array or Uint16Array (float16 bits), rows, columns }.`,
    );
  }
  checkSides(m, name);
}

function checkSides(m: Matrix | HalfMatrix, name: string): void {
  for (const side of ['rows', 'columns'] as const) {
    if (!Number.isSafeInteger(m[side]) || m[side] < 0) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `${name}.${side} must be a whole number of at least 0, not ${String(m[side])}.`,
      );
    }
  }
  if (m.data.length !== m.rows * m.columns) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${name} says ${m.rows} rows × ${m.columns} columns = ${m.rows * m.columns} values, but its data hold ${m.data.length}.`,
    );
  }
}

/** One row of a matrix, as a view without copying. */
export function rowOf(m: Matrix, row: number): Float32Array {
  return m.data.subarray(row * m.columns, (row + 1) * m.columns);
}
