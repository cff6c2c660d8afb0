import { types } from 'node:util';
import { SvpError } from '../errors';

const DIGITS = 8; // a float64 key is sorted by its eight bytes
const BUCKETS = 256;

/**
 * The `count` rows with the highest scores, best first; equal scores keep the lowest row first (−0 equals 0), and
 * +Infinity comes before everything (forgetting counts of examples never learned).
 *
 * O(n): one pass finds the leading bytes below which no row can be among the best, and only the rows above that are
 * sorted, by a stable byte-wise radix sort of their float64 bits. Memory: 12 bytes a surviving row, twice.
 *
 * @param scores n scores, float32 or float64; not changed
 * @param count 0 … n − excluded; fewer are returned if fewer rows are left
 * @param excluded rows that must not be returned (the initial pool)
 * @throws SvpError SVP_E_NONFINITE naming the first row whose score is NaN, SVP_E_SHAPE for another type
 */
export function rankDescending(
  scores: Float32Array | Float64Array,
  count: number = scores.length,
  excluded?: Uint32Array,
): Uint32Array {
  if (!types.isFloat32Array(scores) && !types.isFloat64Array(scores)) {
    throw new SvpError('SVP_E_SHAPE', 'Scores must be a Float32Array or a Float64Array.');
  }
  checkNotNan(scores);
  const taken = excluded?.length ? maskOf(excluded, scores.length) : undefined;
  const wanted = Math.min(count, scores.length - (excluded?.length ?? 0));
  if (wanted <= 0) return new Uint32Array(0);
  const survivors = survivorsOf(scores, wanted, taken);
  return sortDescending(scores, survivors).slice(0, wanted);
}

function checkNotNan(scores: Float32Array | Float64Array): void {
  for (let row = 0; row < scores.length; row++) {
    if (Number.isNaN(scores[row])) {
      throw new SvpError('SVP_E_NONFINITE', `The score of row ${row} is NaN: it has no place in a ranking.`, {
        row,
      });
    }
  }
}

function maskOf(rows: Uint32Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  for (let i = 0; i < rows.length; i++) mask[rows[i]] = 1;
  return mask;
}

// One float64 seen as its two 32-bit halves; the high half's place depends on the machine's byte order.
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * The upper half of a key whose unsigned order is the reverse of the number's: a negative number's bits already fall
 * as it rises, a positive one's are flipped. Leaves the lower half's flip mask in `lowFlip`.
 */
let lowFlip = 0;
function highKey(score: number): number {
  double[0] = score + 0; // −0 + 0 is 0: both zeros get one key
  const high = halves[HIGH];
  if (high >>> 31) {
    lowFlip = 0;
    return high;
  }
  lowFlip = 0xffffffff;
  return (high ^ 0x7fffffff) >>> 0;
}

/** Rows that can be among the best `wanted`, in row order: those whose key's upper 16 bits are not beyond the cut. */
function survivorsOf(scores: Float32Array | Float64Array, wanted: number, taken?: Uint8Array): Uint32Array {
  const n = scores.length;
  const histogram = new Uint32Array(1 << 16);
  for (let row = 0; row < n; row++) {
    if (!taken?.[row]) histogram[highKey(scores[row]) >>> 16]++;
  }
  let cut = 0;
  let kept = 0;
  while (kept < wanted) kept += histogram[cut++];
  const survivors = new Uint32Array(kept);
  for (let row = 0, at = 0; at < kept; row++) {
    if (!taken?.[row] && highKey(scores[row]) >>> 16 < cut) survivors[at++] = row;
  }
  return survivors;
}

/** Rows with the two halves of their keys. */
interface Keyed {
  rows: Uint32Array;
  high: Uint32Array;
  low: Uint32Array;
}

/** Stable radix sort of rows by descending score, lowest byte first; bytes that all rows share cost nothing. */
function sortDescending(scores: Float32Array | Float64Array, rows: Uint32Array): Uint32Array {
  const n = rows.length;
  let from: Keyed = { rows, high: new Uint32Array(n), low: new Uint32Array(n) };
  const histograms = new Uint32Array(DIGITS * BUCKETS);
  for (let i = 0; i < n; i++) {
    const high = highKey(scores[rows[i]]);
    const low = (halves[1 - HIGH] ^ lowFlip) >>> 0;
    from.high[i] = high;
    from.low[i] = low;
    for (let digit = 0; digit < 4; digit++) {
      histograms[digit * BUCKETS + ((low >>> (8 * digit)) & 255)]++;
      histograms[(digit + 4) * BUCKETS + ((high >>> (8 * digit)) & 255)]++;
    }
  }
  let to: Keyed = { rows: new Uint32Array(n), high: new Uint32Array(n), low: new Uint32Array(n) };
  for (let digit = 0; digit < DIGITS; digit++) {
    const histogram = histograms.subarray(digit * BUCKETS, (digit + 1) * BUCKETS);
    if (!startsOf(histogram, n)) continue;
    const key = digit < 4 ? from.low : from.high;
    const shift = 8 * (digit & 3);
    for (let i = 0; i < n; i++) {
      const at = histogram[(key[i] >>> shift) & 255]++;
      to.rows[at] = from.rows[i];
      to.high[at] = from.high[i];
      to.low[at] = from.low[i];
    }
    [from, to] = [to, from];
  }
  return from.rows;
}

/** Turns counts into each bucket's first place; false if one bucket holds everything, when the pass can be left out. */
function startsOf(histogram: Uint32Array, n: number): boolean {
  let start = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const held = histogram[bucket];
    if (held === n) return false;
    histogram[bucket] = start;
    start += held;
  }
  return true;
}
