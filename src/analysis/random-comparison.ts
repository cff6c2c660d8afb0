import { chanceGap } from './core-set-figures';
import { type Interval, meanInterval } from './interval';

/**
 * Whether a selection beat a random one of the same size:
 * - `better`, `worse`: the 95 % interval of the difference lies above, or below, nothing
 * - `undecided`: it holds nothing, so chance may explain the difference
 */
export type Outcome = 'better' | 'worse' | 'undecided';

export interface RandomComparison {
  outcome: Outcome;
  /** Test accuracy minus random's, as fractions; over seeds that both were run with. */
  difference: Interval;
  /**
   * How the interval was made: Student's t over paired seeds, or, where there is one pair only, the normal one that the
   * size of the test set leaves. The latter knows nothing of the luck of the seed.
   */
  by: 'seeds' | 'test set';
}

/**
 * Compares accuracies with random's, paired by seed: what the seed does to both, the initial pool and the order of the
 * data, cancels out. With two or more pairs it is Student's paired t interval; with one, the binomial one of the test set.
 * @param pairs [accuracy, random's accuracy] for each seed that both have
 * @param test examples that accuracies were measured on
 */
export function compareWithRandom(
  pairs: readonly (readonly [number, number])[],
  test: number,
): RandomComparison | undefined {
  if (pairs.length === 0) return undefined;
  const difference = meanInterval(pairs.map(([own, random]) => own - random));
  const by = pairs.length > 1 ? 'seeds' : 'test set';
  if (by === 'test set') {
    const [own, random] = pairs[0];
    const reach = chanceGap(own, random, test);
    difference.low = difference.mean - reach;
    difference.high = difference.mean + reach;
  }
  const outcome = difference.low! > 0 ? 'better' : difference.high! < 0 ? 'worse' : 'undecided';
  return { outcome, difference, by };
}
