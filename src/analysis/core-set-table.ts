import type { CoreSetRecord } from '../core/run-record';
import { type CoreSetFigures, coreSetFigures, type SubsetFigures } from './core-set-figures';
import { datasetLabel } from './core-set-names';
import { type CoreSetVerdict, coreSetVerdict } from './core-set-verdict';
import {
  formatCount,
  formatFactor,
  formatIn,
  formatPercent,
  formatPoints,
  formatShare,
  formatTime,
  NBSP,
  NONE,
  type TimeUnit,
  timeUnit,
} from './units';

export type ColumnKey =
  | 'subset'
  | 'examples'
  | 'accuracy'
  | 'againstRandom'
  | 'selectorTraining'
  | 'selection'
  | 'targetTraining'
  | 'endToEnd'
  | 'speedUp';

export interface TableColumn {
  key: ColumnKey;
  heading: string;
  /** '%', 's', '×' …; empty for plain counts and names. */
  unit: string;
  /** What the column means, one sentence. */
  meaning: string;
}

export interface TableRow {
  figures: SubsetFigures;
  cells: Record<ColumnKey, string>;
  /** Cells that hold the best of their column, by the rule in the footnotes. */
  best: ColumnKey[];
}

export interface CoreSetTable {
  caption: string;
  columns: TableColumn[];
  rows: TableRow[];
  /** What the marks mean and how times are counted. */
  footnotes: string[];
  verdict: CoreSetVerdict;
}

function columnsOf(unit: TimeUnit): TableColumn[] {
  const time = unit.symbol;
  return [
    {
      key: 'subset',
      heading: 'Subset',
      unit: '',
      meaning:
        'What the target was trained on. “Proxy” or “oracle” says which model the method asked: the small proxy, or the target itself, trained on the full pool first.',
    },
    {
      key: 'examples',
      heading: 'Images',
      unit: '',
      meaning: 'How many images of the pool the target was trained on.',
    },
    {
      key: 'accuracy',
      heading: 'Test accuracy',
      unit: '%',
      meaning:
        'Share of the test images that the target names correctly after its last epoch. The test images took no part in training or choosing.',
    },
    {
      key: 'againstRandom',
      heading: 'Against random',
      unit: 'points',
      meaning: 'Test accuracy minus that of the random subset of the same size, in percentage points.',
    },
    {
      key: 'selectorTraining',
      heading: 'Selector training',
      unit: time,
      meaning: 'Training the model that chose. Each method is charged in full, as if it were the only one.',
    },
    {
      key: 'selection',
      heading: 'Selection',
      unit: time,
      meaning: 'Running that model over the pool, where the method needs it, and ranking the images.',
    },
    {
      key: 'targetTraining',
      heading: 'Target training',
      unit: time,
      meaning: 'Training the target on the subset.',
    },
    {
      key: 'endToEnd',
      heading: 'End to end',
      unit: time,
      meaning: 'Selector training, selection and target training together.',
    },
    {
      key: 'speedUp',
      heading: 'Speed-up',
      unit: '×',
      meaning:
        'End-to-end time of the full pool divided by that of the subset; above 1 is faster than training on everything.',
    },
  ];
}

function rowOf(figures: SubsetFigures, unit: TimeUnit): TableRow {
  const { row } = figures;
  const chosenByModel = row.selector !== 'none';
  const best: ColumnKey[] = [];
  if (figures.bestAccuracy) best.push('accuracy');
  if (figures.fastest) best.push('endToEnd', 'speedUp');
  return {
    figures,
    best,
    cells: {
      subset: figures.label,
      examples: formatCount(row.examples),
      accuracy: formatPercent(row.testAccuracy),
      againstRandom: figures.againstRandom === undefined ? NONE : formatPoints(figures.againstRandom),
      selectorTraining: chosenByModel ? formatIn(unit, row.selectorTrainSeconds) : NONE,
      selection: row.method === 'full' ? NONE : formatIn(unit, row.selectionSeconds),
      targetTraining: formatIn(unit, row.targetTrainSeconds),
      endToEnd: formatIn(unit, row.endToEndSeconds),
      speedUp: formatFactor(row.speedUp),
    },
  };
}

