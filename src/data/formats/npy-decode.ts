import { SvpError } from '../../errors';
import { allocate, type ByteStream, fillOrThrow, READ_STEP } from './byte-stream';
import type { NpyHeader, NpyType } from './npy-header';

/** The typed arrays that `.npy` data become: float16 as Float32Array (exact), bool as Uint8Array. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const STORED: Record<NpyType, new (buffer: ArrayBuffer, offset: number, length: number) => NpyData> = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Bytes converted or transposed at a time. */
const CHUNK = 16 << 20;

const HOST_IS_BIG_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

/** Reverses the bytes of every element in place. */
export function swapBytes(bytes: Uint8Array, itemSize: number): void {
  if (itemSize === 1) return;
  // Buffer's swaps are native, but take less than 2 GiB.
  for (let at = 0; at < bytes.length; at += READ_STEP) {
    const part = bytes.subarray(at, at + READ_STEP);
    const buffer = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    if (itemSize === 2) buffer.swap16();
    else if (itemSize === 4) buffer.swap32();
    else buffer.swap64();
  }
}

let halfTable: Float32Array | undefined;

/** The float32 of each of the 65,536 float16 bit patterns; every float16 is exactly a float32. */
function halves(): Float32Array {
  if (halfTable !== undefined) return halfTable;
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
      exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1024 + fraction) * 2 ** (exponent - 25);
    table[bits] = bits & 0x8000 ? -size : size;
  }
  halfTable = table;
  return table;
}

// A function of its own for the engine's sake: in one that sees every array type the loop is three times slower.
function widenHalves(bits: Uint16Array, out: Float32Array | Float64Array): void {
  const table = halves();
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]];
}

/** Row and column (or the flat position) of element `k` in file order, for messages. */
export function placeOf(header: NpyHeader, k: number): { text: string; row: number; column?: number } {
  const [rows, columns] = header.shape;
  if (header.shape.length === 2) {
    const row = header.fortranOrder ? k % rows : Math.floor(k / columns);
    const column = header.fortranOrder ? Math.floor(k / rows) : k % columns;
    return { text: `row ${row}, column ${column}`, row, column };
  }
  return { text: `element ${k}`, row: k };
}

type Wanted = 'native' | 'float32' | 'float64';

/** One chunk as the wanted element type; `first` is its place in the file. */
function convert(chunk: NpyData, header: NpyHeader, as: Wanted, first: number, stream: ByteStream): NpyData {
  const n = chunk.length;
  if (header.type === 'float16') {
    const out = as === 'float64' ? new Float64Array(n) : new Float32Array(n);
    widenHalves(chunk as Uint16Array, out);
    return out;
  }
  if (as === 'float32' && header.type === 'float64') {
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      const value = chunk[i] as number;
      out[i] = value;
      if (!Number.isFinite(out[i]) && Number.isFinite(value)) {
        const place = placeOf(header, first + i);
        throw new SvpError(
          'SVP_E_NONFINITE',
          `${stream.name}: ${value} at ${place.text} is beyond float32 (about 3.4e38). Scale the features down.`,
          { file: stream.file, row: place.row, column: place.column },
        );
      }
    }
    return out;
  }
  if (as === 'float64' && header.type !== 'float64') {
    const out = new Float64Array(n);
    const wide = header.itemSize === 8;
    for (let i = 0; i < n; i++) {
      const value = Number(chunk[i]);
      if (wide && !Number.isSafeInteger(value)) {
        throw new SvpError(
          'SVP_E_FORMAT',
          `${stream.name}: ${chunk[i]} at ${placeOf(header, first + i).text} is beyond 2⁵³ and cannot be held exactly. ` +
            'Save smaller whole numbers.',
          { file: stream.file, row: first + i },
        );
      }
      out[i] = value;
    }
    return out;
  }
  return chunk;
}

