/**
 * Figures as people read them. One set of rules for the terminal, the page and the sentences, so that they never
 * show the same figure differently.
 */

/** U+2212: the minus sign that is as wide as a digit, so that columns with and without it align. */
const MINUS = '−';
/** Where a figure does not apply. */
export const NONE = '—';
/** Between a number and its unit: a space at which no line may break. */
export const NBSP = '\u00a0';

/** 60000 → "60,000". */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A fraction in [0, 1] → percent with two decimals, without the sign: 0.9132 → "91.32". */
export function formatPercent(fraction: number): string {
  return (fraction * 100).toFixed(2);
}

/** A share such as 0.5 → "50"; as many decimals (at most two) as it needs. */
export function formatShare(fraction: number): string {
  return String(Number((fraction * 100).toFixed(2)));
}

/** The difference of two fractions → percentage points with sign: −0.0041 → "−0.41", 0 → "0.00". */
export function formatPoints(difference: number): string {
  const size = Math.abs(difference * 100).toFixed(2);
  if (Number(size) === 0) return size;
  return `${difference < 0 ? MINUS : '+'}${size}`;
}

/** The same without a sign, for sentences that say the direction in words. */
export function formatGap(difference: number): string {
  return Math.abs(difference * 100).toFixed(2);
}

/** 1.629 → "1.63". */
export function formatFactor(factor: number): string {
  return factor.toFixed(2);
}

export interface TimeUnit {
  /** How the unit is written after a number or in a heading. */
  symbol: 's' | 'min' | 'h';
  seconds: number;
  decimals: number;
}

/** One unit for a whole column: seconds below ten minutes, minutes below five hours, hours beyond. */
export function timeUnit(largestSeconds: number): TimeUnit {
  if (largestSeconds < 600) return { symbol: 's', seconds: 1, decimals: 1 };
  if (largestSeconds < 5 * 3600) return { symbol: 'min', seconds: 60, decimals: 1 };
  return { symbol: 'h', seconds: 3600, decimals: 2 };
}

/** Seconds in `unit`, without its symbol: 101.24 → "101.2"; what would round to nothing is "<0.1", nothing itself "0". */
export function formatIn(unit: TimeUnit, seconds: number): string {
  if (seconds === 0) return '0';
  const smallest = 10 ** -unit.decimals;
  const value = seconds / unit.seconds;
  return value < smallest / 2 ? `<${smallest}` : value.toFixed(unit.decimals);
}

/** A time for a sentence, in the unit that suits it: 75.04 → "75.0 s", 5400 → "90.0 min". */
export function formatTime(seconds: number): string {
  const unit = timeUnit(seconds);
  return `${formatIn(unit, seconds)}${NBSP}${unit.symbol}`;
}
