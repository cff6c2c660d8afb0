import type { CoreSetRecord, CoreSetRow } from '../core/run-record';
import { rowLabel } from './core-set-names';

/** One subset of the pool, with what follows from setting it against the others. */
export interface SubsetFigures {
  row: CoreSetRow;
  /** Unique name: 'random', 'entropy (proxy)'. */
  label: string;
  /** Full pool, random, chosen by the proxy, chosen by the target itself. */
  kind: 'full' | 'random' | 'proxy' | 'oracle';
  /** Test accuracy minus random's, as fractions; undefined for random, for the full pool, and without a random row. */
  againstRandom?: number;
  /** Half width of the 95 % interval of the accuracy that the size of the test set alone leaves (normal approximation). */
  accuracyMargin: number;
  /** Best test accuracy of all subsets, the full pool not counted; several when they tie. */
  bestAccuracy: boolean;
  /** Fastest end to end of the subsets that a method chose by the proxy, random not counted. */
  fastest: boolean;
}

export interface CoreSetFigures {
  /** In the order of the record. */
  subsets: SubsetFigures[];
  full: SubsetFigures;
  random?: SubsetFigures;
  /** Chosen by the proxy, best test accuracy first; equals keep the record's order. */
  byProxy: SubsetFigures[];
  /** Chosen by the target itself. */
  oracles: SubsetFigures[];
}

function kindOf(row: CoreSetRow): SubsetFigures['kind'] {
  if (row.method === 'full') return 'full';
  if (row.selector === 'proxy') return 'proxy';
  return row.selector === 'target' ? 'oracle' : 'random';
}

/**
 * Half width of the 95 % confidence interval of an accuracy measured on `test` examples: 1.96 · √(p(1 − p)/n).
 * It knows nothing of the luck of the training seed, which comes on top.
 */
export function accuracyMargin(accuracy: number, test: number): number {
  return 1.96 * Math.sqrt((accuracy * (1 - accuracy)) / test);
}

/** The gap between two accuracies, measured on `test` examples each, below which chance may explain it (95 %). */
export function chanceGap(a: number, b: number, test: number): number {
  return Math.hypot(accuracyMargin(a, test), accuracyMargin(b, test));
}

/** True if two accuracies are the same as shown, with two decimals of a percent. */
export function sameAccuracy(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.00005;
}

/**
 * Sets the rows of a core-set record against each other: kinds, differences from random, and which is best.
 * The record must have passed parseCoreSetRecord (exactly one full row).
 */
export function coreSetFigures(record: CoreSetRecord): CoreSetFigures {
  const random = record.rows.find((row) => kindOf(row) === 'random');
  const chosen = record.rows.filter((row) => kindOf(row) !== 'full');
  const best = Math.max(...chosen.map((row) => row.testAccuracy));
  const quickest = Math.min(
    ...chosen.filter((row) => row.selector === 'proxy').map((row) => row.endToEndSeconds),
  );
  const subsets = record.rows.map((row): SubsetFigures => {
    const kind = kindOf(row);
    const figures: SubsetFigures = {
      row,
      label: rowLabel(row),
      kind,
      accuracyMargin: accuracyMargin(row.testAccuracy, record.dataset.test),
      bestAccuracy: kind !== 'full' && sameAccuracy(row.testAccuracy, best),
      fastest: kind === 'proxy' && row.endToEndSeconds === quickest,
    };
    if (random !== undefined && kind !== 'full' && row !== random)
      figures.againstRandom = row.testAccuracy - random.testAccuracy;
    return figures;
  });
  const of = (kind: SubsetFigures['kind']) => subsets.filter((subset) => subset.kind === kind);
  const figures: CoreSetFigures = {
    subsets,
    full: of('full')[0],
    byProxy: of('proxy').sort((a, b) => b.row.testAccuracy - a.row.testAccuracy),
    oracles: of('oracle'),
  };
  if (random !== undefined) figures.random = of('random')[0];
  return figures;
}
