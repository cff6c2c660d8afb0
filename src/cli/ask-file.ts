import { existsSync } from 'node:fs';
import { readLabelFile, writeLabelFile } from '../data/formats/label-file';
import { SvpError } from '../errors';
import type { LabelSource } from '../experiments/label-book';

/**
 * Asks for labels by a file: `row,label` lines with the labels left empty. The run stops there (exit code 75); when the
 * labels are filled in, the same command with --resume reads them and goes on to the next list.
 * @throws SvpError SVP_E_EXISTS for a file that is there although the run only begins
 */
export function askByFile(
  file: string,
  { resume, force }: { resume?: boolean; force?: boolean },
): LabelSource {
  if (existsSync(file) && !resume && !force) {
    throw new SvpError(
      'SVP_E_EXISTS',
      `${file} exists already: give --resume to read the labels in it, --force to overwrite it, or choose another name.`,
      { file },
    );
  }
  return async (rows, { classNames }) => {
    const answers = existsSync(file) && resume ? await readLabelFile(file, classNames) : undefined;
    const labelOf = new Map<number, number>();
    answers?.rows.forEach((row, i) => {
      labelOf.set(row, answers.labels[i]);
    });
    const labels = Int32Array.from(rows, (row) => labelOf.get(row) ?? -1);
    const open = labels.filter((label) => label < 0).length;
    if (open === 0) return labels;
    // What was filled in already is kept.
    await writeLabelFile(file, { rows, labels }, classNames);
    throw new SvpError(
      'SVP_E_LABELS',
      `${open} of ${rows.length} examples await their labels in ${file}: after each row number put its class ` +
        `(${classNames.slice(0, 3).join(', ')}${classNames.length > 3 ? ' …' : ''}, or 0 to ${classNames.length - 1}), then give the same command with --resume.`,
      { file },
    );
  };
}
