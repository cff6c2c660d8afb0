import { capitalised } from '../analysis/core-set-names';
import { differenceText } from '../analysis/protocol-table';
import type { Series, SeriesGroup, SeriesPoint } from '../analysis/series';
import { formatIn, formatPercent, formatPoints, formatShare, NBSP, timeUnit } from '../analysis/units';
import type { Chart } from './chart';
import { heatMapChart } from './heat-map';
import { type LinePoint, type LineSeries, lineChart } from './line-chart';
import { type SeriesStyle, variantStyle } from './series-style';

/** Ids of a page are unique: charts of the second group end in -1, and so on. */
const idOf = (name: string, g: number) => (g === 0 ? name : `${name}-${g}`);

/** The look of each series of a group: methods by colour, proxies by mark and dash, the baseline hollow. */
export function stylesOf(group: SeriesGroup): Map<Series, SeriesStyle> {
  const proxies = [...new Set(group.series.filter((s) => !s.oracle).map((s) => s.proxy))];
  return new Map(
    group.series.map((series) => [
      series,
      variantStyle(
        series.method,
        series.oracle ? proxies.length : Math.max(0, proxies.indexOf(series.proxy)),
        series.oracle,
      ),
    ]),
  );
}

function lines(
  group: SeriesGroup,
  point: (p: SeriesPoint, i: number) => LinePoint | undefined,
): LineSeries[] {
  const styles = stylesOf(group);
  return group.series
    .map((series, i) => ({
      label: capitalised(series.label),
      style: styles.get(series)!,
      points: series.points.flatMap((p) => point(p, i) ?? []),
    }))
    .filter((line) => line.points.length > 0);
}

const budgetText = (fraction: number) => `${formatShare(fraction)}${NBSP}%`;
const percentTicks = (group: SeriesGroup) =>
  group.budgets.length <= 10 ? { ticks: group.budgets.map((b) => (100 * b) / group.pool) } : {};

/** A table of the drawn figures: budgets down, series across. */
function byBudget(group: SeriesGroup, cell: (point: SeriesPoint) => string): Chart['figures'] {
  return {
    headings: ['Budget', ...group.series.map((series) => capitalised(series.label))],
    rows: group.budgets.map((budget) => [
      budgetText(budget / group.pool),
      ...group.series.map((series) => {
        const point = series.points.find((p) => p.examples === budget);
        return point ? cell(point) : '';
      }),
    ]),
  };
}

const withStd = ({ accuracy }: SeriesPoint) =>
  accuracy.std === undefined
    ? formatPercent(accuracy.mean)
    : `${formatPercent(accuracy.mean)} ± ${formatPercent(accuracy.std)}`;

/** Test accuracy by budget, a line for each series (the paper's Figures 2, 6 and 7). */
export function accuracyByBudget(group: SeriesGroup, g: number): Chart {
  const last = group.series.map((series) => {
    const end = series.points[series.points.length - 1];
    return `${series.label} ${formatPercent(end.accuracy.mean)}${NBSP}% at ${budgetText(end.fraction)}`;
  });
  const many = group.series.some((series) => series.seeds.length > 1);
  const whole = group.full?.points[0].accuracy.mean;
  return lineChart({
    id: idOf('accuracy-by-budget', g),
    title: 'Accuracy against budget',
    caption: `Test accuracy of the target by the share of the pool that it was trained on.${many ? ' Bars are one standard deviation over seeds.' : ''}`,
    alternative: `Line chart of test accuracy by budget. Last: ${last.join('; ')}.`,
    xTitle: 'Share of the pool (%)',
    yTitle: 'Test accuracy (%)',
    series: lines(group, ({ fraction, accuracy: { mean, std } }) => ({
      x: 100 * fraction,
      y: 100 * mean,
      ...(std === undefined ? {} : { low: 100 * (mean - std), high: 100 * (mean + std) }),
    })),
    ...percentTicks(group),
    text: (y) => `${y.toFixed(2)}${NBSP}%`,
    within: [0, 100],
    ...(whole === undefined
      ? {}
      : { guide: { y: 100 * whole, label: `the full pool, ${formatPercent(whole)}${NBSP}%` } }),
    figures: byBudget(group, withStd),
  });
}

/** Test accuracy by the time from nothing to the trained target. */
export function accuracyByTime(group: SeriesGroup, g: number): Chart {
  const longest = Math.max(...group.series.flatMap((s) => s.points.map((p) => p.endToEndSeconds.mean)));
  const unit = timeUnit(longest);
  const seconds = (p: SeriesPoint) => p.endToEndSeconds.mean / unit.seconds;
  return lineChart({
    id: idOf('accuracy-by-time', g),
    title: 'Accuracy against time',
    caption:
      'The same accuracies by the time that they took, choosing and training the target together. Each line goes through its budgets; higher and further left is better.',
    alternative: `Line chart of test accuracy by end-to-end time. ${group.series
      .map((s) => {
        const end = s.points[s.points.length - 1];
        return `${s.label} ${formatPercent(end.accuracy.mean)}${NBSP}% in ${formatIn(unit, end.endToEndSeconds.mean)}${NBSP}${unit.symbol}`;
      })
      .join('; ')}.`,
    xTitle: `Selection and target training (${unit.symbol})`,
    yTitle: 'Test accuracy (%)',
    series: lines(group, (p) => ({ x: seconds(p), y: 100 * p.accuracy.mean })),
    text: (y) => `${y.toFixed(2)}${NBSP}%`,
    within: [0, 100],
    figures: byBudget(
      group,
      (p) => `${formatPercent(p.accuracy.mean)} in ${formatIn(unit, p.endToEndSeconds.mean)} ${unit.symbol}`,
    ),
  });
}

