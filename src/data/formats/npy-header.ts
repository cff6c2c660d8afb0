import { SvpError } from '../../errors';
import type { ByteStream } from './byte-stream';
import { fillOrThrow } from './byte-stream';

/** The element types of `.npy` files that this package reads. 'float16' has no typed array in Node 20. */
export type NpyType =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export interface NpyHeader {
  type: NpyType;
  itemSize: number;
  bigEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
  /** Product of the shape. */
  length: number;
  /** Bytes before the first element. */
  dataStart: number;
}

/** Longest header read. numpy itself refuses more than 10,000 characters unless told to trust the file. */
const MAX_HEADER = 1 << 20;
/** numpy's own limit on the number of dimensions. */
const MAX_DIMENSIONS = 64;

const TYPES: Record<string, [NpyType, number]> = {
  f2: ['float16', 2],
  f4: ['float32', 4],
  f8: ['float64', 8],
  i1: ['int8', 1],
  u1: ['uint8', 1],
  i2: ['int16', 2],
  u2: ['uint16', 2],
  i4: ['int32', 4],
  u4: ['uint32', 4],
  i8: ['int64', 8],
  u8: ['uint64', 8],
  b1: ['bool', 1],
};

type Value = string | boolean | number[];

/**
 * Reads the dictionary of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. Keys in any order,
 * either quote. A tokenizer without recursion: nesting cannot exhaust the stack, and nothing is ever evaluated.
 */
class DictReader {
  private at = 0;
  constructor(
    private readonly text: string,
    private readonly fail: (why: string, at: number) => never,
  ) {}

  private space(): void {
    while (this.at < this.text.length && ' \t\r\n\0'.includes(this.text[this.at])) this.at++;
  }

  private take(c: string): boolean {
    this.space();
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }

  private expect(c: string): void {
    if (!this.take(c)) this.fail(`"${c}" is missing`, this.at);
  }

  private string(): string {
    this.space();
    const quote = this.text[this.at];
    if (quote !== "'" && quote !== '"') this.fail('a quoted name is missing', this.at);
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) this.fail('a quote is not closed', this.at);
    const value = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return value;
  }

  private tuple(): number[] {
    const values: number[] = [];
    while (!this.take(')')) {
      this.space();
      const start = this.at;
      const digits = /^-?\d+/.exec(this.text.slice(start, start + 40))?.[0];
      if (digits === undefined)
        return this.fail('the shape holds something that is not a whole number', start);
      this.at += digits.length;
      const value = Number(digits);
      if (value < 0) this.fail(`the shape holds ${digits}, a negative size`, start);
      if (!Number.isSafeInteger(value)) this.fail(`the shape holds ${digits}, beyond any array`, start);
      // Python 2 wrote long integers as 3L.
      if (this.text[this.at] === 'L') this.at++;
      values.push(value);
      if (values.length > MAX_DIMENSIONS) this.fail(`more than ${MAX_DIMENSIONS} dimensions`, start);
      if (!this.take(',')) {
        this.expect(')');
        break;
      }
    }
    return values;
  }

  private value(): Value {
    this.space();
    const c = this.text[this.at];
    if (c === "'" || c === '"') return this.string();
    if (this.take('(')) return this.tuple();
    for (const [word, value] of [
      ['True', true],
      ['False', false],
    ] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    if (c === '[')
      return this.fail('the elements are structured (several fields); save one field alone', this.at);
    return this.fail('a value is not one that .npy headers hold', this.at);
  }

  read(): Map<string, Value> {
    const entries = new Map<string, Value>();
    this.expect('{');
    while (!this.take('}')) {
      const key = this.string();
      if (entries.has(key)) this.fail(`the key '${key}' comes twice`, this.at);
      this.expect(':');
      entries.set(key, this.value());
      if (!this.take(',')) {
        this.expect('}');
        break;
      }
    }
    this.space();
    if (this.at < this.text.length) this.fail('something follows the dictionary', this.at);
    return entries;
  }
}

/** The element type of a descr such as '<f4'. */
function parseDescr(
  descr: string,
  fail: (why: string) => never,
): Pick<NpyHeader, 'type' | 'itemSize' | 'bigEndian'> {
  const code = descr.slice(1);
  const known = Object.hasOwn(TYPES, code) ? TYPES[code] : undefined;
  const order = descr[0];
  if (known === undefined || !'<>=|'.includes(order)) {
    return fail(
      `its element type '${descr.slice(0, 20)}' is not one of ${Object.keys(TYPES).join(', ')} with <, >, = or | before it`,
    );
  }
  return { type: known[0], itemSize: known[1], bigEndian: order === '>' };
}

