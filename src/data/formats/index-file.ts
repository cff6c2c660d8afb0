import { types } from 'node:util';
import { writeFileAtomically } from '../../core/atomic-file';
import { SvpError } from '../../errors';
import { openFileStream, withStream } from './byte-stream';

const CHUNK = 4 << 20;
const NEWLINE = 10;

/** The line at fault, from the bytes that are at hand. */
function quote(bytes: Uint8Array, start: number): string {
  let end = start;
  while (end < bytes.length && end < start + 40 && bytes[end] !== NEWLINE) end++;
  return JSON.stringify(Buffer.from(bytes.subarray(start, end)).toString('latin1').trim());
}

/**
 * Reads an index file: one whole number from 0 to 2³² − 1 a line, in selection order. Blanks around a number, Windows
 * line ends and blank lines at the end are accepted. Duplicates are passed on: their user says whether they are wrong.
 * @returns the numbers in file order; a file without a line gives none
 * @throws SvpError SVP_E_FILE; SVP_E_FORMAT, naming the line (`row` is its number less one)
 */
export function readIndexFile(path: string): Promise<Uint32Array> {
  return withStream(openFileStream(path), async (stream) => {
    // A number takes two bytes at least: no file makes this larger than twice its size plus one block.
    let values = new Uint32Array(Math.min(1 << 16, Math.ceil((stream.size ?? 0) / 2) + 1));
    let count = 0;
    let line = 1;
    // The number being read; −1 before its first digit. `closed` after a blank that follows it.
    let value = -1;
    let closed = false;
    let blankLine = 0;
    let lineStart = 0;
    const fail = (why: string, row: number, bytes: Uint8Array): never => {
      throw new SvpError(
        'SVP_E_FORMAT',
        `${path}, line ${row}: ${why} (${quote(bytes, Math.max(0, lineStart))}). An index file holds one whole number from 0 to 4294967295 a line.`,
        { file: path, row: row - 1 },
      );
    };
    const endLine = (bytes: Uint8Array) => {
      if (value < 0) {
        if (blankLine === 0) blankLine = line;
      } else {
        if (blankLine > 0) fail('the line is blank', blankLine, new Uint8Array());
        if (count === values.length) {
          const larger = new Uint32Array(count * 2);
          larger.set(values);
          values = larger;
        }
        if (value > 0xffffffff) fail('the number is too large', line, bytes);
        values[count++] = value;
      }
      value = -1;
      closed = false;
      line++;
    };
    const buffer = new Uint8Array(Math.min(CHUNK, Math.max(1, stream.size ?? CHUNK)));
    for (let got = await stream.fill(buffer); got > 0; got = await stream.fill(buffer)) {
      const bytes = buffer.subarray(0, got);
      lineStart = 0;
      for (let i = 0; i < got; i++) {
        const c = bytes[i];
        if (c >= 48 && c <= 57) {
          if (closed) fail('there are two numbers', line, bytes);
          value = Math.max(value, 0) * 10 + (c - 48);
          if (value > 0xffffffff) fail('the number is too large', line, bytes);
        } else if (c === NEWLINE) {
          endLine(bytes);
          lineStart = i + 1;
        } else if (c === 32 || c === 9 || c === 13) {
          closed = value >= 0;
        } else {
          fail('this is not a whole number', line, bytes);
        }
      }
    }
    if (value >= 0) endLine(new Uint8Array());
    return values.slice(0, count);
  });
}

const LINES_PER_CHUNK = 1 << 16;

function checkIndices(indices: unknown): asserts indices is Uint32Array | readonly number[] {
  if (types.isUint32Array(indices)) return;
  const bad = Array.isArray(indices)
    ? indices.findIndex((v) => !Number.isInteger(v) || v < 0 || v > 0xffffffff)
    : -2;
  if (bad === -1) return;
  throw new SvpError(
    'SVP_E_SHAPE',
    bad === -2
      ? 'The indices must be a Uint32Array or an array of whole numbers.'
      : `Index ${bad} is ${String((indices as unknown[])[bad])}, not a whole number from 0 to 4294967295.`,
    bad === -2 ? {} : { row: bad },
  );
}

function* formatLines(indices: Uint32Array | readonly number[]): Generator<string> {
  for (let start = 0; start < indices.length; start += LINES_PER_CHUNK) {
    yield `${indices.slice(start, start + LINES_PER_CHUNK).join('\n')}\n`;
  }
}

/**
 * The text of an index file: one number a line, each line ended by \n.
 * @throws SvpError SVP_E_SHAPE
 */
export function formatIndexFile(indices: Uint32Array | readonly number[]): string {
  checkIndices(indices);
  return [...formatLines(indices)].join('');
}

/**
 * Writes an index file whole or not at all.
 * @throws SvpError SVP_E_SHAPE, SVP_E_WRITE (the old file stays intact)
 */
export async function writeIndexFile(path: string, indices: Uint32Array | readonly number[]): Promise<void> {
  checkIndices(indices);
  await writeFileAtomically(path, formatLines(indices));
}
