/**
 * The uncertainty measures as their definitions say, in float64: the softmax is stored, then each measure is read off it.
 * "Selection via Proxy", section 2.2.
 */
export function referenceUncertainty(logits: ArrayLike<number>, columns: number) {
  const rows = columns === 0 ? 0 : logits.length / columns;
  const entropy = new Float64Array(rows);
  const leastConfidence = new Float64Array(rows);
  const margin = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const row = Array.from({ length: columns }, (_, k) => logits[i * columns + k]);
    const largest = Math.max(...row);
    const exponentials = row.map((z) => Math.exp(z - largest));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    const p = exponentials.map((e) => e / sum);
    entropy[i] = p.reduce((h, q) => h - (q === 0 ? 0 : q * Math.log(q)), 0);
    const [p1, p2 = 0] = [...p].sort((a, b) => b - a);
    leastConfidence[i] = 1 - p1;
    margin[i] = 1 - (p1 - p2);
  }
  return { entropy, leastConfidence, margin };
}

/** Distance of neighbouring float32 values at x. */
export function ulp32(x: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -126)));
  return 2 ** (exponent - 23);
}

/** What docs/NUMERICS.md promises: 2 float32 ulp, or 1e-7 absolute near zero. */
export function withinPromise(actual: number, exact: number): boolean {
  return Math.abs(actual - exact) <= Math.max(2 * ulp32(exact), 1e-7);
}