/**
 * Reads and checks the header of a `.npy` stream, versions 1.0, 2.0 and 3.0, and compares the size it promises with
 * what the stream can hold, before anything is allocated for the data.
 * @throws SvpError SVP_E_FORMAT
 */
export async function readNpyHeader(stream: ByteStream): Promise<NpyHeader> {
  const { name, file } = stream;
  const reject = (why: string): never => {
    throw new SvpError('SVP_E_FORMAT', `${name}: ${why}`, { file });
  };
  const magic = new Uint8Array(8);
  const got = await stream.fill(magic);
  if (got < 6 || Buffer.from(magic.subarray(0, 6)).toString('latin1') !== '\x93NUMPY') {
    reject(
      got === 0
        ? 'the file is empty; a .npy file was expected.'
        : 'this is not a .npy file (it does not begin with \\x93NUMPY). Write it with numpy.save.',
    );
  }
  if (got < 8) reject(`the file ends at byte ${got}, within its header. Copy or write it again.`);
  const [major, minor] = [magic[6], magic[7]];
  if (major < 1 || major > 3 || minor !== 0) {
    reject(
      `.npy version ${major}.${minor} is not known (1.0, 2.0 and 3.0 are). Save it again with numpy.save.`,
    );
  }
  const lengthBytes = new Uint8Array(major === 1 ? 2 : 4);
  await fillOrThrow(stream, lengthBytes, 'header');
  const view = new DataView(lengthBytes.buffer);
  const headerLength = major === 1 ? view.getUint16(0, true) : view.getUint32(0, true);
  const headerStart = stream.position;
  if (headerStart + headerLength > stream.atMost) {
    reject(
      `the header says that it is ${headerLength} bytes long, but the file holds at most ${stream.atMost - headerStart} after byte ${headerStart}. ` +
        'The file is cut short or damaged.',
    );
  }
  if (headerLength > MAX_HEADER) {
    reject(
      `its header is ${headerLength} bytes long; ${MAX_HEADER} are the most that is read. Save it with numpy.save.`,
    );
  }
  const bytes = new Uint8Array(headerLength);
  await fillOrThrow(stream, bytes, 'header');
  const text = Buffer.from(bytes.buffer).toString(major === 3 ? 'utf8' : 'latin1');
  const failAt = (why: string, at = 0): never =>
    reject(`the header cannot be read at byte ${headerStart + at}: ${why}. Save it again with numpy.save.`);
  const entries = new DictReader(text, failAt).read();
  for (const key of entries.keys()) {
    if (!['descr', 'fortran_order', 'shape'].includes(key))
      failAt(`the key '${key.slice(0, 40)}' is not known`);
  }
  const descr = entries.get('descr');
  const fortranOrder = entries.get('fortran_order');
  const shape = entries.get('shape');
  if (typeof descr !== 'string') return failAt("'descr' is missing or no string");
  if (typeof fortranOrder !== 'boolean')
    return failAt("'fortran_order' is missing or neither True nor False");
  if (!Array.isArray(shape)) return failAt("'shape' is missing or no tuple");
  const element = parseDescr(descr, (why) => reject(`${why}. Convert it in numpy with .astype first.`));
  let length = shape.includes(0) ? 0 : 1;
  // With a zero among the sizes the product is 0, whatever the others say.
  if (length > 0) for (const size of shape) length *= size;
  if (!Number.isSafeInteger(length * element.itemSize)) {
    reject(`the shape (${shape.join(', ')}) is beyond any array. The header is damaged.`);
  }
  const expected = stream.position + length * element.itemSize;
  const what = `the shape (${shape.join(', ')}) of ${element.type} needs ${expected} bytes with the header`;
  if (stream.size !== undefined && stream.size !== expected) {
    const difference = stream.size - expected;
    reject(
      difference < 0
        ? `${what}, but there are only ${stream.size}. The file is cut short: copy or write it again.`
        : `${what}, but there are ${stream.size}: ${difference} bytes too many from byte ${expected} on. Save each array in a file of its own.`,
    );
  }
  if (expected > stream.atMost) {
    reject(`${what}, but there can be at most ${stream.atMost}. The file is cut short or damaged.`);
  }
  return { ...element, fortranOrder, shape, length, dataStart: stream.position };
}

/**
 * The bytes before the data of a `.npy` file, version 1.0, C order, padded so that the data begin at a multiple of 64
 * (as numpy writes it, so that the data can be mapped and read with aligned vector loads).
 */
export function formatNpyHeader(descr: string, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = Buffer.alloc(total, ' ');
  header.write('\x93NUMPY\x01\x00', 0, 'latin1');
  header.writeUInt16LE(total - 10, 8);
  header.write(text, 10, 'latin1');
  header[total - 1] = 0x0a;
  return header;
}
