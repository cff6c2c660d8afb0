import { capitalised, listed } from './core-set-names';
import { pointAt, type Series, type SeriesGroup, type SeriesPoint } from './series';
import { formatCount, formatFactor, formatGap, formatPercent, formatShare, NBSP } from './units';

export interface ProtocolVerdict {
  /** One or two sentences: whether the selections beat random. */
  headline: string;
  /** What else the figures say, and what they cannot. */
  details: string[];
}

const share = (point: SeriesPoint) => `${formatShare(point.fraction)}${NBSP}%`;
const points = (difference: number) => `${formatGap(difference)}${NBSP}points`;

/** '3 of 5 budgets'. */
function times(count: number, of: number): string {
  return `${count} of ${of} ${of === 1 ? 'budget' : 'budgets'}`;
}

/** How one series did against random, in a sentence. */
export function againstRandomSentence(series: Series): string | undefined {
  const compared = series.points.filter((point) => point.againstRandom);
  if (compared.length === 0) return undefined;
  const having = (outcome: string) => compared.filter((p) => p.againstRandom!.outcome === outcome);
  const [better, worse] = [having('better'), having('worse')];
  const range = (list: SeriesPoint[]) => {
    const sizes = list.map((point) => Math.abs(point.againstRandom!.difference.mean));
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    return formatGap(least) === formatGap(most) ? points(most) : `${formatGap(least)} to ${points(most)}`;
  };
  const name = capitalised(series.label);
  const parts: string[] = [];
  if (better.length > 0)
    parts.push(`beat random at ${times(better.length, compared.length)} by ${range(better)}`);
  if (worse.length > 0)
    parts.push(`fell behind random at ${times(worse.length, compared.length)} by ${range(worse)}`);
  const open = compared.length - better.length - worse.length;
  if (open === compared.length) {
    const mean = compared.reduce((sum, p) => sum + p.againstRandom!.difference.mean, 0) / compared.length;
    const side =
      formatGap(mean) === '0.00' ? 'level with it' : `${points(mean)} ${mean > 0 ? 'above' : 'below'} it`;
    return `${name} did not differ from random by more than chance may explain, at any of ${formatCount(open)} ${open === 1 ? 'budget' : 'budgets'} (on average ${side}).`;
  }
  if (open > 0) parts.push(`differed by no more than chance may explain at ${times(open, compared.length)}`);
  return `${name} ${listed(parts)}.`;
}

/** What a proxy saved and cost against the target choosing for itself. */
function againstBaseline(series: Series, group: SeriesGroup): string | undefined {
  const baseline = group.series.find((one) => one.method === series.method && one.oracle);
  const last = series.points.filter((point) => point.selectionSpeedUp !== undefined).at(-1);
  if (series.oracle || !baseline || !last) return undefined;
  const base = pointAt(baseline, last.examples)!;
  const gap = last.accuracy.mean - base.accuracy.mean;
  const cost =
    formatGap(gap) === '0.00'
      ? 'at the same accuracy'
      : `with ${points(gap)} ${gap > 0 ? 'more' : 'less'} accuracy (${formatPercent(last.accuracy.mean)}${NBSP}% against ${formatPercent(base.accuracy.mean)}${NBSP}%)`;
  return `At ${share(last)}, ${series.label} selected ${formatFactor(last.selectionSpeedUp!)} times as fast as the target choosing for itself, ${cost}.`;
}

/** The series that kept closest to the full pool, where there is one. */
function againstFull(group: SeriesGroup): string | undefined {
  const { full } = group;
  if (!full) return undefined;
  const whole = full.points[0].accuracy.mean;
  const candidates = group.series.flatMap((series) =>
    series.method === 'random' ? [] : series.points.map((point) => ({ series, point })),
  );
  if (candidates.length === 0) return undefined;
  const best = candidates.reduce((a, b) => (b.point.accuracy.mean > a.point.accuracy.mean ? b : a));
  const gap = best.point.accuracy.mean - whole;
  const kept =
    formatGap(gap) === '0.00'
      ? 'the accuracy'
      : `${points(gap)} ${gap > 0 ? 'more than' : 'less than'} the accuracy`;
  return `The best subset, ${share(best.point)} by ${best.series.label}, gave ${kept} of the full pool (${formatPercent(whole)}${NBSP}%), ${formatFactor(best.point.totalSpeedUp ?? 1)} times as fast end to end.`;
}

/** How much weight the intervals bear. */
function caution(group: SeriesGroup): string {
  const comparisons = group.series.flatMap((one) => one.points.filter((point) => point.againstRandom));
  const seeds = Math.min(...comparisons.map((point) => point.againstRandom!.difference.n));
  if (comparisons.length === 0) return '';
  const luck =
    comparisons.length >= 10
      ? ` Of ${formatCount(comparisons.length)} intervals at 95 %, about ${formatCount(Math.max(1, comparisons.length / 20))} leaves out the truth by luck alone.`
      : '';
  if (seeds === 1)
    return `There is one seed: intervals are those that ${formatCount(group.test)} test images or texts leave, and another seed would shift the figures further.${luck}`;
  if (seeds < 5)
    return `With ${seeds} seeds the intervals (Student’s t, paired by seed) are wide: small differences cannot be told from chance, and seeds that happen to agree make one look sure.${luck}`;
  return `Intervals are Student’s t over ${seeds} paired seeds.${luck}`;
}

/** What the trials of a group found, in sentences computed from the figures; also where random wins. */
export function protocolVerdict(group: SeriesGroup): ProtocolVerdict {
  const methods = group.series.filter((series) => series.method !== 'random');
  const compared = methods.flatMap((series) => series.points.flatMap((point) => point.againstRandom ?? []));
  const count = (outcome: string) => compared.filter((one) => one.outcome === outcome).length;
  const [better, worse] = [count('better'), count('worse')];
  const details = methods.flatMap((series) => againstRandomSentence(series) ?? []);
  for (const series of methods) details.push(...[againstBaseline(series, group) ?? []].flat());
  const whole = againstFull(group);
  if (whole !== undefined) details.push(whole);
  const warned = caution(group);
  if (warned !== '') details.push(warned);
  if (compared.length === 0) {
    const lacking =
      methods.length === 0
        ? 'no method to compare with random'
        : 'no random selection of the same size and seed to compare with: whether the method beat random is not known';
    return { headline: `There is ${lacking}.`, details };
  }
  const total = `${formatCount(compared.length)} ${compared.length === 1 ? 'comparison' : 'comparisons'}`;
  if (better === 0 && worse === 0)
    return {
      headline: `Random kept up: in none of ${total} did a method differ from it by more than chance may explain.`,
      details,
    };
  const ending = worse === 0 ? 'never fell behind it' : `fell behind it in ${worse}`;
  return {
    headline: `Methods beat random in ${better} of ${total}, by more than chance may explain, and ${ending}.`,
    details,
  };
}
