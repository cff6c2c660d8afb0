/**
 * Whether each row's largest logit is its label's; on ties the lowest class is the prediction.
 * @param logits rows × classes
 * @param labels one per row
 * @returns 1 or 0 per row
 */
export function correctRows(logits: Float32Array, labels: ArrayLike<number>): Uint8Array {
  const rows = labels.length;
  const classes = rows === 0 ? 0 : logits.length / rows;
  const correct = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const start = i * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[start + c] > logits[start + best]) best = c;
    correct[i] = best === labels[i] ? 1 : 0;
  }
  return correct;
}

/** Means over the examples of an epoch, in float64. */
export class RunningMeans {
  private examples = 0;
  private lossSum = 0;
  private correctSum = 0;

  /** Counts one batch. */
  add(losses: ArrayLike<number>, correct: ArrayLike<number>): void {
    this.examples += correct.length;
    for (let i = 0; i < correct.length; i++) {
      this.lossSum += losses[i];
      this.correctSum += correct[i];
    }
  }

  get loss(): number {
    return this.lossSum / this.examples;
  }

  get accuracy(): number {
    return this.correctSum / this.examples;
  }
}
