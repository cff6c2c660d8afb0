import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import { NBSP } from '../analysis/units';
import { type Chart, chartConfig, type Frame, framed, titleAbove } from './chart';
import { html } from './html';
import { spread } from './label-placement';
import { legendKey, type SeriesStyle } from './series-style';

export interface LinePoint {
  x: number;
  y: number;
  /** Ends of the bar through the point. */
  low?: number;
  high?: number;
}

export interface LineSeries {
  label: string;
  style: SeriesStyle;
  /** By rising x. */
  points: readonly LinePoint[];
}

export interface LineChart {
  id: string;
  title: string;
  caption: string;
  alternative: string;
  xTitle: string;
  yTitle: string;
  series: readonly LineSeries[];
  /** Marks of the horizontal axis; chosen by the chart when absent. */
  ticks?: readonly number[];
  /** The value of a series' end, beside its label. */
  text: (y: number) => string;
  /** Values that the vertical axis must not exceed. */
  within: readonly [number, number];
  /** A horizontal line that means something: no difference, the full pool. */
  guide?: { y: number; label: string };
  figures: Chart['figures'];
}

function domains({ series, within, guide }: LineChart): { x: [number, number]; y: [number, number] } {
  const points = series.flatMap((one) => one.points);
  const ys = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]).concat(guide ? [guide.y] : []);
  const [least, most] = [Math.min(...ys), Math.max(...ys)];
  const room = Math.max(1e-9, (most - least || Math.abs(most) || 1) * 0.07);
  const xs = points.map(({ x }) => x);
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const margin = (last - first || Math.abs(first) || 1) * 0.03;
  return {
    x: [first - margin, last + margin],
    y: [Math.max(within[0], least - room), Math.min(within[1], most + room)],
  };
}

function spec(chart: LineChart, frame: Frame, labelled: boolean): TopLevelSpec {
  const domain = domains(chart);
  const size = framed(frame);
  const [low, high] = domain.y;
  const scaleY = (value: number) => ((high - value) / (high - low)) * size.height;
  const valueAt = (y: number) => high - (y / size.height) * (high - low);
  const marks = chart.ticks ? { values: [...chart.ticks] } : { tickCount: labelled ? 8 : 5 };
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    scale: { domain: domain.x, nice: false, zero: false },
    axis: { ...marks, grid: false, title: chart.xTitle },
  };
  const y = {
    field: 'y',
    type: 'quantitative' as const,
    scale: { domain: domain.y, nice: false, zero: false },
    axis: { tickCount: 6, domain: false, ticks: false, ...titleAbove(chart.yTitle, frame) },
  };
  const layers: object[] = [];
  if (chart.guide) {
    layers.push({
      data: { values: [{ y: chart.guide.y }] },
      mark: { type: 'rule', color: 'var(--quiet)', strokeDash: [4, 3] },
      encoding: { y },
    });
  }
  for (const { style, points } of chart.series) {
    const bars = points.filter((point) => point.low !== undefined && point.high !== undefined);
    layers.push(
      {
        data: { values: bars },
        mark: { type: 'rule', color: style.colour, strokeWidth: 1.4, opacity: 0.6 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      {
        data: { values: [...points] },
        mark: { type: 'line', color: style.colour, strokeWidth: style.lineWidth, strokeDash: style.dash },
        encoding: { x, y },
      },
      {
        data: { values: [...points] },
        mark: {
          type: 'point',
          shape: style.shape,
          size: 56,
          filled: true,
          fill: style.hollow ? 'var(--page)' : style.colour,
          stroke: style.colour,
          strokeWidth: 1.6,
          opacity: 1,
        },
        encoding: { x, y },
      },
    );
  }
  if (labelled) {
    const ends = chart.series.map(({ points }) => points[points.length - 1]);
    const gap = Math.min(17, size.height / Math.max(1, ends.length));
    const places = spread(
      ends.map((end) => scaleY(end.y)),
      gap,
      0,
      size.height,
    );
    const edge = domain.x[1];
    for (const [i, { label, style }] of chart.series.entries()) {
      const text = `${label}${NBSP}${NBSP}${chart.text(ends[i].y)}`;
      const datum = { x: ends[i].x, y: ends[i].y, edge, place: valueAt(places[i]), text };
      layers.push(
        {
          data: { values: [datum] },
          mark: { type: 'rule', color: style.colour, strokeWidth: 1, opacity: 0.6, xOffset: 6, x2Offset: 14 },
          encoding: { x, y, x2: { field: 'edge' }, y2: { field: 'place' } },
        },
        {
          data: { values: [datum] },
          mark: {
            type: 'text',
            align: 'left',
            baseline: 'middle',
            dx: 18,
            fontSize: 12.5,
            color: 'var(--ink)',
          },
          encoding: { x: { ...x, field: 'edge' }, y: { ...y, field: 'place' }, text: { field: 'text' } },
        },
      );
    }
  }
  return { ...size, config: chartConfig(12), layer: layers } as TopLevelSpec;
}

/** A chart of lines with marks, bars through the marks where they are given, and each line's name at its end. */
export function lineChart(chart: LineChart): Chart {
  const longest = Math.max(...chart.series.map(({ label }) => label.length), 4);
  const right = Math.min(400, 60 + (longest + 9) * 6.6);
  const height = Math.max(400, 82 + 17 * chart.series.length);
  return {
    id: chart.id,
    title: chart.title,
    caption: chart.caption + (chart.guide ? ` The dashed line: ${chart.guide.label}.` : ''),
    alternative: chart.alternative,
    legend: html`${chart.series.map(({ label, style }) => html`<li>${legendKey(style)} ${label}</li>`)}`,
    legendFor: 'narrow',
    wide: spec(chart, { width: 920, height, left: 50, right, top: 32, bottom: 50 }, true),
    narrow: spec(chart, { width: 360, height: 310, left: 50, right: 14, top: 32, bottom: 46 }, false),
    figures: chart.figures,
  };
}