/** The difference from random with its interval: did it beat random? */
export function againstRandomChart(group: SeriesGroup, g: number): Chart | undefined {
  const compared = group.series.filter((s) => s.points.some((p) => p.againstRandom));
  if (compared.length === 0) return undefined;
  const fractions = group.budgets.map((budget) => (100 * budget) / group.pool);
  const gaps = fractions.slice(1).map((f, i) => f - fractions[i]);
  // Series of one budget stand side by side, within two fifths of the way to the next.
  const step = (0.4 * (gaps.length > 0 ? Math.min(...gaps) : 2)) / Math.max(1, compared.length);
  const place = (i: number) =>
    (i - (group.series.length - compared.length) - (compared.length - 1) / 2) * step;
  const one = group.series.some((s) => s.points.some((p) => p.againstRandom?.by === 'test set'));
  return lineChart({
    id: idOf('against-random', g),
    title: 'Accuracy against random',
    caption: `Test accuracy minus that of a random choice of the same size. Bars are 95 % intervals${one ? ', where there is one seed, of the test set’s size alone' : ' over paired seeds'}: where one crosses the dashed line, chance may explain the difference. Marks of one budget stand side by side.`,
    alternative: `Chart of differences from random in percentage points, with 95 % intervals. ${compared
      .map(
        (s) =>
          `${s.label}: ${s.points.flatMap((p) => (p.againstRandom ? `${differenceText(p)} at ${budgetText(p.fraction)}` : [])).join(', ')}`,
      )
      .join('; ')}.`,
    xTitle: 'Share of the pool (%)',
    yTitle: 'Difference (percentage points)',
    series: lines(
      group,
      ({ fraction, againstRandom }, i) =>
        againstRandom && {
          x: 100 * fraction + place(i),
          y: 100 * againstRandom.difference.mean,
          low: 100 * againstRandom.difference.low!,
          high: 100 * againstRandom.difference.high!,
        },
    ),
    ...percentTicks(group),
    text: (y) => formatPoints(y / 100),
    within: [-100, 100],
    guide: { y: 0, label: 'no difference from random' },
    figures: byBudget(group, differenceText),
  });
}

/** The share of each class in each selection, at one budget. */
export function classBalanceChart(
  group: SeriesGroup,
  g: number,
  classNames: readonly string[],
): Chart | undefined {
  const budget = group.budgets.find((b) =>
    group.series.every((s) => s.points.some((p) => p.examples === b && p.classCounts)),
  );
  const rows = group.series.flatMap((series) => {
    const point = series.points.find((p) => p.examples === (budget ?? series.points[0].examples));
    return point?.classCounts ? [{ series, point, counts: point.classCounts }] : [];
  });
  const classes = Math.max(...rows.map((row) => row.counts.length), 0);
  if (rows.length === 0 || classes < 2 || classes > 20) return undefined;
  const names = Array.from({ length: classes }, (_, c) => classNames[c] ?? String(c));
  const numbered = names.some((name) => name.length > 9) || classes > 10;
  const shares = rows.map(({ counts }) => {
    const sum = counts.reduce((total, count) => total + count, 0);
    return names.map((_name, c) => (100 * (counts[c] ?? 0)) / sum);
  });
  const extremes = rows.map(({ series }, i) => {
    const most = shares[i].indexOf(Math.max(...shares[i]));
    return `${series.label}: most ${names[most]}, ${shares[i][most].toFixed(1)}${NBSP}%`;
  });
  const all = shares.flat();
  const what = group.protocol === 'active' ? 'What the rounds added, by class' : 'What was kept, by class';
  const chart = heatMapChart({
    id: idOf('class-balance', g),
    title: 'Class balance of the selections',
    caption: `${what}, in percent, at ${budgetText(rows[0].point.fraction)} of the pool; with equal shares each would be ${(100 / classes).toFixed(1)}.${numbered ? ` Classes: ${names.map((name, c) => `${c} ${name}`).join(', ')}.` : ''}`,
    alternative: `Heat map of class shares. ${extremes.join('; ')}.`,
    rows: rows.map(({ series }) => capitalised(series.label)),
    columns: numbered ? names.map((_name, c) => String(c)) : names,
    values: shares,
    text: (value) => value.toFixed(1),
    domain: [Math.min(...all), Math.max(...all)],
    corner: 'Selection',
  });
  return { ...chart, figures: { ...chart.figures, headings: ['Selection', ...names] } };
}
