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

/**
 * The same measures without cancellation: 1 − p₁ as the sum of the other probabilities, added up with compensation, so that
 * they are right to about 1e-15 of themselves, however small they are.
 */
export function preciseUncertainty(logits: ArrayLike<number>, columns: number, temperature = 1) {
  const rows = logits.length / columns;
  const entropy = new Float64Array(rows);
  const leastConfidence = new Float64Array(rows);
  const margin = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let top = 0;
    for (let k = 1; k < columns; k++) if (logits[i * columns + k] > logits[i * columns + top]) top = k;
    const largest = logits[i * columns + top];
    const others = new Compensated();
    const weighted = new Compensated();
    let second = 0;
    for (let k = 0; k < columns; k++) {
      const below = (largest - logits[i * columns + k]) / temperature;
      const e = Math.exp(-below);
      if (k === top || e === 0) continue;
      others.add(e);
      weighted.add(below * e);
      second = Math.max(second, e);
    }
    const total = 1 + others.sum;
    entropy[i] = Math.log1p(others.sum) + weighted.sum / total;
    leastConfidence[i] = others.sum / total;
    margin[i] = (others.sum + second) / total;
  }
  return { entropy, leastConfidence, margin };
}

class Compensated {
  sum = 0;
  private lost = 0;
  add(value: number): void {
    const next = value - this.lost;
    const total = this.sum + next;
    this.lost = total - this.sum - next;
    this.sum = total;
  }
}

/** The measures of rows of probabilities, as they are. */
export function probabilityUncertainty(probabilities: ArrayLike<number>, columns: number) {
  const rows = probabilities.length / columns;
  const entropy = new Float64Array(rows);
  const leastConfidence = new Float64Array(rows);
  const margin = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const p = Array.from({ length: columns }, (_, k) => probabilities[i * columns + k]);
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

/** The units in the last place between them. Below 2^-126 float32 has fewer bits, and the unit stays as it is there. */
export function ulpsApart(actual: number, exact: number): number {
  return Math.abs(actual - exact) / ulp32(exact);
}

/** What the devices promise: 2 float32 ulp, or 1e-7 absolute near zero. */
export function withinPromise(actual: number, exact: number): boolean {
  return Math.abs(actual - exact) <= Math.max(2 * ulp32(exact), 1e-7);
}
