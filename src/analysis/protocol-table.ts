import { capitalised, datasetLabel, methodLabel } from './core-set-names';
import type { Spread } from './interval';
import { pointAt, type Series, type SeriesGroup, type SeriesPoint } from './series';
import {
  formatCount,
  formatFactor,
  formatIn,
  formatPercent,
  formatPoints,
  formatShare,
  NBSP,
  NONE,
  timeUnit,
} from './units';

/** One measure of all series at all budgets. */
export interface TableBlock {
  key: 'error' | 'againstRandom' | 'selectionSpeedUp' | 'totalSpeedUp' | 'selectionTime' | 'totalTime';
  title: string;
  /** What the figures and the marks mean. */
  note: string;
  /** '10 %' … Budgets and series for which there is nothing to say are left out. */
  budgets: string[];
  rows: { method: string; proxy: string }[];
  /** By row, then by budget. */
  cells: { text: string; strong: boolean }[][];
}

/** The paper's tables of one protocol, data set and target: rows are methods and proxies, columns budgets. */
export interface ProtocolTable {
  caption: string;
  blocks: TableBlock[];
}

/** 5.43 ± 0.06; without the spread for one seed. */
function spreadText({ mean, std, n }: Spread, format: (value: number) => string): string {
  if (n === 0 || !Number.isFinite(mean)) return NONE;
  return std === undefined ? format(mean) : `${format(mean)}${NBSP}±${NBSP}${format(std)}`;
}

/** +0.52 [−0.10, +1.14] percentage points. */
export function differenceText({ againstRandom }: SeriesPoint): string {
  if (!againstRandom) return NONE;
  const { mean, low, high } = againstRandom.difference;
  return `${formatPoints(mean)} [${formatPoints(low!)}, ${formatPoints(high!)}]`;
}

type Cell = (point: SeriesPoint) => { text: string; strong?: boolean };

function block(
  key: TableBlock['key'],
  title: string,
  note: string,
  series: readonly Series[],
  budgets: readonly number[],
  cell: Cell,
): TableBlock {
  const all = series.map((one) =>
    budgets.map((budget) => {
      const point = pointAt(one, budget);
      const { text, strong = false } = point ? cell(point) : { text: NONE };
      return { text, strong };
    }),
  );
  const told = (cells: { text: string }[]) => cells.some(({ text }) => text !== NONE);
  const rows = series.filter((_one, i) => told(all[i]));
  const columns = budgets.filter((_budget, j) => told(all.map((cells) => cells[j])));
  return {
    key,
    title,
    note,
    budgets: columns.map((budget) => `${formatShare(budget / series[0].pool)}${NBSP}%`),
    rows: rows.map(({ method, proxy, oracle }) => ({
      method: capitalised(methodLabel(method)),
      proxy: proxy === undefined ? NONE : oracle ? `${proxy} (baseline)` : proxy,
    })),
    cells: all.filter(told).map((cells) => cells.filter((_cell, j) => columns.includes(budgets[j]))),
  };
}

/** What the best error of each budget is, to mark it; the full pool does not count. */
function bestErrors(group: SeriesGroup): Map<number, string> {
  return new Map(
    group.budgets.map((budget) => {
      const means = group.series.flatMap((series) => pointAt(series, budget)?.accuracy.mean ?? []);
      return [budget, formatPercent(1 - Math.max(...means))];
    }),
  );
}

function seedsNote(group: SeriesGroup): string {
  const counts = [...new Set(group.series.map((series) => series.seeds.length))].sort((a, b) => a - b);
  if (counts.length === 1 && counts[0] === 1) return 'One seed: how far seeds differ is not known.';
  const text = counts.length === 1 ? String(counts[0]) : `${counts[0]} to ${counts[counts.length - 1]}`;
  return `Mean ± one standard deviation over ${text} seeds.`;
}

/** How the intervals of a group's differences were made. */
function intervalNote({ series }: SeriesGroup): string {
  const by = new Set(series.flatMap((one) => one.points.flatMap((point) => point.againstRandom?.by ?? [])));
  const single = 'what the size of the test set leaves (binomial), without the luck of the seed';
  const how = !by.has('seeds')
    ? `, of one seed: ${single}`
    : `, paired by seed (Student’s t)${by.has('test set') ? `; where there is one seed, ${single}` : ''}`;
  return `Difference and its 95 % interval${how}. Bold: the interval does not hold zero.`;
}

