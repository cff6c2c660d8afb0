import { protocolTable } from './protocol-table';
import { protocolVerdict } from './protocol-verdict';
import type { SeriesGroup } from './series';
import { csvText, plainText, textTable } from './text-table';
import type { Trial } from './trial';

const mark = (cell: { text: string; strong: boolean }) => (cell.strong ? `${cell.text}*` : cell.text);

/** Tables and findings of all groups as text for a terminal; `*` stands for bold. */
export function formatProtocols(groups: readonly SeriesGroup[]): string {
  const lines: string[] = [];
  for (const group of groups) {
    const table = protocolTable(group);
    const { headline, details } = protocolVerdict(group);
    lines.push(plainText(table.caption), '');
    for (const { title, rows, budgets, cells, note } of table.blocks) {
      const names = rows.map((row) => plainText(`${row.method}${row.proxy === '—' ? '' : `, ${row.proxy}`}`));
      lines.push(title);
      lines.push(
        ...textTable(
          ['', ...budgets.map(plainText)],
          names.map((name, i) => [name, ...cells[i].map((cell) => plainText(mark(cell)))]),
        ),
      );
      lines.push(note.replace('Bold:', '*:'), '');
    }
    lines.push(...[headline, ...details].map(plainText), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

const markdownText = (text: string) => plainText(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** The same as Markdown. */
export function protocolsMarkdown(groups: readonly SeriesGroup[]): string {
  const parts = groups.map((group) => {
    const table = protocolTable(group);
    const { headline, details } = protocolVerdict(group);
    const blocks = table.blocks.map(({ title, rows: names, budgets, cells, note }) => {
      const head = ['Method', 'Proxy', ...budgets].map(markdownText);
      const rows = names.map((row, i) => [
        markdownText(row.method),
        markdownText(row.proxy),
        ...cells[i].map(({ text, strong }) => (strong ? `**${markdownText(text)}**` : markdownText(text))),
      ]);
      const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
      const rule = `|${head.map((_h, i) => (i < 2 ? '---' : '--:')).join('|')}|`;
      return `**${title}.** ${note}\n\n${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
    });
    const found = [headline, ...details].map((text) => `- ${markdownText(text)}`).join('\n');
    return `## ${markdownText(table.caption)}\n\n${found}\n\n${blocks.join('\n')}`;
  });
  return `${parts.join('\n')}`;
}

/** Every measurement as CSV: a line for each run and budget. Accuracies are fractions, times seconds. */
export function trialsCsv(trials: readonly Trial[]): string {
  return csvText(
    [
      'protocol',
      'dataset',
      'method',
      'proxy',
      'target',
      'oracle',
      'seed',
      'nexamples',
      'fraction',
      'test_accuracy',
      'selection_time',
      'target_train_time',
      'total_time',
    ],
    trials.flatMap((t) =>
      t.points.map((point) => [
        t.protocol,
        t.dataset,
        t.method,
        t.proxy,
        t.target,
        String(t.oracle),
        t.seed,
        point.examples,
        point.examples / t.pool,
        point.testAccuracy,
        point.selectionSeconds,
        point.targetTrainSeconds,
        point.endToEndSeconds,
      ]),
    ),
  );
}
