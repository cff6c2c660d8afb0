import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import type { CoreSetFigures, SubsetFigures } from '../analysis/core-set-figures';
import { capitalised } from '../analysis/core-set-names';
import { formatPercent, NBSP } from '../analysis/units';
import type { CoreSetRecord, EpochRecord } from '../core/run-record';
import { type Chart, chartConfig, type Frame, framed, titleAbove, wholeTicks } from './chart';
import { html } from './html';
import { spread } from './label-placement';
import { legendKey, type SeriesStyle, seriesStyle } from './series-style';

type Measure = 'testAccuracy' | 'trainAccuracy';

interface Curve {
  subset: SubsetFigures;
  style: SeriesStyle;
  points: { epoch: number; percent: number }[];
}

/** Test accuracy where every subset was tested along the way; else the training accuracy, which is always there. */
function measureOf(figures: CoreSetFigures): Measure {
  const tested = figures.subsets.every(({ row }) => {
    const points = row.curve.filter((epoch) => epoch.testAccuracy !== undefined).length;
    return points >= Math.min(2, row.curve.length);
  });
  return tested ? 'testAccuracy' : 'trainAccuracy';
}

function curvesOf(figures: CoreSetFigures, measure: Measure): Curve[] {
  const percent = (epoch: EpochRecord) => (epoch[measure] ?? Number.NaN) * 100;
  return figures.subsets
    .map((subset, i) => ({
      subset,
      style: seriesStyle(subset, i),
      points: subset.row.curve
        .map((epoch) => ({ epoch: epoch.epoch, percent: percent(epoch) }))
        .filter((point) => Number.isFinite(point.percent)),
    }))
    .filter((curve) => curve.points.length > 0);
}

function spec(curves: Curve[], frame: Frame, labelled: boolean, title: string): TopLevelSpec {
  const all = curves.flatMap((curve) => curve.points);
  const lastEpoch = Math.max(...all.map((point) => point.epoch));
  const values = all.map((point) => point.percent);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.5, (most - least) * 0.06);
  const domain = [Math.max(0, least - room), Math.min(100, most + room)];
  const size = framed(frame);
  const scaleY = (value: number) => ((domain[1] - value) / (domain[1] - domain[0])) * size.height;
  const valueAt = (y: number) => domain[1] - (y / size.height) * (domain[1] - domain[0]);
  const x = {
    field: 'epoch',
    type: 'quantitative' as const,
    // A little room on the left keeps the first marks off the axis labels.
    scale: { domain: [1 - Math.max(0.5, lastEpoch - 1) * 0.025, lastEpoch], nice: false, zero: false },
    axis: { values: wholeTicks(lastEpoch), format: 'd', grid: false, title: 'Epoch' },
  };
  const y = {
    field: 'percent',
    type: 'quantitative' as const,
    scale: { domain, nice: false, zero: false },
    axis: { tickCount: 6, domain: false, ticks: false, ...titleAbove(title, frame) },
  };
  // In the record's order: the full pool and random come first, and the methods are drawn over them.
  const layers: object[] = curves.flatMap(({ style, points }) => [
    {
      data: { values: points },
      mark: { type: 'line', color: style.colour, strokeWidth: style.lineWidth, strokeDash: style.dash },
      encoding: { x, y },
    },
    {
      data: { values: points },
      mark: {
        type: 'point',
        shape: style.shape,
        size: 36,
        filled: true,
        fill: style.hollow ? 'var(--page)' : style.colour,
        stroke: style.colour,
        strokeWidth: 1.5,
        opacity: 1,
      },
      encoding: { x, y },
    },
  ]);
  if (labelled) {
    const ends = curves.map((curve) => curve.points[curve.points.length - 1]);
    const places = spread(
      ends.map((end) => scaleY(end.percent)),
      17,
      0,
      size.height,
    );
    for (const [i, { subset, style }] of curves.entries()) {
      const datum = {
        ...ends[i],
        labelEpoch: lastEpoch,
        labelPercent: valueAt(places[i]),
        text: `${capitalised(subset.label)}${NBSP}${NBSP}${ends[i].percent.toFixed(2)}${NBSP}%`,
      };
      layers.push(
        {
          data: { values: [datum] },
          mark: { type: 'rule', color: style.colour, strokeWidth: 1, opacity: 0.6, xOffset: 6, x2Offset: 20 },
          encoding: { x, y, x2: { field: 'labelEpoch' }, y2: { field: 'labelPercent' } },
        },
        {
          data: { values: [datum] },
          mark: {
            type: 'text',
            align: 'left',
            baseline: 'middle',
            dx: 24,
            fontSize: 12.5,
            color: 'var(--ink)',
          },
          encoding: {
            x: { ...x, field: 'labelEpoch' },
            y: { ...y, field: 'labelPercent' },
            text: { field: 'text' },
          },
        },
      );
    }
  }
  return { ...size, config: chartConfig(12), layer: layers } as TopLevelSpec;
}

/** The target's accuracy after each epoch, a line for each subset; undefined if the record has no curves. */
export function learningCurvesChart(record: CoreSetRecord, figures: CoreSetFigures): Chart | undefined {
  const measure = measureOf(figures);
  const curves = curvesOf(figures, measure);
  if (curves.length === 0) return undefined;
  const name = measure === 'testAccuracy' ? 'Test accuracy' : 'Training accuracy';
  const epochs = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.epoch)))].sort(
    (a, b) => a - b,
  );
  const ends = curves.map(
    ({ subset, points }) => `${subset.label} ${points[points.length - 1].percent.toFixed(2)}${NBSP}%`,
  );
  return {
    id: 'learning-curves',
    title: 'Learning curves of the target',
    caption:
      `${name} of ${record.target.arch} after each epoch. An epoch on a subset is shorter than one on the full pool, ` +
      'so the same number of epochs takes less time.',
    alternative: `Line chart of ${name.toLowerCase()} by epoch. After the last epoch: ${ends.join(', ')}.`,
    legend: html`${curves.map(({ subset, style }) => html`<li>${legendKey(style)} ${capitalised(subset.label)}</li>`)}`,
    legendFor: 'narrow',
    wide: spec(
      curves,
      { width: 920, height: 410, left: 42, right: 262, top: 32, bottom: 50 },
      true,
      `${name} (%)`,
    ),
    narrow: spec(
      curves,
      { width: 360, height: 310, left: 42, right: 14, top: 32, bottom: 46 },
      false,
      `${name} (%)`,
    ),
    figures: {
      headings: ['Epoch', ...curves.map(({ subset }) => capitalised(subset.label))],
      rows: epochs.map((epoch) => [
        String(epoch),
        ...curves.map(({ points }) => {
          const point = points.find((candidate) => candidate.epoch === epoch);
          return point === undefined ? '' : formatPercent(point.percent / 100);
        }),
      ]),
    },
  };
}
