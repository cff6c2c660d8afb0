import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import type { CoreSetFigures } from '../analysis/core-set-figures';
import { capitalised } from '../analysis/core-set-names';
import {
  formatCount,
  formatIn,
  formatPercent,
  formatTime,
  NBSP,
  type TimeUnit,
  timeUnit,
} from '../analysis/units';
import type { CoreSetRecord } from '../core/run-record';
import { type Chart, chartConfig, type Frame, framed, titleAbove } from './chart';
import { html } from './html';
import { placeLabels } from './label-placement';
import { legendKey, seriesStyle } from './series-style';

const UNIT_NAMES: Record<TimeUnit['symbol'], string> = { s: 'seconds', min: 'minutes', h: 'hours' };
const LABEL_SIZE = 12.5;

function spec(figures: CoreSetFigures, unit: TimeUnit, frame: Frame, labelled: boolean): TopLevelSpec {
  const points = figures.subsets.map((subset) => ({
    label: capitalised(subset.label),
    time: subset.row.endToEndSeconds / unit.seconds,
    percent: subset.row.testAccuracy * 100,
    low: Math.max(0, subset.row.testAccuracy - subset.accuracyMargin) * 100,
    high: Math.min(1, subset.row.testAccuracy + subset.accuracyMargin) * 100,
  }));
  const least = Math.min(...points.map((p) => p.low));
  const most = Math.max(...points.map((p) => p.high));
  const room = Math.max(0.1, (most - least) * 0.08);
  const domainY = [Math.max(0, least - room), Math.min(100, most + room)];
  const domainX = [0, Math.max(...points.map((p) => p.time)) * 1.06 || 1];
  const size = framed(frame);
  const pixelX = (time: number) => (time / domainX[1]) * size.width;
  const pixelY = (percent: number) => ((domainY[1] - percent) / (domainY[1] - domainY[0])) * size.height;
  const x = {
    field: 'time',
    type: 'quantitative' as const,
    scale: { domain: domainX, nice: false },
    axis: { tickCount: labelled ? 8 : 5, grid: false, title: `End-to-end time (${UNIT_NAMES[unit.symbol]})` },
  };
  const y = {
    field: 'percent',
    type: 'quantitative' as const,
    scale: { domain: domainY, nice: false, zero: false },
    axis: { tickCount: 6, domain: false, ticks: false, ...titleAbove('Test accuracy (%)', frame) },
  };
  const full = points[figures.subsets.indexOf(figures.full)];
  const layers: object[] = [
    {
      data: { values: [full] },
      mark: { type: 'rule', color: 'var(--rule)', strokeDash: [3, 3] },
      encoding: { x },
    },
    {
      data: { values: [full] },
      mark: { type: 'rule', color: 'var(--rule)', strokeDash: [3, 3] },
      encoding: { y },
    },
  ];
  for (const [i, subset] of figures.subsets.entries()) {
    const style = seriesStyle(subset, i);
    layers.push(
      {
        data: { values: [points[i]] },
        mark: { type: 'rule', color: style.colour, strokeWidth: 1.5, opacity: 0.55 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      {
        data: { values: [points[i]] },
        mark: {
          type: 'point',
          shape: style.shape,
          size: 90,
          filled: true,
          fill: style.hollow ? 'var(--page)' : style.colour,
          stroke: style.colour,
          strokeWidth: 1.8,
          opacity: 1,
        },
        encoding: { x, y },
      },
    );
  }
  if (labelled) {
    const pixels = points.map((p) => ({ text: p.label, x: pixelX(p.time), y: pixelY(p.percent) }));
    const bars = points.map((p) => {
      const middle = pixelX(p.time);
      return { left: middle - 5, right: middle + 5, top: pixelY(p.high), bottom: pixelY(p.low) };
    });
    // The room to the right of the plot may be written on as well.
    const area = { left: 0, right: size.width + frame.right - 4, top: 0, bottom: size.height };
    const guides = [
      { left: pixelX(full.time) - 1, right: pixelX(full.time) + 1, top: 0, bottom: size.height },
      { left: 0, right: size.width, top: pixelY(full.percent) - 1, bottom: pixelY(full.percent) + 1 },
    ];
    for (const [i, place] of placeLabels(pixels, LABEL_SIZE, area, [...bars, ...guides]).entries()) {
      // A label that had to move away is tied to its point.
      if (Math.abs(place.dy) > 2 * LABEL_SIZE) {
        layers.push({
          data: { values: [points[i]] },
          mark: {
            type: 'rule',
            color: 'var(--quiet)',
            strokeWidth: 0.8,
            x2Offset: place.dx,
            y2Offset: place.dy,
          },
          encoding: { x, y, x2: { field: 'time' }, y2: { field: 'percent' } },
        });
      }
      layers.push({
        data: { values: [points[i]] },
        mark: {
          type: 'text',
          baseline: 'middle',
          align: place.align,
          dx: place.dx,
          dy: place.dy,
          fontSize: LABEL_SIZE,
          color: 'var(--ink)',
        },
        encoding: { x, y, text: { field: 'label' } },
      });
    }
  }
  return { ...size, config: chartConfig(12), layer: layers } as TopLevelSpec;
}

/** Test accuracy against end-to-end time, a point for each subset: what each method buys, and at what price. */
export function tradeOffChart(record: CoreSetRecord, figures: CoreSetFigures): Chart {
  const unit = timeUnit(Math.max(...figures.subsets.map(({ row }) => row.endToEndSeconds)));
  const words = figures.subsets.map(
    ({ label, row }) =>
      `${label} ${formatPercent(row.testAccuracy)}${NBSP}% in ${formatTime(row.endToEndSeconds)}`,
  );
  return {
    id: 'trade-off',
    title: 'Accuracy against end-to-end time',
    caption:
      'Higher is more accurate, further left is faster. Dashed lines mark the full pool. Vertical bars are the 95 % interval that ' +
      `${formatCount(record.dataset.test)} test images leave; the luck of the seed comes on top.`,
    alternative: `Scatter plot of test accuracy against end-to-end time: ${words.join('; ')}.`,
    legend: html`${figures.subsets.map((subset, i) => html`<li>${legendKey(seriesStyle(subset, i))} ${capitalised(subset.label)}</li>`)}`,
    legendFor: 'narrow',
    wide: spec(figures, unit, { width: 920, height: 380, left: 48, right: 130, top: 32, bottom: 50 }, true),
    narrow: spec(figures, unit, { width: 360, height: 310, left: 48, right: 14, top: 32, bottom: 46 }, false),
    figures: {
      headings: ['Subset', `End to end (${unit.symbol})`, 'Test accuracy (%)', '95 % interval (± points)'],
      rows: figures.subsets.map(({ label, row, accuracyMargin }) => [
        capitalised(label),
        formatIn(unit, row.endToEndSeconds),
        formatPercent(row.testAccuracy),
        formatPercent(accuracyMargin),
      ]),
    },
  };
}
