import { types } from 'node:util';
import { SvpError } from '../errors';
import { meanRanks } from './ranks';

type Numbers = Float32Array | Float64Array;

/** Values with their mean taken away, scaled to unit length: the correlation of two is their inner product. */
export interface Standardised {
  values: Float64Array;
  /** All values are equal: there is no correlation with anything. */
  constant: boolean;
}

/**
 * Centres and scales values, in two passes of float64. They are first divided by their largest size, so that squares
 * neither overflow nor vanish. O(n), 8 bytes a value.
 * @throws SvpError SVP_E_NONFINITE naming the first value that is not finite
 */
export function standardise(values: Numbers): Standardised {
  const n = values.length;
  let largest = 0;
  for (let i = 0; i < n; i++) {
    const size = Math.abs(values[i]);
    if (!(size < Number.POSITIVE_INFINITY)) {
      throw new SvpError(
        'SVP_E_NONFINITE',
        `Value ${i} is ${values[i]}: Pearson's correlation needs finite numbers. Leave such examples out, or use Spearman's, which takes infinities.`,
        { row: i },
      );
    }
    if (size > largest) largest = size;
  }
  const scaled = new Float64Array(n);
  let constant = true;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    scaled[i] = largest > 0 ? values[i] / largest : 0;
    sum += scaled[i];
    if (values[i] !== values[0]) constant = false;
  }
  const mean = n > 0 ? sum / n : 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    scaled[i] -= mean;
    squares += scaled[i] * scaled[i];
  }
  const length = Math.sqrt(squares);
  if (constant || length === 0) return { values: scaled.fill(0), constant: true };
  for (let i = 0; i < n; i++) scaled[i] /= length;
  return { values: scaled, constant: false };
}

/** The correlation of two lists that have been standardised: −1 to 1, NaN where one is constant. O(n). */
export function correlationOf(a: Standardised, b: Standardised): number {
  if (a.constant || b.constant) return Number.NaN;
  let product = 0;
  for (let i = 0; i < a.values.length; i++) product += a.values[i] * b.values[i];
  return Math.max(-1, Math.min(1, product));
}

function checkPair(a: unknown, b: unknown, what: string): asserts a is Numbers {
  for (const values of [a, b]) {
    if (!types.isFloat32Array(values) && !types.isFloat64Array(values)) {
      throw new SvpError('SVP_E_SHAPE', `${what}: both lists must be Float32Arrays or Float64Arrays.`);
    }
  }
  const [n, m] = [(a as Numbers).length, (b as Numbers).length];
  if (n !== m) throw new SvpError('SVP_E_SHAPE', `${what}: one list has ${n} values, the other ${m}.`);
}

/**
 * Pearson's correlation coefficient of two lists of equal length (the paper's Figure 13). O(n), float64.
 * @returns −1 to 1; NaN where a list is constant or has fewer than two values
 * @throws SvpError SVP_E_SHAPE, SVP_E_NONFINITE naming the first value that is not finite
 */
export function pearson(a: Numbers, b: Numbers): number {
  checkPair(a, b, 'pearson');
  return correlationOf(standardise(a), standardise(b));
}

/**
 * Spearman's rank-order correlation of two lists of equal length: Pearson's of their ranks, where equal values share
 * their mean rank (the paper's Figures 3 and 8 to 12). Infinities are ranked. O(n).
 * @returns −1 to 1; NaN where a list is constant or has fewer than two values
 * @throws SvpError SVP_E_SHAPE, SVP_E_NONFINITE naming the first NaN
 */
export function spearman(a: Numbers, b: Numbers): number {
  checkPair(a, b, 'spearman');
  return correlationOf(standardise(meanRanks(a)), standardise(meanRanks(b)));
}
