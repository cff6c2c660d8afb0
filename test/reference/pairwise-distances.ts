/**
 * D2 of docs/NUMERICS.md in plain TypeScript: float32 values as float64, element k in accumulator k mod 8, combined as
 * ((a0+a4)+(a2+a6)) + ((a1+a5)+(a3+a7)). JavaScript has no fused multiply-add, so these are the promised bits.
 */
export function referenceSquaredDistance(
  x: ArrayLike<number>,
  xStart: number,
  y: ArrayLike<number>,
  yStart: number,
  columns: number,
): number {
  const a = new Float64Array(8);
  for (let k = 0; k < columns; k++) {
    const difference = x[xStart + k] - y[yStart + k];
    a[k % 8] += difference * difference;
  }
  return a[0] + a[4] + (a[2] + a[6]) + (a[1] + a[5] + (a[3] + a[7]));
}

/** Rows scaled to length 1 in float64 and rounded to float32. */
export function referenceUnitRows(data: Float32Array, columns: number): Float32Array {
  const zero = new Float32Array(columns);
  const out = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += columns) {
    const norm = Math.sqrt(referenceSquaredDistance(data, start, zero, 0, columns));
    for (let k = 0; k < columns; k++) out[start + k] = data[start + k] / norm;
  }
  return out;
}

export function referencePairwiseDistances(
  a: Float32Array,
  b: Float32Array,
  rowsA: number,
  rowsB: number,
  columns: number,
  o: { squared?: boolean; metric?: 'euclidean' | 'cosine' } = {},
): Float64Array {
  const cosine = o.metric === 'cosine';
  const x = cosine ? referenceUnitRows(a, columns) : a;
  const y = cosine ? referenceUnitRows(b, columns) : b;
  const out = new Float64Array(rowsA * rowsB);
  for (let i = 0; i < rowsA; i++) {
    for (let j = 0; j < rowsB; j++) {
      const square = referenceSquaredDistance(x, i * columns, y, j * columns, columns);
      out[i * rowsB + j] = o.squared ? square : Math.sqrt(square);
    }
  }
  return out;
}
