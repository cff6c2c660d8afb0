import { types } from 'node:util';
import { writeFileAtomically } from '../../core/atomic-file';
import { SvpError } from '../../errors';
import {
  allocate,
  type ByteStream,
  fillOrThrow,
  openFileStream,
  openRegularFile,
  READ_STEP,
  readAt,
  withStream,
} from './byte-stream';
import { openGzipStream } from './inflate-stream';
import { expectEnd, swapBytes } from './npy-decode';

export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** An array of an IDX file (the format of MNIST), row-major. */
export interface IdxArray {
  data: IdxData;
  shape: number[];
}

interface IdxType {
  code: number;
  itemSize: number;
  is: (value: unknown) => boolean;
  make: (buffer: ArrayBufferLike) => IdxData;
}

const TYPES: IdxType[] = [
  { code: 0x08, itemSize: 1, is: types.isUint8Array, make: (b) => new Uint8Array(b) },
  { code: 0x09, itemSize: 1, is: types.isInt8Array, make: (b) => new Int8Array(b) },
  { code: 0x0b, itemSize: 2, is: types.isInt16Array, make: (b) => new Int16Array(b) },
  { code: 0x0c, itemSize: 4, is: types.isInt32Array, make: (b) => new Int32Array(b) },
  { code: 0x0d, itemSize: 4, is: types.isFloat32Array, make: (b) => new Float32Array(b) },
  { code: 0x0e, itemSize: 8, is: types.isFloat64Array, make: (b) => new Float64Array(b) },
];

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

async function readStream(stream: ByteStream, shared: boolean): Promise<IdxArray> {
  const { name, file } = stream;
  const reject = (why: string): never => {
    throw new SvpError('SVP_E_FORMAT', `${name}: ${why}`, { file });
  };
  const magic = new Uint8Array(4);
  await fillOrThrow(stream, magic, 'IDX header');
  const type = TYPES.find((t) => t.code === magic[2]);
  if (magic[0] !== 0 || magic[1] !== 0 || type === undefined || magic[3] === 0) {
    const bytes = Buffer.from(magic).toString('hex');
    return reject(`this is not an IDX file (it begins with ${bytes}). Check the path, or save it again.`);
  }
  const sizes = Buffer.alloc(4 * magic[3]);
  await fillOrThrow(stream, sizes, 'IDX header');
  const shape = Array.from({ length: magic[3] }, (_, i) => sizes.readUInt32BE(4 * i));
  const length = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);
  const bytes = length * type.itemSize;
  const expected = stream.position + bytes;
  const what = `the sizes ${shape.join(' × ')} of ${type.itemSize} bytes each need ${expected} bytes with the header`;
  if (stream.size !== undefined && stream.size !== expected) {
    reject(`${what}, but there are ${stream.size}. The file is cut short or damaged: copy it again.`);
  }
  if (!(expected <= stream.atMost)) {
    reject(`${what}, but there can be at most ${stream.atMost}. The file is damaged: copy it again.`);
  }
  const Memory = (shared ? SharedArrayBuffer : ArrayBuffer) as new (n: number) => ArrayBufferLike;
  const buffer = allocate(Memory, bytes, name, file);
  for (let at = 0; at < bytes; at += READ_STEP) {
    const part = new Uint8Array(buffer, at, Math.min(READ_STEP, bytes - at));
    await fillOrThrow(stream, part, 'data');
    // IDX is big-endian.
    if (LITTLE) swapBytes(part, type.itemSize);
  }
  await expectEnd(stream);
  return { data: type.make(buffer), shape };
}

async function openIdx(path: string): Promise<ByteStream> {
  const { handle } = await openRegularFile(path);
  const start = new Uint8Array(2);
  await readAt(handle, start, 0).finally(() => handle.close());
  return start[0] === 0x1f && start[1] === 0x8b ? openGzipStream(path) : openFileStream(path);
}

/**
 * Reads an IDX file of any element type, gzip-compressed or not (told by its first bytes, not by its name).
 * The size that the header promises is compared with what the file can hold before memory is taken.
 * @param o.shared deliver the data on a SharedArrayBuffer, for worker threads to read in place; default false
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_MEMORY
 */
export function readIdx(path: string, o: { shared?: boolean } = {}): Promise<IdxArray> {
  return withStream(openIdx(path), (stream) => readStream(stream, o.shared ?? false));
}

/**
 * Writes an IDX file, uncompressed, whole or not at all.
 * @param shape 1 to 255 sizes below 2³²; their product is data.length
 * @throws SvpError SVP_E_SHAPE, SVP_E_WRITE (the old file stays intact)
 */
export async function writeIdx(path: string, data: IdxData, shape: readonly number[]): Promise<void> {
  const type = TYPES.find((t) => t.is(data));
  if (type === undefined) {
    throw new SvpError(
      'SVP_E_SHAPE',
      'writeIdx: IDX holds uint8, int8, int16, int32, float32 and float64 arrays.',
    );
  }
  const product = shape.reduce((a, b) => a * b, 1);
  const sizesFit = shape.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32);
  if (shape.length < 1 || shape.length > 255 || !sizesFit || product !== data.length) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `writeIdx: the shape ${shape.join(' × ')} (1 to 255 sizes) is for ${product} values, but there are ${data.length}.`,
    );
  }
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = type.code;
  header[3] = shape.length;
  shape.forEach((n, i) => {
    header.writeUInt32BE(n, 4 + 4 * i);
  });
  await writeFileAtomically(
    path,
    (function* () {
      yield header;
      const step = type.itemSize === 1 ? READ_STEP : 16 << 20;
      for (let at = 0; at < data.byteLength; at += step) {
        const n = Math.min(step, data.byteLength - at);
        let part = new Uint8Array(data.buffer, data.byteOffset + at, n);
        if (type.itemSize > 1 && LITTLE) {
          part = new Uint8Array(part);
          swapBytes(part, type.itemSize);
        }
        yield part;
      }
    })(),
  );
}
