// The growth chart: three log-log panels as one Vega-Lite drawing.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const PANELS = [
  { axis: 'n', title: 'rows (512 columns, 7,000 picks)' },
  { axis: 'd', title: 'columns (70,000 rows, 7,000 picks)' },
  { axis: 'k', title: 'picks (70,000 × 512)' },
];

const INK = '#374151';
const LINE = '#0072b2';
/** Of a decade, what is labelled. */
const decades = (from, to) => {
  const values = [];
  for (let value = 10 ** Math.floor(Math.log10(from)); value <= to; value *= 10) {
    if (value >= from) values.push(value);
  }
  return values;
};

/** @param points as of growthFigures: { axis, at, seconds } */
export function growthSpec(points) {
  // One upright scale, in whole decades, so that the panels can be compared.
  const seconds = points.map((point) => point.seconds);
  const least = 10 ** Math.floor(Math.log10(Math.min(...seconds)));
  const most = 10 ** Math.ceil(Math.log10(Math.max(...seconds)));
  const panel = ({ axis, title }) => {
    const values = points.filter((point) => point.axis === axis);
    const places = values.map(({ at }) => at);
    return {
      width: 230,
      height: 200,
      data: { values },
      mark: { type: 'line', point: { filled: true, size: 40, color: LINE }, color: LINE, strokeWidth: 2 },
      encoding: {
        x: {
          field: 'at',
          type: 'quantitative',
          scale: { type: 'log', nice: false, zero: false, padding: 8 },
          axis: {
            title,
            format: '.3~s',
            grid: false,
            values: axis === 'k' ? decades(Math.min(...places), Math.max(...places)) : places,
          },
        },
        y: {
          field: 'seconds',
          type: 'quantitative',
          scale: { type: 'log', domain: [least, most] },
          axis: { title: axis === 'n' ? 'seconds' : null, format: '~g', values: decades(least, most) },
        },
      },
    };
  };
  return {
    background: '#ffffff',
    padding: 12,
    spacing: 30,
    hconcat: PANELS.filter(({ axis }) => points.some((point) => point.axis === axis)).map(panel),
    config: {
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: {
        labelColor: INK,
        titleColor: INK,
        gridColor: '#e5e7eb',
        titleFontWeight: 'normal',
        labelFontSize: 12,
        titleFontSize: 12,
        titlePadding: 10,
      },
    },
  };
}

export async function growthSvg(points) {
  const { renderSvgs } = require('../../dist/report/svg-renderer.js');
  const [svg] = await renderSvgs([growthSpec(points)]);
  // For readers that cannot see it; Vega writes no title of its own.
  return svg.replace(
    /^(<svg[^>]*>)/,
    '$1<title>Seconds of a selection against rows, columns and picks, on logarithmic axes</title>',
  );
}