/**
 * The core-set table of a run as text cells (the paper's Table 2, with accuracy in place of error): one row per subset
 * in the record's order, one time unit for the whole table, and which figures are best.
 * @param record a record that passed parseCoreSetRecord
 */
export function coreSetTable(
  record: CoreSetRecord,
  figures: CoreSetFigures = coreSetFigures(record),
): CoreSetTable {
  const unit = timeUnit(Math.max(...record.rows.map((row) => row.endToEndSeconds)));
  const { dataset, target, proxy, fraction } = record;
  return {
    caption:
      `Core-set selection via proxy on ${datasetLabel(dataset.name)}: ${formatShare(fraction)}${NBSP}% of ${formatCount(dataset.pool)} images kept, ` +
      `target ${target.arch}, proxy ${proxy.arch}`,
    columns: columnsOf(unit),
    rows: figures.subsets.map((subset) => rowOf(subset, unit)),
    footnotes: [
      'Best: the highest test accuracy of the subsets, the full pool not counted; the shortest end-to-end time of the methods that used the proxy.',
      `Times are wall-clock time on this machine. The proxy was trained once, in ${formatTime(proxy.trainSeconds)}.`,
    ],
    verdict: coreSetVerdict(record, figures),
  };
}

/** Breaks a text at spaces into lines of at most `width` characters. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The table's headings in three lines: two for the words, one for the unit. */
function headingLines(column: TableColumn): [string, string, string] {
  const words = column.heading.split(' ');
  const cut = words.length > 1 ? words.length - 1 : 0;
  return [words.slice(0, cut).join(' '), words.slice(cut).join(' '), column.unit];
}

export interface TextTableOptions {
  /** Bold headings and best figures by ANSI codes; default false. */
  colour?: boolean;
}

/**
 * The table as plain text for a terminal, at most 108 columns wide, aligned, ending with a newline: caption, headings
 * with units, rows with `*` at the best figures, footnotes, and the verdict.
 */
export function formatCoreSetTable(record: CoreSetRecord, options: TextTableOptions = {}): string {
  const table = coreSetTable(record);
  const bold = (text: string) => (options.colour ? `\u001b[1m${text}\u001b[22m` : text);
  // Names come from the record: a control character in one must not reach the terminal.
  const clean = (text: string) => text.replace(/\p{Cc}/gu, '�').replaceAll(NBSP, ' ');
  const headings = table.columns.map(headingLines);
  const marked = (row: TableRow, key: ColumnKey) =>
    `${clean(row.cells[key])}${row.best.includes(key) ? '*' : key === 'subset' ? '' : ' '}`;
  const widths = table.columns.map((column, i) =>
    Math.max(
      ...headings[i].map((line) => line.length + (column.key === 'subset' ? 0 : 1)),
      ...table.rows.map((row) => [...marked(row, column.key)].length),
    ),
  );
  const pad = (text: string, i: number) => {
    const space = ' '.repeat(Math.max(0, widths[i] - [...text].length));
    return i === 0 ? text + space : space + text;
  };
  const line = (cells: string[]) => cells.join(' ').trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 1, -2));
  const lines = [bold(clean(table.caption)), ''];
  for (const part of [0, 1, 2])
    lines.push(
      bold(line(headings.map((heading, i) => pad(i === 0 ? heading[part] : `${heading[part]} `, i)))),
    );
  lines.push(rule);
  for (const row of table.rows) {
    lines.push(
      line(
        table.columns.map((column, i) => {
          const text = pad(marked(row, column.key), i);
          return row.best.includes(column.key) ? bold(text) : text;
        }),
      ),
    );
  }
  lines.push(rule);
  const width = Math.max(60, rule.length);
  for (const [i, note] of table.footnotes.entries())
    lines.push(...wrapped(i === 0 ? `* ${note}` : note, width).map(clean));
  lines.push('', ...wrapped(table.verdict.headline, width).map((text) => bold(clean(text))));
  for (const detail of table.verdict.details) lines.push(...wrapped(detail, width).map(clean));
  return `${lines.join('\n')}\n`;
}