/** Copies a chunk of a Fortran-ordered array (first axis fastest) to its places in C order. */
function scatter(target: NpyData, chunk: NpyData, first: number, shape: readonly number[]): void {
  const rows = shape[0];
  const strides = new Array<number>(shape.length).fill(1);
  for (let a = shape.length - 2; a >= 0; a--) strides[a] = strides[a + 1] * shape[a + 1];
  // All axes but the first, as one "column" number, first of them fastest.
  const offsetOf = (column: number): number => {
    let rest = column;
    let offset = 0;
    for (let a = 1; a < shape.length; a++) {
      offset += (rest % shape[a]) * strides[a];
      rest = Math.floor(rest / shape[a]);
    }
    return offset;
  };
  const to = target as Float32Array;
  const from = chunk as Float32Array;
  const firstColumn = Math.floor(first / rows);
  if (first % rows === 0 && chunk.length % rows === 0) {
    // Whole columns: row by row, so that each cache line of the target is written once per chunk.
    const offsets = Array.from({ length: chunk.length / rows }, (_, j) => offsetOf(firstColumn + j));
    for (let r = 0; r < rows; r++) {
      const base = r * strides[0];
      for (let j = 0; j < offsets.length; j++) to[base + offsets[j]] = from[j * rows + r];
    }
    return;
  }
  for (let i = 0; i < chunk.length; ) {
    const column = Math.floor((first + i) / rows);
    const row = (first + i) % rows;
    const run = Math.min(rows - row, chunk.length - i);
    const offset = offsetOf(column);
    for (let k = 0; k < run; k++) to[offset + (row + k) * strides[0]] = from[i + k];
    i += run;
  }
}

function targetArray(as: Wanted, type: NpyType): new (length: number) => NpyData {
  if (as === 'float32' || (as === 'native' && type === 'float16')) return Float32Array;
  if (as === 'float64') return Float64Array;
  return STORED[type] as unknown as new (
    length: number,
  ) => NpyData;
}

/**
 * Reads the data behind a header, in C order. Peak memory: the result plus at most 32 MiB.
 * @param as 'native' keeps the file's type (float16 widens to float32); 'float32' takes floats; 'float64' takes all
 * @throws SvpError SVP_E_FORMAT (cut short; an integer beyond 2⁵³ as float64), SVP_E_NONFINITE (a float64 beyond float32), SVP_E_MEMORY
 */
export async function decodeNpy(stream: ByteStream, header: NpyHeader, as: Wanted): Promise<NpyData> {
  const { type, itemSize, length, shape } = header;
  const swap = header.bigEndian !== HOST_IS_BIG_ENDIAN;
  const transpose = header.fortranOrder && shape.filter((n) => n > 1).length > 1;
  const target = allocate(targetArray(as, type), length, stream.name, stream.file);
  const direct = !transpose && type !== 'float16' && (as === 'native' || as === type);
  if (direct) {
    const bytes = length * itemSize;
    for (let at = 0; at < bytes; at += READ_STEP) {
      const part = new Uint8Array(target.buffer, at, Math.min(READ_STEP, bytes - at));
      await fillOrThrow(stream, part, 'data');
      if (swap) swapBytes(part, itemSize);
    }
  } else {
    const columnBytes = shape.length > 0 ? shape[0] * itemSize : itemSize;
    const step =
      transpose && columnBytes <= CHUNK ? Math.floor(CHUNK / columnBytes) * shape[0] : CHUNK / itemSize;
    const buffer = new ArrayBuffer(Math.min(step, length) * itemSize);
    for (let first = 0; first < length; first += step) {
      const n = Math.min(step, length - first);
      const bytes = new Uint8Array(buffer, 0, n * itemSize);
      await fillOrThrow(stream, bytes, 'data');
      if (swap) swapBytes(bytes, itemSize);
      const chunk = convert(new STORED[type](buffer, 0, n), header, as, first, stream);
      if (transpose) scatter(target, chunk, first, shape);
      else (target as Float32Array).set(chunk as Float32Array, first);
    }
  }
  await expectEnd(stream);
  return target;
}

/** @throws SvpError SVP_E_FORMAT when bytes follow the data (only streams of unknown length get here with any) */
export async function expectEnd(stream: ByteStream): Promise<void> {
  const end = stream.position;
  if ((await stream.fill(new Uint8Array(1))) > 0) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${stream.name} goes on after byte ${end}, where its data end. Save each array in a file of its own.`,
      { file: stream.file },
    );
  }
}
