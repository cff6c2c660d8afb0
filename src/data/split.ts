import { Random } from '../core/random';
import { SvpError } from '../errors';
import { resolveRows } from './dataset';
import { epochKey } from './transforms/crop-flip';

export interface ValidationSplit {
  /** Rows to train on, ascending. */
  train: Uint32Array;
  /** Rows held out, ascending. */
  validation: Uint32Array;
}

/** How many of `size` held-out rows each class gives: in proportion, rounded by largest remainder (ties: lower class). */
function quotas(counts: readonly number[], total: number, size: number): number[] {
  const exact = counts.map((n) => (total === 0 ? 0 : (n * size) / total));
  const whole = exact.map(Math.floor);
  const left = size - whole.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((_, c) => c)
    .sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]) || a - b);
  for (const c of byRemainder.slice(0, left)) whole[c]++;
  return whole;
}

/**
 * Holds out `size` rows for validation, at random by `seed`.
 * @param labels one class per image of the dataset
 * @param o.indices rows to split; default all
 * @param o.stratified each class gives its share (largest remainder); default true
 * @param o.seed default 0
 * @returns both parts in ascending order; the same call gives the same split
 * @throws SvpError SVP_E_OPTION (size not 0 … number of rows), SVP_E_INDEX, SVP_E_SHAPE
 */
export function splitValidation(
  labels: Uint8Array | Uint16Array | Uint32Array,
  o: { size: number; indices?: Uint32Array; stratified?: boolean; seed?: number },
): ValidationSplit {
  const rows = resolveRows(o.indices, labels.length);
  if (!Number.isInteger(o.size) || o.size < 0 || o.size > rows.length) {
    throw new SvpError(
      'SVP_E_OPTION',
      `The validation size must be a whole number from 0 to ${rows.length} (the rows to split), not ${o.size}.`,
      { option: 'size' },
    );
  }
  // The key spreads neighbouring seeds: their splits have nothing in common.
  const random = new Random(epochKey(o.seed ?? 0, 0));
  const groups: number[][] = [];
  for (const row of rows) {
    const group = (o.stratified ?? true) ? labels[row] : 0;
    groups[group] ??= [];
    groups[group].push(row);
  }
  const present = groups.filter((g) => g !== undefined);
  const sizes = quotas(
    present.map((g) => g.length),
    rows.length,
    o.size,
  );
  const validation: number[] = [];
  const train: number[] = [];
  present.forEach((group, c) => {
    random.shuffle(group);
    for (let i = 0; i < group.length; i++) (i < sizes[c] ? validation : train).push(group[i]);
  });
  return { train: Uint32Array.from(train).sort(), validation: Uint32Array.from(validation).sort() };
}
