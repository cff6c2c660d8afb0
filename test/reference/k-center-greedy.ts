import type { Matrix } from '../../src/core/matrix';

/**
 * Greedy k-centers as docs/NUMERICS.md defines it, one pass over the pool per pick, in float64. The engine must give
 * these picks and these radii to the bit. O(rows × columns × centers): for small inputs only.
 */
export interface OracleOptions {
  budget: number;
  /** Existing pool: centers from the beginning, never picked. */
  initial?: ArrayLike<number>;
  /** The first picks, in this order, before the greedy rule takes over; counted and returned. */
  first?: ArrayLike<number>;
  metric?: 'euclidean' | 'cosine';
  /** Stop once the covering radius is at most this. */
  radius?: number;
}

export interface OracleResult {
  indices: number[];
  radii: number[];
  /** Position of the nearest center in [...initial, ...indices]; ties go to the lower position. */
  assignments: number[];
  clusterSizes: number[];
}

/** D2: eight float64 accumulators, element k to accumulator k mod 8. */
export function squaredDistance(x: Float32Array, y: Float32Array): number {
  const a = new Float64Array(8);
  for (let k = 0; k < x.length; k++) {
    const difference = x[k] - y[k];
    a[k & 7] += difference * difference;
  }
  return a[0] + a[4] + (a[2] + a[6]) + (a[1] + a[5] + (a[3] + a[7]));
}

/** Rows scaled to unit length in float64 and rounded to float32. */
export function unitRows(m: Matrix): Matrix {
  const data = new Float32Array(m.data.length);
  const origin = new Float32Array(m.columns);
  for (let i = 0; i < m.rows; i++) {
    const row = m.data.subarray(i * m.columns, (i + 1) * m.columns);
    const norm = Math.sqrt(squaredDistance(row, origin));
    for (let k = 0; k < m.columns; k++) data[i * m.columns + k] = row[k] / norm;
  }
  return { data, rows: m.rows, columns: m.columns };
}

export function kCenterGreedyOracle(features: Matrix, options: OracleOptions): OracleResult {
  const matrix = options.metric === 'cosine' ? unitRows(features) : features;
  const row = (i: number) => matrix.data.subarray(i * matrix.columns, (i + 1) * matrix.columns);
  const n = matrix.rows;
  const m = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const nearest = new Array<number>(n).fill(-1);
  const taken = new Array<boolean>(n).fill(false);
  let centers = 0;
  const add = (c: number) => {
    taken[c] = true;
    for (let i = 0; i < n; i++) {
      const d2 = squaredDistance(row(i), row(c));
      if (d2 < m[i]) {
        m[i] = d2;
        nearest[i] = centers;
      }
    }
    centers++;
  };
  for (const c of Array.from(options.initial ?? [])) add(c);
  const indices: number[] = [];
  const radii: number[] = [];
  const pick = (c: number) => {
    indices.push(c);
    radii.push(Math.sqrt(m[c]));
    add(c);
  };
  for (const c of Array.from(options.first ?? []).slice(0, options.budget)) pick(c);
  while (indices.length < options.budget) {
    let best = -1;
    for (let i = 0; i < n; i++) if (!taken[i] && (best < 0 || m[i] > m[best])) best = i;
    if (best < 0) break;
    if (options.radius !== undefined && Math.sqrt(m[best]) <= options.radius) break;
    pick(best);
  }
  const clusterSizes = new Array<number>(centers).fill(0);
  if (centers > 0) for (let i = 0; i < n; i++) clusterSizes[nearest[i]]++;
  return { indices, radii, assignments: nearest, clusterSizes };
}
