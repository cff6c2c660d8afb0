import { types } from 'node:util';
import { rankDescending } from '../core/rank';
import { SvpError } from '../errors';

/**
 * The rank of each example, 1 for the highest score; equal scores share the mean of their ranks (fractional ranking, as
 * Spearman's correlation wants it). +Infinity is a score like any other: examples that were never learned tie for the
 * first ranks. O(n), 20 bytes a row at the peak.
 * @param scores n scores, float32 or float64; not changed
 * @param order the rows by descending score, where the caller has them already
 * @returns n ranks from 1 to n
 * @throws SvpError SVP_E_NONFINITE naming the first NaN, SVP_E_SHAPE for another type
 */
export function meanRanks(
  scores: Float32Array | Float64Array,
  order: Uint32Array = rankDescending(scores),
): Float64Array {
  const ranks = new Float64Array(scores.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && scores[order[end]] === scores[order[first]]) end++;
    // Ranks first + 1 … end.
    const shared = (first + 1 + end) / 2;
    for (let i = first; i < end; i++) ranks[order[i]] = shared;
    first = end;
  }
  return ranks;
}

/**
 * The rank of each of `length` examples in an order of selection: 1 for the first pick. Examples that were not picked
 * come last and share the mean of the ranks that are left, so that a part of a ranking compares with a whole one.
 * @param order rows, first pick first, without duplicates, each below `length`
 * @throws SvpError SVP_E_INDEX for a row that occurs twice or is outside
 */
export function orderRanks(order: Uint32Array, length: number): Float64Array {
  if (!types.isUint32Array(order))
    throw new SvpError('SVP_E_SHAPE', 'An order of selection must be a Uint32Array.');
  const ranks = new Float64Array(length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i];
    if (row >= length) {
      throw new SvpError('SVP_E_INDEX', `Pick ${i} is row ${row}, but there are ${length} rows.`, { row: i });
    }
    if (ranks[row] !== 0) {
      throw new SvpError(
        'SVP_E_INDEX',
        `Row ${row} occurs twice in the order: as pick ${ranks[row] - 1} and ${i}.`,
        {
          row: i,
        },
      );
    }
    ranks[row] = i + 1;
  }
  const shared = (order.length + 1 + length) / 2;
  for (let row = 0; row < length; row++) if (ranks[row] === 0) ranks[row] = shared;
  return ranks;
}
