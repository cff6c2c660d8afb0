/**
 * The k highest scores of a stream, in the order of `rankDescending`: highest first, ties to the lowest row. Rows come in
 * rising order. Memory O(k); time O(n + k log k · log n) for scores in random order.
 */
export class TopK {
  private readonly rows: number[] = [];
  private readonly values: number[] = [];
  private threshold = Number.NEGATIVE_INFINITY;

  constructor(private readonly k: number) {}

  /** @param firstRow the row of scores[0] */
  add(scores: Float32Array | Float64Array, firstRow: number): void {
    for (let i = 0; i < scores.length; i++) {
      const full = this.rows.length >= this.k;
      // A tie with the lowest that is kept loses: its row is higher.
      if (this.k === 0 || (full && !(scores[i] > this.threshold))) continue;
      this.rows.push(firstRow + i);
      this.values.push(scores[i]);
      if (this.rows.length >= 2 * this.k || this.rows.length === this.k) this.prune();
    }
  }

  result(): { indices: Uint32Array; scores: Float64Array } {
    this.prune();
    return { indices: Uint32Array.from(this.rows), scores: Float64Array.from(this.values) };
  }

  private prune(): void {
    const order = this.rows.map((_, i) => i);
    order.sort((a, b) => this.values[b] - this.values[a] || this.rows[a] - this.rows[b]);
    order.length = Math.min(order.length, this.k);
    const rows = order.map((i) => this.rows[i]);
    const values = order.map((i) => this.values[i]);
    this.rows.splice(0, this.rows.length, ...rows);
    this.values.splice(0, this.values.length, ...values);
    if (this.rows.length === this.k && this.k > 0) this.threshold = this.values[this.k - 1];
  }
}
