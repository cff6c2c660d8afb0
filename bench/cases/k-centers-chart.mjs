// The growth chart: three log-log panels as one Vega-Lite drawing.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const PANELS = [
  { axis: 'n', title: 'rows (512 columns, 7,000 picks)' },
  { axis: 'd', title: 'columns (70,000 rows, 7,000 picks)' },
  { axis: 'k', title: 'picks (70,000 × 512)' },
];

/** @param points as of growthFigures: { axis, at, seconds } */
export function growthSpec(points) {
  const ink = '#374151';
  const panel = ({ axis, title }) => ({
    width: 220,
    height: 200,
    data: { values: points.filter((point) => point.axis === axis) },
    mark: {
      type: 'line',
      point: { filled: true, size: 40, color: '#0072b2' },
      color: '#0072b2',
      strokeWidth: 2,
    },
    encoding: {
      x: {
        field: 'at',
        type: 'quantitative',
        scale: { type: 'log', nice: false },
        axis: { title, format: '~s', tickCount: 5, grid: false },
      },
      y: {
        field: 'seconds',
        type: 'quantitative',
        scale: { type: 'log' },
        axis: { title: axis === 'n' ? 'seconds' : null, format: '~g', tickCount: 4 },
      },
    },
  });
  return {
    background: '#ffffff',
    padding: 12,
    hconcat: PANELS.filter(({ axis }) => points.some((point) => point.axis === axis)).map(panel),
    config: {
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: {
        labelColor: ink,
        titleColor: ink,
        gridColor: '#e5e7eb',
        titleFontWeight: 'normal',
        labelFontSize: 12,
        titleFontSize: 12,
      },
    },
  };
}

export async function growthSvg(points) {
  const { renderSvgs } = require('../../dist/report/svg-renderer.js');
  const [svg] = await renderSvgs([growthSpec(points)]);
  return svg;
}
