import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import { type Chart, chartConfig, type Frame, framed } from './chart';
import { html } from './html';

/** A table drawn as cells: darker is more. Colours differ in lightness, so that they are told apart in grey as well. */
export interface HeatMap {
  id: string;
  title: string;
  caption: string;
  alternative: string;
  rows: readonly string[];
  /** Rows and columns are the same things: columns are told by number, and rows have theirs after their names. */
  square?: boolean;
  /** Short: they stand above their columns. */
  columns: readonly string[];
  /** Undefined or NaN: an empty cell. */
  values: readonly (readonly (number | undefined)[])[];
  /** The value as it stands in its cell and in the table. */
  text: (value: number) => string;
  /** Values that get the lightest and the darkest colour. */
  domain: readonly [number, number];
  /** Heading of the table's first column. */
  corner: string;
}

/** From light to dark in one hue; the text on a cell changes from dark to light at its middle. */
const LIGHT = [0xee, 0xf3, 0xf9];
const DARK = [0x0b, 0x3c, 0x6f];

function shade(value: number, [low, high]: readonly [number, number]): { fill: string; ink: string } {
  const t = high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 1;
  const channel = (i: number) => Math.round(LIGHT[i] + t * (DARK[i] - LIGHT[i]));
  // At 0.55 the ground's relative luminance is about 0.18, where black and white stand out alike (4.6 to 1).
  return { fill: `rgb(${channel(0)},${channel(1)},${channel(2)})`, ink: t > 0.55 ? '#fff' : '#000' };
}

function wideName({ rows, square }: HeatMap, i: number): string {
  return square ? `${rows[i]} · ${i + 1}` : rows[i];
}

function spec(map: HeatMap, frame: Frame, fontSize: number, named: boolean): TopLevelSpec {
  const size = framed(frame);
  const rowName = (i: number) => (named ? wideName(map, i) : String(i + 1));
  const cells = map.rows.flatMap((_row, i) =>
    map.columns.flatMap((column, j) => {
      const value = map.values[i][j];
      if (value === undefined || !Number.isFinite(value)) return [];
      return [{ row: rowName(i), column, text: map.text(value), ...shade(value, map.domain) }];
    }),
  );
  const names = { domain: false, ticks: false, title: null, labelLimit: 600, labelOverlap: false };
  const x = {
    field: 'column',
    type: 'nominal' as const,
    sort: null,
    scale: { domain: [...map.columns], paddingInner: 0.03, paddingOuter: 0 },
    axis: {
      ...names,
      orient: 'top' as const,
      labelAngle: 0,
      labelColor: 'var(--ink)',
      labelFontSize: fontSize,
    },
  };
  const y = {
    field: 'row',
    type: 'nominal' as const,
    sort: null,
    scale: { domain: map.rows.map((_row, i) => rowName(i)), paddingInner: 0.04, paddingOuter: 0 },
    axis: { ...names, labelColor: 'var(--ink)', labelFontSize: fontSize },
  };
  const layers = [
    { mark: { type: 'rect' }, encoding: { x, y, color: { field: 'fill', type: 'nominal', scale: null } } },
    {
      mark: { type: 'text', fontSize, baseline: 'middle', align: 'center' },
      encoding: {
        x,
        y,
        text: { field: 'text' },
        color: { field: 'ink', type: 'nominal', scale: null },
      },
    },
  ];
  return { ...size, config: chartConfig(fontSize), data: { values: cells }, layer: layers } as TopLevelSpec;
}

/** The chart of a heat map. On a narrow screen rows are numbered, and a legend says which is which. */
export function heatMapChart(map: HeatMap): Chart {
  const longest = Math.max(...map.rows.map((_row, i) => wideName(map, i).length), 1);
  const left = Math.min(420, 24 + longest * 7.2);
  const cell = Math.min(84, (920 - left - 8) / map.columns.length);
  const height = 34 * map.rows.length + 40;
  const wide: Frame = {
    width: 920,
    height,
    left,
    right: 920 - left - cell * map.columns.length,
    top: 34,
    bottom: 6,
  };
  const narrow: Frame = {
    width: 360,
    height: 28 * map.rows.length + 36,
    left: 26,
    right: 2,
    top: 30,
    bottom: 6,
  };
  return {
    id: map.id,
    title: map.title,
    caption: map.caption,
    alternative: map.alternative,
    legend: html`${map.rows.map((row, i) => html`<li>${i + 1} ${row}</li>`)}`,
    legendFor: 'narrow',
    look: 'heat',
    wide: spec(map, wide, cell < 46 ? 11 : 12.5, true),
    narrow: spec(map, narrow, map.columns.length > 8 ? 9 : 11, false),
    figures: {
      headings: [map.corner, ...(map.square ? map.rows : map.columns)],
      rows: map.rows.map((row, i) => [
        row,
        ...map.columns.map((_column, j) => {
          const value = map.values[i][j];
          return value === undefined || !Number.isFinite(value) ? '' : map.text(value);
        }),
      ]),
    },
  };
}
