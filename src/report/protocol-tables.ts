import type { ProtocolTable, TableBlock } from '../analysis/protocol-table';
import { type Html, html } from './html';

/** A figure; an interval that follows it in brackets stands below, so that columns stay narrow. */
function tableCell({ text, strong }: { text: string; strong: boolean }): Html {
  const [, figure, interval] = /^(.*?)(?: (\[.*\]))?$/.exec(text) as RegExpExecArray;
  const below = interval === undefined ? undefined : html` <i>${interval}</i>`;
  return html`<td class="number">${strong ? html`<strong>${figure}</strong>` : figure}${below}</td>`;
}

/** Rows of one method, in a group of their own with its name beside them. */
function methodGroup(block: TableBlock, first: number, end: number): Html {
  const rows = block.rows.slice(first, end).map((row, k) => {
    const name = k === 0 && html`<th scope="rowgroup" rowspan="${end - first}">${row.method}</th>`;
    const cells = block.cells[first + k].map(tableCell);
    return html`<tr>${name}<th scope="row" class="proxy">${row.proxy}</th>${cells}</tr>
`;
  });
  return html`<tbody>
${rows}</tbody>
`;
}

function blockTable(block: TableBlock, id: string): Html {
  const firsts = block.rows.flatMap((row, i) => (block.rows[i - 1]?.method === row.method ? [] : [i]));
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table class="protocol">
<caption id="${id}"><span><b>${block.title}.</b> ${block.note}</span></caption>
<thead><tr><th scope="col">Method</th><th scope="col">Proxy</th>${block.budgets.map((budget) => html`<th scope="col" class="number">${budget}</th>`)}</tr></thead>
${firsts.map((first, i) => methodGroup(block, first, firsts[i + 1] ?? block.rows.length))}</table>
</div>
`;
}

/** A table for each measure: the paper's shape, one below the other, so that each fits a page. */
export function protocolHtmlTables(table: ProtocolTable, g: number): Html {
  return html`${table.blocks.map((block) => blockTable(block, `${block.key}-caption-${g}`))}`;
}
