import { promises as fs } from 'node:fs';
import { writeFileAtomically } from '../../core/atomic-file';
import { suggestion } from '../../core/options';
import { SvpError } from '../../errors';

/** Rows with their classes; −1 where the class is not filled in. */
export interface RowLabels {
  rows: Uint32Array;
  labels: Int32Array;
}

const HEADING = 'row,label';

/** A class's name as a field: in quotes where it needs them. */
function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/**
 * Writes a list of rows with their classes by name, `row,label` a line; a class of −1 leaves the field empty, to be filled
 * in. Whole or not at all.
 * @throws SvpError SVP_E_WRITE
 */
export async function writeLabelFile(
  file: string,
  { rows, labels }: RowLabels,
  classNames: readonly string[],
): Promise<void> {
  const lines = Array.from(rows, (row, i) => `${row},${labels[i] < 0 ? '' : field(classNames[labels[i]])}`);
  await writeFileAtomically(file, `${[HEADING, ...lines].join('\n')}\n`);
}

/**
 * Reads such a list: classes by name or by number (0, 1, 2 …), an empty field for none. A name wins over a number. A
 * heading line, Windows line ends and blank lines are accepted.
 * @throws SvpError SVP_E_FILE; SVP_E_FORMAT naming the line: not a row, a class that there is not, a row that comes twice
 */
export async function readLabelFile(file: string, classNames: readonly string[]): Promise<RowLabels> {
  const text = await fs.readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SvpError('SVP_E_FILE', `Cannot read the labels ${file} (${cause.code}). Check the path.`, {
      file,
      cause,
    });
  });
  const numberOf = new Map(classNames.map((name, i) => [name, i]));
  const found = new Map<number, number>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || (i === 0 && line.trim() === HEADING)) continue;
    const fail = (why: string): never => {
      throw new SvpError('SVP_E_FORMAT', `${file}, line ${i + 1}: ${why}`, { file, row: i });
    };
    const parts = /^\s*(\d{1,10})\s*(?:,(.*))?$/.exec(line);
    if (!parts || Number(parts[1]) > 0xffffffff) {
      return fail(`"${line.slice(0, 40)}" does not begin with a row number and a comma.`);
    }
    const row = Number(parts[1]);
    if (found.has(row)) fail(`row ${row} comes twice.`);
    const raw = (parts[2] ?? '').trim();
    const label = /^".*"$/.test(raw) ? raw.slice(1, -1).replace(/""/g, '"') : raw;
    const known = numberOf.get(label) ?? (/^\d+$/.test(label) ? Number(label) : Number.NaN);
    if (label !== '' && !(known < classNames.length)) {
      fail(
        `there is no class "${label}" (a name, or 0 … ${classNames.length - 1}).${suggestion(label, classNames)}`,
      );
    }
    found.set(row, label === '' ? -1 : known);
  }
  return { rows: Uint32Array.from(found.keys()), labels: Int32Array.from(found.values()) };
}
