import { SvpError } from '../errors';

/**
 * How many of `rows` rows are held out for validation.
 * @param size a number of rows; below 1 a fraction of them; or a share as text, '10%'. Fractions are rounded
 * @throws SvpError SVP_E_OPTION for anything else
 */
export function validationSize(size: number | string, rows: number): number {
  const percent = typeof size === 'string' ? /^\s*(\d+(?:\.\d*)?)\s*%\s*$/.exec(size) : null;
  const fraction = percent ? Number(percent[1]) / 100 : Number(size);
  if (percent ? fraction < 1 : fraction > 0 && fraction < 1) return Math.round(fraction * rows);
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw new SvpError(
    'SVP_E_OPTION',
    `validation must be a number of examples, a fraction of them below 1, or a percentage such as '10%', not ${size}.`,
    { option: 'validation' },
  );
}
