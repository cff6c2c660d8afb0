import { studentQuantile } from './student-t';

/** A few measurements of one thing: their mean, and how far they lie apart. */
export interface Spread {
  /** How many. */
  n: number;
  mean: number;
  /** Sample standard deviation (n − 1 below the line); undefined for fewer than two. */
  std?: number;
}

/** A mean with its confidence interval. */
export interface Interval extends Spread {
  /** Share of such intervals that hold the true mean, 0.95. */
  confidence: number;
  /** Undefined for fewer than two measurements. */
  low?: number;
  high?: number;
}

/** Mean and sample standard deviation. NaN is not a measurement and is left out. */
export function spreadOf(values: readonly number[]): Spread {
  const known = values.filter((value) => !Number.isNaN(value));
  const n = known.length;
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { n, mean };
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, std: Math.sqrt(squares / (n - 1)) };
}

/**
 * Student's t interval of a mean: mean ± t · s / √n with n − 1 degrees of freedom. With paired differences as values it
 * is the interval of the paired t test. With two or three values it is wide (t is 12.7 and 4.3), as it should be.
 */
export function meanInterval(values: readonly number[], confidence = 0.95): Interval {
  const spread = spreadOf(values);
  if (spread.std === undefined) return { ...spread, confidence };
  const reach = (studentQuantile((1 + confidence) / 2, spread.n - 1) * spread.std) / Math.sqrt(spread.n);
  return { ...spread, confidence, low: spread.mean - reach, high: spread.mean + reach };
}
