import { capitalised } from '../analysis/core-set-names';
import type { ColumnKey, CoreSetTable, TableColumn, TableRow } from '../analysis/core-set-table';
import { NBSP } from '../analysis/units';
import { type Html, html } from './html';

function headingCell(column: TableColumn): Html {
  const unit = column.unit === '' ? undefined : html`<span class="unit">${column.unit}</span>`;
  return html`<th scope="col"${column.key === 'subset' ? undefined : html` class="number"`}>${column.heading}${unit}</th>`;
}

/** The speed-up with a bar to scale below it; a line across the bar marks 1, as fast as the full pool. */
function speedUpBar(row: TableRow, longest: number): Html {
  const share = (factor: number) => `${((100 * factor) / longest).toFixed(2)}%`;
  return html`<span class="bar" aria-hidden="true"><span style="width:${share(row.figures.row.speedUp)}"></span><i style="left:${share(1)}"></i></span>`;
}

function cell(row: TableRow, key: ColumnKey, longest: number): Html {
  const best = row.best.includes(key);
  const text = best
    ? html`<strong>${row.cells[key]}</strong><span class="mark" title="best">*</span>`
    : html`${row.cells[key]}<span class="mark"></span>`;
  const bar = key === 'speedUp' ? speedUpBar(row, longest) : undefined;
  return html`<td class="number">${text}${bar}</td>`;
}

/** The subset's name, with what chose it in smaller type. */
function nameCell(row: TableRow): Html {
  const [, name, by] = /^(.*?)(?: \((\w+)\))?$/.exec(row.cells.subset) ?? [];
  const selector = by === undefined ? undefined : html` <span class="by">${by}</span>`;
  return html`<th scope="row">${capitalised(name ?? row.cells.subset)}${selector}</th>`;
}

/** The core-set table as HTML, in a box that scrolls sideways by itself where the screen is narrower. */
export function coreSetHtmlTable(table: CoreSetTable): Html {
  const longest = Math.max(1, ...table.rows.map((row) => row.figures.row.speedUp));
  const keys = table.columns.map((column) => column.key).filter((key) => key !== 'subset');
  return html`<div class="scroll" role="region" aria-labelledby="table-caption" tabindex="0">
<table class="results">
<caption id="table-caption"><span>${table.caption}</span></caption>
<thead><tr>${table.columns.map(headingCell)}</tr></thead>
<tbody>
${table.rows.map((row) => html`<tr class="${row.figures.kind}">${nameCell(row)}${keys.map((key) => cell(row, key, longest))}</tr>\n`)}</tbody>
</table>
</div>
<p class="footnote">${table.footnotes.map((note, i) => html`${i === 0 ? `*${NBSP}` : ' '}${note}`)}</p>`;
}

/** The figures behind a chart: first column names, the rest numbers. */
export function figuresTable(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): Html {
  const [first, ...others] = headings;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table class="figures">
<caption>${caption}</caption>
<thead><tr><th scope="col">${first}</th>${others.map((heading) => html`<th scope="col" class="number">${heading}</th>`)}</tr></thead>
<tbody>
${rows.map(([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((text) => html`<td class="number">${text}</td>`)}</tr>\n`)}</tbody>
</table>
</div>`;
}
