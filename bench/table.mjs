// Tables and where they go.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** First column left, the others right. */
export function markdownTable(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
}

const HEADING = `# Benchmarks

Each table is written by the command below it, on the machine named there.
`;

/** Puts `text` between the markers of `name` in a Markdown file; appends them, and makes the file, where they are missing. */
export function replaceSection(file, name, text) {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const old = existsSync(file) ? readFileSync(file, 'utf8') : HEADING;
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  const section = `${begin}\n${text}\n${end}`;
  const updated =
    from >= 0 && to > from
      ? old.slice(0, from) + section + old.slice(to + end.length)
      : `${old.trimEnd()}\n\n${section}\n`;
  writeFileSync(`${file}.tmp`, updated);
  renameSync(`${file}.tmp`, file);
}