/**
 * The tables of a group in the paper's shape: Table 1 for active learning (error of the target, data selection
 * speed-up), Table 2 for core-sets (error, data selection time, total time), and in either the difference from random
 * with its 95 % interval.
 */
export function protocolTable(group: SeriesGroup): ProtocolTable {
  const { series, budgets, full } = group;
  const active = group.protocol === 'active';
  const best = bestErrors(group);
  const wholePool = full === undefined ? [] : [full];
  const columns = full === undefined ? budgets : [...budgets, group.pool];
  const rows = [...series, ...wholePool];
  const unit = timeUnit(
    Math.max(...rows.flatMap((one) => one.points.map((point) => point.endToEndSeconds.mean))),
  );
  const time = (seconds: Spread) => {
    // A spread that would be shown as nothing, as where one training is shared by all seeds, says nothing.
    const { std, ...rest } = seconds;
    const shown = std !== undefined && std / unit.seconds >= 0.5 * 10 ** -unit.decimals;
    return seconds.mean === 0 ? NONE : spreadText(shown ? seconds : rest, (value) => formatIn(unit, value));
  };
  const add = (
    key: TableBlock['key'],
    title: string,
    note: string,
    cell: Cell,
    list: readonly number[] = columns,
  ) => block(key, title, note, rows, list, cell);
  const blocks: TableBlock[] = [
    add(
      'error',
      'Top-1 error of the target (%)',
      `${seedsNote(group)}${series.length > 1 ? ' Bold: the lowest of its budget.' : ''}`,
      (point) => ({
        text: spreadText({ ...point.accuracy, mean: 1 - point.accuracy.mean }, formatPercent),
        strong: series.length > 1 && best.get(point.examples) === formatPercent(1 - point.accuracy.mean),
      }),
    ),
    add('againstRandom', 'Accuracy against random (percentage points)', intervalNote(group), (point) => ({
      text: differenceText(point),
      strong: (point.againstRandom?.outcome ?? 'undecided') !== 'undecided',
    })),
  ];
  if (series.some((one) => one.points.some((point) => point.selectionSpeedUp !== undefined))) {
    blocks.push(
      add(
        'selectionSpeedUp',
        'Speed-up of data selection (×)',
        'Time to train the models that choose, to score and to rank: the baseline’s, where the target chooses for itself, divided by this one’s. Bold: mean error at most one standard deviation above the baseline’s, as in the paper.',
        (point) => ({
          text: point.selectionSpeedUp === undefined ? NONE : formatFactor(point.selectionSpeedUp),
          strong: point.likeBaseline ?? false,
        }),
      ),
    );
  }
  if (full) {
    blocks.push(
      add(
        'totalSpeedUp',
        'Speed-up end to end (×)',
        'Training the target on everything, divided by choosing and training the target on the choice. Bold: above 1.',
        (point) => ({
          text: point.totalSpeedUp === undefined ? NONE : formatFactor(point.totalSpeedUp),
          strong: (point.totalSpeedUp ?? 0) > 1,
        }),
      ),
    );
  }
  blocks.push(
    add(
      'selectionTime',
      `Data selection (${unit.symbol})`,
      'Wall clock: training what chose, scoring, ranking.',
      (point) => ({
        text: time(point.selectionSeconds),
      }),
    ),
    add(
      'totalTime',
      `Data selection and target training (${unit.symbol})`,
      'Wall clock, on the machine named below.',
      (point) => ({ text: time(point.endToEndSeconds) }),
    ),
  );
  return {
    caption: `${active ? 'Active learning' : 'Core-set selection'} on ${datasetLabel(group.dataset)}, target ${group.target}`,
    blocks: blocks.filter((one) => one.rows.length > 0),
  };
}

/** What a group was run on, for a sentence: '60,000 examples of Fashion-MNIST'. */
export function poolText(group: Pick<SeriesGroup, 'pool' | 'dataset'>): string {
  return `${formatCount(group.pool)} examples of ${datasetLabel(group.dataset)}`;
}
