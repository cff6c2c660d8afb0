import { types } from 'node:util';
import { writeFileAtomically } from '../../core/atomic-file';
import type { Matrix } from '../../core/matrix';
import { SvpError } from '../../errors';
import { type ByteStream, openFileStream, withStream } from './byte-stream';
import { decodeNpy, type NpyData, placeOf } from './npy-decode';
import { formatNpyHeader, type NpyHeader, type NpyType, readNpyHeader } from './npy-header';

export type { NpyData } from './npy-decode';
export type { NpyType } from './npy-header';

/** An array as its file holds it, in C order (last axis fastest). */
export interface NpyArray {
  /** float16 arrives as Float32Array (exact), bool as Uint8Array. */
  data: NpyData;
  shape: number[];
  /** The element type in the file. */
  dtype: NpyType;
  /** Whether the file held the array in Fortran order; `data` never does. */
  fortranOrder: boolean;
}

/** A matrix with what its reader ought to know about how it was read. */
export type NotedMatrix = Matrix & { note?: string };

/** Reads one array from a stream of `.npy` bytes; see readNpy. */
export async function readNpyStream(stream: ByteStream): Promise<NpyArray> {
  const header = await readNpyHeader(stream);
  const data = await decodeNpy(stream, header, 'native');
  return { data, shape: header.shape, dtype: header.type, fortranOrder: header.fortranOrder };
}

/** See readNpyMatrix. */
export async function readMatrixStream(stream: ByteStream): Promise<NotedMatrix> {
  const header = await readNpyHeader(stream);
  const { file } = stream;
  if (header.shape.length !== 2) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${stream.name} has the shape (${header.shape.join(', ')}); a matrix of examples × values is needed. Reshape it first.`,
      { file },
    );
  }
  if (!header.type.startsWith('float')) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${stream.name} holds ${header.type}; float32, float16 or float64 is needed. Convert it with .astype('float32').`,
      { file },
    );
  }
  const [rows, columns] = header.shape;
  const data = (await decodeNpy(stream, header, 'float32')) as Float32Array;
  return header.type === 'float64'
    ? { data, rows, columns, note: `${stream.name}: values were rounded from float64 to float32.` }
    : { data, rows, columns };
}

async function vectorHeader(stream: ByteStream): Promise<NpyHeader> {
  const header = await readNpyHeader(stream);
  const { shape } = header;
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1)) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${stream.name} has the shape (${shape.join(', ')}); one value per example is needed: (n,) or (n, 1).`,
      { file: stream.file },
    );
  }
  return header;
}

/** See readNpyVector. */
export async function readVectorStream(stream: ByteStream): Promise<Float64Array> {
  return (await decodeNpy(stream, await vectorHeader(stream), 'float64')) as Float64Array;
}

/** See readNpyIndices. */
export async function readIndicesStream(stream: ByteStream): Promise<Uint32Array> {
  const header = await vectorHeader(stream);
  const values = (await decodeNpy(stream, header, 'float64')) as Float64Array;
  const out = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = values[i];
    if (out[i] !== values[i]) {
      const place = placeOf(header, i);
      throw new SvpError(
        'SVP_E_FORMAT',
        `${stream.name}: ${values[i]} at ${place.text} is not a whole number from 0 to 4294967295.`,
        { file: stream.file, row: i },
      );
    }
  }
  return out;
}

/**
 * Reads a `.npy` file: versions 1.0 to 3.0, any supported element type, either byte order, C or Fortran order,
 * beyond 2 and 4 GiB. The size that the header promises is compared with the file's before memory is taken.
 * @returns the array in C order
 * @throws SvpError SVP_E_FILE (missing), SVP_E_FORMAT (damaged, cut short, bytes too many, other types), SVP_E_MEMORY
 */
export function readNpy(path: string): Promise<NpyArray> {
  return withStream(openFileStream(path), readNpyStream);
}

/**
 * Reads a two-dimensional `.npy` file of floats as float32, rows × columns. float16 widens exactly; float64 is rounded
 * to nearest and `note` says so. NaN and infinities are passed on: whoever computes with them names the first.
 * @throws SvpError as readNpy; SVP_E_SHAPE (not two-dimensional, or integers); SVP_E_NONFINITE (a float64 beyond float32)
 */
export function readNpyMatrix(path: string): Promise<NotedMatrix> {
  return withStream(openFileStream(path), readMatrixStream);
}

/**
 * Reads a `.npy` file of one number per example, shape (n,) or (n, 1), any element type, as float64 (exact).
 * @throws SvpError as readNpy; SVP_E_SHAPE; SVP_E_FORMAT with the row for an integer beyond 2⁵³
 */
export function readNpyVector(path: string): Promise<Float64Array> {
  return withStream(openFileStream(path), readVectorStream);
}

/**
 * Reads a `.npy` file of labels or indices: whole numbers from 0 to 2³² − 1 of any element type, shape (n,) or (n, 1).
 * @throws SvpError as readNpyVector; SVP_E_FORMAT with the row of the first other value
 */
export function readNpyIndices(path: string): Promise<Uint32Array> {
  return withStream(openFileStream(path), readIndicesStream);
}

const DESCR: [(value: unknown) => boolean, string][] = [
  [types.isFloat32Array, 'f4'],
  [types.isFloat64Array, 'f8'],
  [types.isUint32Array, 'u4'],
  [types.isInt32Array, 'i4'],
  [types.isUint8Array, 'u1'],
  [types.isUint8ClampedArray, 'u1'],
  [types.isInt8Array, 'i1'],
  [types.isUint16Array, 'u2'],
  [types.isInt16Array, 'i2'],
  [types.isBigInt64Array, 'i8'],
  [types.isBigUint64Array, 'u8'],
];

/** The array's bytes in steps below 2 GiB, without copying. */
function* bytesOf(data: NpyData): Generator<Uint8Array> {
  const step = 1 << 30;
  for (let at = 0; at < data.byteLength; at += step) {
    yield new Uint8Array(data.buffer, data.byteOffset + at, Math.min(step, data.byteLength - at));
  }
}

/**
 * Writes a typed array as a `.npy` file (version 1.0, C order, the machine's byte order), whole or not at all.
 * @param data any typed array, also a view into a larger buffer or on a SharedArrayBuffer; not copied, not changed
 * @param shape its sizes, last axis fastest; their product is data.length
 * @throws SvpError SVP_E_SHAPE (sizes and length differ, or no typed array), SVP_E_WRITE (the old file stays intact)
 */
export async function writeNpy(path: string, data: NpyData, shape: readonly number[]): Promise<void> {
  const type = DESCR.find(([is]) => is(data))?.[1];
  if (type === undefined) {
    throw new SvpError('SVP_E_SHAPE', `writeNpy: data must be a typed array of numbers, not ${typeof data}.`);
  }
  const product = shape.reduce((a, b) => a * b, 1);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0) || product !== data.length) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `writeNpy: the shape (${shape.join(', ')}) is for ${product} values, but there are ${data.length}.`,
    );
  }
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  const order = data.BYTES_PER_ELEMENT === 1 ? '|' : little ? '<' : '>';
  const header = formatNpyHeader(order + type, shape);
  await writeFileAtomically(
    path,
    (function* () {
      yield header;
      yield* bytesOf(data);
    })(),
  );
}
