import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import type { CoreSetFigures } from '../analysis/core-set-figures';
import { capitalised } from '../analysis/core-set-names';
import { formatFactor, formatIn, formatTime, NBSP, type TimeUnit, timeUnit } from '../analysis/units';
import { type Chart, chartConfig, type Frame, framed } from './chart';
import { html } from './html';

/** The three parts of a subset's time, in the order they are spent. */
const PARTS = [
  { key: 'selectorTrainSeconds', name: 'Selector training', colour: 'var(--part-1)' },
  { key: 'selectionSeconds', name: 'Selection', colour: 'var(--part-2)' },
  { key: 'targetTrainSeconds', name: 'Target training', colour: 'var(--part-3)' },
] as const;

function spec(figures: CoreSetFigures, unit: TimeUnit, frame: Frame, wide: boolean): TopLevelSpec {
  const size = framed(frame);
  const [inner, outer] = wide ? [0.38, 0.2] : [0.6, 0.5];
  const names = figures.subsets.map(({ label }) => capitalised(label));
  const longest = Math.max(...figures.subsets.map(({ row }) => row.endToEndSeconds)) / unit.seconds || 1;
  const x = {
    type: 'quantitative' as const,
    scale: { domain: [0, longest], nice: false },
    axis: { tickCount: wide ? 8 : 5, domain: false, title: `Time (${unit.symbol})` },
  };
  const y = {
    field: 'name',
    type: 'nominal' as const,
    sort: names,
    // Narrow screens have no room beside the bars: the names stand above them.
    scale: { paddingInner: inner, paddingOuter: outer },
    axis: wide
      ? {
          title: null,
          domain: false,
          ticks: false,
          labelColor: 'var(--ink)',
          labelFontSize: 12.5,
          labelLimit: 400,
          labelOverlap: false,
        }
      : null,
  };
  const parts = figures.subsets.flatMap(({ row }, i) => {
    let at = 0;
    return PARTS.map((part) => {
      const start = at;
      at += row[part.key] / unit.seconds;
      return { name: names[i], start, end: at, colour: part.colour };
    }).filter((part) => part.end > part.start);
  });
  const totals = figures.subsets.map(({ row, kind }, i) => ({
    name: names[i],
    end: row.endToEndSeconds / unit.seconds,
    time: `${formatIn(unit, row.endToEndSeconds)}${NBSP}${unit.symbol}`,
    factor: kind === 'full' ? '' : `${formatFactor(row.speedUp)}×`,
  }));
  const layers: object[] = PARTS.map((part) => ({
    data: { values: parts.filter((piece) => piece.colour === part.colour) },
    mark: { type: 'bar', color: part.colour },
    encoding: { x: { ...x, field: 'start' }, x2: { field: 'end' }, y },
  })).filter((layer) => layer.data.values.length > 0);
  const band = size.height / (names.length - inner + 2 * outer);
  const full = figures.full.row.endToEndSeconds / unit.seconds;
  layers.push({
    data: { values: names.map((name) => ({ name, end: full })) },
    mark: { type: 'tick', color: 'var(--ink)', thickness: 1.5, size: band * (1 - inner) + 8, opacity: 1 },
    encoding: { x: { ...x, field: 'end' }, y },
  });
  // Figures stand in columns at fixed places, so that they align and nothing crosses them.
  const column = (field: string, align: 'left' | 'right', at: number, dy: number, fontSize: number) => ({
    data: { values: totals },
    mark: { type: 'text', align, baseline: 'middle', x: at, dy, fontSize, color: 'var(--ink)' },
    encoding: { y, text: { field } },
  });
  if (wide) {
    layers.push(
      column('time', 'right', size.width + 72, 0, 12.5),
      column('factor', 'right', size.width + 122, 0, 12.5),
    );
  } else {
    const dy = -band * (0.5 * (1 - inner) + 0.2);
    layers.push(
      column('name', 'left', 0, dy, 11.5),
      column('time', 'right', size.width - 46, dy, 11.5),
      column('factor', 'right', size.width, dy, 11.5),
    );
  }
  return { ...size, config: chartConfig(12), layer: layers } as TopLevelSpec;
}

/** Where the time of each subset went, as stacked bars against the full pool's. */
export function timeBarsChart(figures: CoreSetFigures): Chart {
  const unit = timeUnit(Math.max(...figures.subsets.map(({ row }) => row.endToEndSeconds)));
  const count = figures.subsets.length;
  const words = figures.subsets.map(
    ({ label, row }) =>
      `${label} ${formatTime(row.endToEndSeconds)} (selector ${formatTime(row.selectorTrainSeconds)}, selection ${formatTime(row.selectionSeconds)}, target ${formatTime(row.targetTrainSeconds)})`,
  );
  return {
    id: 'time-bars',
    title: 'Where the time goes',
    caption:
      'Each bar is the time from nothing to a trained target; the figure with × is the speed-up. A bar that ends left of the upright line is faster than training on the full pool.',
    alternative: `Stacked bars of end-to-end time: ${words.join('; ')}.`,
    legend: html`${PARTS.map((part) => html`<li><span class="swatch" style="background:${part.colour}"></span> ${part.name}</li>`)}`,
    legendFor: 'both',
    wide: spec(
      figures,
      unit,
      { width: 920, height: 62 + 34 * count, left: 192, right: 128, top: 8, bottom: 50 },
      true,
    ),
    narrow: spec(
      figures,
      unit,
      { width: 360, height: 60 + 42 * count, left: 8, right: 12, top: 4, bottom: 46 },
      false,
    ),
    figures: {
      headings: [
        'Subset',
        ...PARTS.map((part) => `${part.name} (${unit.symbol})`),
        `End to end (${unit.symbol})`,
      ],
      rows: figures.subsets.map(({ label, row }) => [
        capitalised(label),
        ...PARTS.map((part) => formatIn(unit, row[part.key])),
        formatIn(unit, row.endToEndSeconds),
      ]),
    },
  };
}
