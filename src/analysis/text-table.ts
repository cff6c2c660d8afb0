/** Cells as lines of text: the first column on the left, the others on the right, two spaces between. */
export function textTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat(widths[i] - [...cell].length);
        return i === 0 ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd();
  return [line(headings), '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...rows.map(line)];
}

/** Text from a record or a file name, without what a terminal would obey. */
export function plainText(text: string): string {
  return text.replace(/\p{Cc}/gu, '�').replaceAll('\u00a0', ' ');
}

/** A CSV (RFC 4180): a header line, \n at the end of each; numbers in full, what is not finite or not there empty. */
export function csvText(
  columns: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string {
  const field = (value: string | number | undefined) => {
    if (value === undefined) return '';
    if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
    return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}
