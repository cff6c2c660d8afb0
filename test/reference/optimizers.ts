/** Optimizers in float64, one parameter at a time, as PyTorch's documentation writes them down: the oracle. */

export interface ReferenceOptimizer {
  name: 'sgd' | 'adam' | 'adamw';
  momentum?: number;
  nesterov?: boolean;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Of each parameter. */
  weightDecay: ArrayLike<number>;
}

export interface ReferenceState {
  w: Float64Array;
  /** Velocity of sgd, first moment of the others. */
  first: Float64Array;
  second: Float64Array;
  steps: number;
}

export function referenceState(w: ArrayLike<number>): ReferenceState {
  const zeros = () => new Float64Array(w.length);
  return { w: Float64Array.from(w), first: zeros(), second: zeros(), steps: 0 };
}

/** One step, in place. */
export function referenceStep(
  o: ReferenceOptimizer,
  s: ReferenceState,
  g: ArrayLike<number>,
  rate: number,
): void {
  const { momentum = 0, nesterov = false, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = o;
  s.steps++;
  for (let i = 0; i < s.w.length; i++) {
    const decay = o.weightDecay[i];
    if (o.name === 'adamw') s.w[i] -= rate * decay * s.w[i];
    const d = g[i] + (o.name === 'adamw' ? 0 : decay * s.w[i]);
    if (o.name === 'sgd') {
      s.first[i] = momentum * s.first[i] + d;
      s.w[i] -= rate * (nesterov ? d + momentum * s.first[i] : s.first[i]);
      continue;
    }
    s.first[i] = beta1 * s.first[i] + (1 - beta1) * d;
    s.second[i] = beta2 * s.second[i] + (1 - beta2) * d * d;
    const mean = s.first[i] / (1 - beta1 ** s.steps);
    const square = s.second[i] / (1 - beta2 ** s.steps);
    s.w[i] -= (rate * mean) / (Math.sqrt(square) + epsilon);
  }
}
