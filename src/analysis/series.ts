import { methodLabel } from './core-set-names';
import { type Spread, spreadOf } from './interval';
import { compareWithRandom, type RandomComparison } from './random-comparison';
import { summed, type Trial, type TrialPoint } from './trial';

/** One budget of a series, over its seeds. */
export interface SeriesPoint {
  examples: number;
  /** examples ÷ pool. */
  fraction: number;
  accuracy: Spread;
  selectionSeconds: Spread;
  targetTrainSeconds: Spread;
  endToEndSeconds: Spread;
  /** Absent for random itself, for the full pool, and without a random run of the same size. */
  againstRandom?: RandomComparison;
  /** The baseline's data selection time ÷ this one's; the baseline is the target choosing for itself by this method. */
  selectionSpeedUp?: number;
  /** The full pool's training time ÷ this one's end-to-end time. */
  totalSpeedUp?: number;
  /**
   * Mean error at most one standard deviation above the baseline's: the paper's mark for a speed-up that costs nothing.
   * Absent where the baseline has one seed.
   */
  likeBaseline?: boolean;
  /** Over all seeds, by class number. */
  classCounts?: number[];
}

/** Trials that differ in their seed only. */
export interface Series {
  protocol: Trial['protocol'];
  dataset: string;
  pool: number;
  test: number;
  method: string;
  proxy?: string;
  target: string;
  oracle: boolean;
  /** Unique among the series of its group: 'random', 'least confidence, preact8', 'least confidence, preact20 (baseline)'. */
  label: string;
  seeds: number[];
  points: SeriesPoint[];
}

/** Series that can be compared: the same protocol, data and target. */
export interface SeriesGroup {
  protocol: Trial['protocol'];
  dataset: string;
  pool: number;
  test: number;
  target: string;
  /** Every budget of any series, rising; the full pool not counted. */
  budgets: number[];
  /** Random first, then by method, the baseline before its proxies. */
  series: Series[];
  /** The target on the whole pool. */
  full?: Series;
}

const groupKey = ({ protocol, dataset, pool, target }: Trial) =>
  JSON.stringify([protocol, dataset, pool, target]);
const seriesKey = ({ method, proxy, oracle }: Trial) => JSON.stringify([method, proxy, oracle]);

function groupedBy<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}

function labelOf({ method, proxy, oracle }: Trial): string {
  const name = methodLabel(method);
  if (proxy === undefined) return name;
  return oracle ? `${name}, ${proxy} (baseline)` : `${name}, ${proxy}`;
}

/** Points of all trials at one budget; of two runs with the same seed the first counts. */
function pointsAt(trials: readonly Trial[], examples: number): Map<number, TrialPoint> {
  const found = new Map<number, TrialPoint>();
  for (const { seed, points } of trials) {
    const point = points.find((candidate) => candidate.examples === examples);
    if (point && !found.has(seed)) found.set(seed, point);
  }
  return found;
}

function seriesPoint(examples: number, at: Map<number, TrialPoint>, pool: number): SeriesPoint {
  const list = [...at.values()];
  const of = (key: 'testAccuracy' | 'selectionSeconds' | 'targetTrainSeconds' | 'endToEndSeconds') =>
    spreadOf(list.map((point) => point[key]));
  const counts = list.flatMap((point) => (point.classCounts ? [point.classCounts] : []));
  return {
    examples,
    fraction: examples / pool,
    accuracy: of('testAccuracy'),
    selectionSeconds: of('selectionSeconds'),
    targetTrainSeconds: of('targetTrainSeconds'),
    endToEndSeconds: of('endToEndSeconds'),
    ...(counts.length > 0 ? { classCounts: summed(counts) } : {}),
  };
}

function compare(trials: readonly Trial[], group: readonly Trial[], full: readonly Trial[]): Series {
  const [first] = trials;
  const random = group.filter((trial) => trial.method === 'random');
  const baseline = group.filter((trial) => trial.method === first.method && trial.oracle);
  const examples = [...new Set(trials.flatMap((t) => t.points.map((p) => p.examples)))].sort((a, b) => a - b);
  const whole =
    full.length > 0 ? spreadOf(full.flatMap((t) => t.points.map((p) => p.endToEndSeconds))) : undefined;
  const points = examples.map((budget) => {
    const own = pointsAt(trials, budget);
    const point = seriesPoint(budget, own, first.pool);
    if (first.method === 'full') return point;
    if (first.method !== 'random') {
      const rivals = pointsAt(random, budget);
      const pairs = [...own].flatMap(([seed, p]) => {
        const rival = rivals.get(seed);
        return rival ? [[p.testAccuracy, rival.testAccuracy] as const] : [];
      });
      const comparison = compareWithRandom(pairs, first.test);
      if (comparison) point.againstRandom = comparison;
      const base = pointsAt(baseline, budget);
      if (base.size > 0 && point.selectionSeconds.mean > 0) {
        const reference = seriesPoint(budget, base, first.pool);
        point.selectionSpeedUp = reference.selectionSeconds.mean / point.selectionSeconds.mean;
        const { mean, std } = reference.accuracy;
        if (std !== undefined) point.likeBaseline = point.accuracy.mean >= mean - std;
      }
    }
    if (whole) point.totalSpeedUp = whole.mean / point.endToEndSeconds.mean;
    return point;
  });
  const { protocol, dataset, pool, test, method, proxy, target, oracle } = first;
  return {
    protocol,
    dataset,
    pool,
    test,
    method,
    ...(proxy === undefined ? {} : { proxy }),
    target,
    oracle,
    label: labelOf(first),
    seeds: [...new Set(trials.map((trial) => trial.seed))].sort((a, b) => a - b),
    points,
  };
}

/**
 * Puts trials of the same protocol, data and target beside each other: means over seeds, differences from random paired
 * by seed, speed-ups against the target choosing for itself and against the full pool (the paper's Tables 1 to 4).
 * Trials without a tested target are left out.
 */
export function seriesGroups(trials: readonly Trial[]): SeriesGroup[] {
  const measured = trials.filter((trial) => trial.points.length > 0);
  return groupedBy(measured, groupKey).map((group) => {
    const full = group.filter((trial) => trial.method === 'full');
    const series = groupedBy(
      group.filter((trial) => trial.method !== 'full'),
      seriesKey,
    ).map((list) => compare(list, group, full));
    const order = [...new Set(series.map((one) => one.method))];
    const rank = (one: Series) =>
      one.method === 'random' ? -1 : 2 * order.indexOf(one.method) + (one.oracle ? 0 : 1);
    series.sort((a, b) => rank(a) - rank(b));
    const { protocol, dataset, pool, test, target } = group[0];
    const budgets = new Set(series.flatMap((one) => one.points.map((point) => point.examples)));
    return {
      protocol,
      dataset,
      pool,
      test,
      target,
      budgets: [...budgets].sort((a, b) => a - b),
      series,
      ...(full.length > 0 ? { full: compare(full, group, full) } : {}),
    };
  });
}

/** A series' point at a budget. */
export function pointAt(series: Series, examples: number): SeriesPoint | undefined {
  return series.points.find((point) => point.examples === examples);
}
