import type { Matrix } from '../core/matrix';
import { checkMatrix } from '../core/matrix';
import { Random } from '../core/random';
import { SvpError } from '../errors';

export interface PrincipalPlane {
  /** Coordinates of each row along the two axes. */
  x: Float64Array;
  y: Float64Array;
  /** Share of the total variance along each axis. */
  variance: [number, number];
}

/** Axes that are iterated together; more than the two wanted, because the gap behind the last decides the speed. */
const BLOCK = 6;
const MOST_ITERATIONS = 300;
const TOLERANCE = 1e-12;

/**
 * Projects rows onto the plane of their two principal axes (principal component analysis), by subspace iteration on the
 * centred data: the covariance is never formed, so d may be large. An axis' sign is that its largest component is
 * positive. Blocks the caller for O(n · d · iterations): well under a second for 2,000 × 64.
 *
 * @param features n × d, finite
 * @returns float64; zeros where the rows do not differ
 * @throws SvpError SVP_E_SHAPE, SVP_E_NONFINITE with the row and column
 */
export function principalPlane(features: Matrix): PrincipalPlane {
  checkMatrix(features, 'features');
  const { rows: n, columns: d } = features;
  const centred = centre(features);
  let total = 0;
  for (let i = 0; i < centred.length; i++) total += centred[i] * centred[i];
  const k = Math.min(BLOCK, d);
  if (total === 0 || n < 2 || k === 0) {
    return { x: new Float64Array(n), y: new Float64Array(n), variance: [0, 0] };
  }
  const random = new Random(1);
  let basis = Array.from({ length: k }, () => Float64Array.from({ length: d }, () => random.normal()));
  orthonormalise(basis);
  let before = [0, 0];
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const { image, values, rotated } = step(centred, n, d, basis);
    const moved = Math.abs(values[0] - before[0]) + Math.abs((values[1] ?? 0) - before[1]);
    before = [values[0], values[1] ?? 0];
    if (moved <= TOLERANCE * total) {
      basis = rotated;
      break;
    }
    basis = image;
    orthonormalise(basis);
  }
  // The last step rotated the basis to the axes of the data within it, largest variance first.
  const { rotated, values } = step(centred, n, d, basis);
  const along = (axis: Float64Array | undefined) => {
    if (!axis) return new Float64Array(n);
    let largest = 0;
    for (let j = 1; j < d; j++) if (Math.abs(axis[j]) > Math.abs(axis[largest])) largest = j;
    const sign = axis[largest] < 0 ? -1 : 1;
    return project(centred, n, d, axis).map((value) => sign * value);
  };
  return {
    x: along(rotated[0]),
    y: along(rotated[1]),
    variance: [values[0] / total, (values[1] ?? 0) / total],
  };
}

function centre({ data, rows, columns }: Matrix): Float64Array {
  const mean = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = data[i * columns + j];
      if (!Number.isFinite(value)) {
        throw new SvpError(
          'SVP_E_NONFINITE',
          `Feature ${j} of row ${i} is ${value}: a map needs finite features.`,
          { row: i, column: j },
        );
      }
      mean[j] += value;
    }
  }
  for (let j = 0; j < columns; j++) mean[j] /= rows;
  const centred = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) centred[i * columns + j] = data[i * columns + j] - mean[j];
  }
  return centred;
}

/** The rows' coordinates along a direction. */
function project(data: Float64Array, n: number, d: number, axis: Float64Array): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += data[i * d + j] * axis[j];
    out[i] = sum;
  }
  return out;
}

/** One application of XᵀX to a basis, and the basis rotated to the data's axes within it (Rayleigh and Ritz). */
function step(data: Float64Array, n: number, d: number, basis: Float64Array[]) {
  const projected = basis.map((axis) => project(data, n, d, axis));
  const image = projected.map((coordinates) => {
    const out = new Float64Array(d);
    for (let i = 0; i < n; i++) {
      const weight = coordinates[i];
      for (let j = 0; j < d; j++) out[j] += weight * data[i * d + j];
    }
    return out;
  });
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const small = basis.map((_a, i) => basis.map((_b, j) => dot(projected[i], projected[j])));
  const { values, vectors } = symmetricEigen(small);
  const rotated = vectors.map((weights) => {
    const axis = new Float64Array(d);
    for (const [i, weight] of weights.entries()) for (let j = 0; j < d; j++) axis[j] += weight * basis[i][j];
    return axis;
  });
  return { image, values, rotated };
}

/** Makes vectors orthogonal and of unit length, in place (Gram and Schmidt, twice for accuracy). */
function orthonormalise(vectors: Float64Array[]): void {
  for (const [i, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors.slice(0, i)) {
        let along = 0;
        for (let j = 0; j < vector.length; j++) along += vector[j] * other[j];
        for (let j = 0; j < vector.length; j++) vector[j] -= along * other[j];
      }
    }
    let squares = 0;
    for (let j = 0; j < vector.length; j++) squares += vector[j] * vector[j];
    const length = Math.sqrt(squares);
    // Data of fewer dimensions than the block: what is left is nothing, and stays nothing.
    if (length > 1e-150) for (let j = 0; j < vector.length; j++) vector[j] /= length;
    else vector.fill(0);
  }
}

/**
 * Eigenvalues, largest first, and eigenvectors of a small symmetric matrix: Jacobi's rotations until nothing is left
 * beside the diagonal.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): {
  values: number[];
  vectors: number[][];
} {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v: number[][] = matrix.map((_row, i) => matrix.map((_column, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 100; sweep++) {
    let [beside, whole] = [0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        whole += a[i][j] ** 2;
        if (i !== j) beside += a[i][j] ** 2;
      }
    }
    if (beside <= 1e-30 * whole) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        }
        for (let k = 0; k < n; k++) {
          [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
          [v[k][p], v[k][q]] = [c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]];
        }
      }
    }
  }
  const order = a.map((_row, i) => i).sort((i, j) => a[j][j] - a[i][i]);
  return { values: order.map((i) => a[i][i]), vectors: order.map((i) => v.map((row) => row[i])) };
}
