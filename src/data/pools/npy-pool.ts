import { createHash } from 'node:crypto';
import { throwIfAborted } from '../../core/abort';
import { SvpError } from '../../errors';
import { type ByteStream, openFileStream, openRegularFile, sliceStream } from '../formats/byte-stream';
import { decodeNpy, type NpyData } from '../formats/npy-decode';
import { type NpyHeader, type NpyType, readNpyHeader } from '../formats/npy-header';
import { openNpzMember } from '../formats/npz';
import type { PoolBatch, PoolBatchOptions, PoolSource } from '../pool';
import { itemLength, toPoolValues } from './item-types';

const DTYPE: Record<NpyType, PoolSource['dtype']> = {
  float16: 'float32',
  float32: 'float32',
  float64: 'float32',
  int8: 'int32',
  uint8: 'uint8',
  int16: 'int32',
  uint16: 'int32',
  int32: 'int32',
  uint32: 'int64',
  int64: 'int64',
  uint64: 'int64',
  bool: 'uint8',
};

/** Bytes thrown away at a time to get to a row of a compressed member. */
const SKIP_STEP = 4 << 20;

/**
 * An array file as a pool, examples first: memory is one batch, whatever the file's size. float16 widens to float32,
 * float64 is rounded; small integers widen.
 * @param file `.npy`, or `.npz` with `member`
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_OPTION (which member), SVP_E_SHAPE (fewer than two dimensions, Fortran order)
 */
export async function openNpyPool(file: string, member?: string, zipped = false): Promise<PoolSource> {
  const open = zipped ? () => openNpzMember(file, member) : () => openFileStream(file);
  const stream = await open();
  let header: NpyHeader;
  try {
    header = await readNpyHeader(stream);
  } finally {
    await stream.close().catch(() => {});
  }
  const { shape, type, itemSize } = header;
  const name = stream.name;
  if (shape.length < 2) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${name} has the shape (${shape.join(', ')}); a pool needs examples first and then at least one more dimension.`,
      { file },
    );
  }
  if (header.fortranOrder && shape.filter((n) => n > 1).length > 1) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${name} is in Fortran order, so that its examples do not lie one after another. Save numpy.ascontiguousarray of it.`,
      { file },
    );
  }
  const [count, ...itemShape] = shape;
  const length = itemLength(itemShape);

  async function* batches({ batchSize, first = 0, signal }: PoolBatchOptions): AsyncGenerator<PoolBatch> {
    const source = await openAt(first * length * itemSize);
    try {
      for (let from = first; from < count; from += batchSize) {
        throwIfAborted(signal);
        const size = Math.min(batchSize, count - from);
        const part: NpyHeader = { ...header, shape: [size, ...itemShape], length: size * length };
        const data: NpyData = await decodeNpy(
          bounded(source, part.length * itemSize),
          part,
          type === 'float64' ? 'float32' : 'native',
        );
        yield { first: from, size, values: toPoolValues(data), broken: [] };
      }
    } finally {
      await source.close().catch(() => {});
    }
  }

  async function openAt(offset: number): Promise<ByteStream> {
    if (!zipped) {
      const { handle, size } = await openRegularFile(file);
      const start = Math.min(size, header.dataStart + offset);
      return sliceStream(handle, file, name, start, size - start);
    }
    const source = await open();
    await readNpyHeader(source);
    const waste = new Uint8Array(Math.min(SKIP_STEP, offset));
    for (let left = offset; left > 0; ) {
      const got = await source.fill(waste.subarray(0, Math.min(left, waste.length)));
      if (got === 0) break;
      left -= got;
    }
    return source;
  }

  return {
    name,
    count,
    itemShape,
    dtype: DTYPE[type],
    batches,
    close: async () => {},
    fingerprint: () => fileFingerprint(file, [member ?? '', type, ...shape]),
  };
}

/** A hash of a file's size and time of change, and of what else decides what is read of it. */
export async function fileFingerprint(file: string, also: readonly (string | number)[]): Promise<string> {
  const { handle } = await openRegularFile(file);
  try {
    const { size, mtimeNs } = await handle.stat({ bigint: true });
    return createHash('sha256')
      .update(JSON.stringify([String(size), String(mtimeNs), ...also]))
      .digest('hex');
  } finally {
    await handle.close();
  }
}

/** The next `bytes` of a stream as a stream that ends there; the stream itself stays open. */
function bounded(stream: ByteStream, bytes: number): ByteStream {
  const end = stream.position + bytes;
  return {
    name: stream.name,
    file: stream.file,
    get position() {
      return stream.position;
    },
    size: end,
    atMost: end,
    fill: (target) => stream.fill(target.subarray(0, Math.min(target.length, end - stream.position))),
    close: async () => {},
  };
}
