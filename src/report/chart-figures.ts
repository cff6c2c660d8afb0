import type { Chart } from './chart';
import { escapeHtml, type Html, html, trusted } from './html';
import { renderSvgs } from './svg-renderer';
import { figuresTable } from './tables';

/**
 * Makes a drawing part of the page: its size follows the page's width, it has a name for screen readers, and its
 * internal names (clip paths, gradients) cannot meet another drawing's.
 */
export function embedSvg(svg: string, id: string, className: string, alternative: string): Html {
  const size = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg);
  const body = svg
    .replace(/^[^<]*<svg\b[^>]*>/, '')
    .replace(/\b(id)="([^"]+)"/g, `$1="${id}-$2"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${id}-$1)`)
    .replace(/href="#([^"]+)"/g, `href="#${id}-$1"`);
  const [width, height] = size === null ? ['100', '100'] : [size[1], size[2]];
  return trusted(
    `<svg class="${className}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `role="img" aria-label="${escapeHtml(alternative)}" focusable="false">${body}`,
  );
}

function chartFigure(chart: Chart, wide: string, narrow: string): Html {
  return html`<figure id="${chart.id}" class="chart${chart.look === undefined ? '' : ` ${chart.look}`}">
<figcaption><h3>${chart.title}</h3><p>${chart.caption}</p></figcaption>
<ul class="legend${chart.legendFor === 'narrow' ? ' narrow-only' : ''}">${chart.legend}</ul>
${embedSvg(wide, `${chart.id}-w`, 'wide', chart.alternative)}
${embedSvg(narrow, `${chart.id}-n`, 'narrow', chart.alternative)}
<details><summary>The figures of this chart</summary>
${figuresTable(chart.title, chart.figures.headings, chart.figures.rows)}
</details>
</figure>
`;
}

/** Draws charts, all in one go, as figures of the page. */
export async function drawCharts(charts: readonly Chart[]): Promise<Html[]> {
  const drawings = await renderSvgs(charts.flatMap((chart) => [chart.wide, chart.narrow]));
  return charts.map((chart, i) => chartFigure(chart, drawings[2 * i], drawings[2 * i + 1]));
}
