import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { endianness } from 'node:os';
import * as path from 'node:path';
import { writeError, writeFileAtomically } from '../../core/atomic-file';
import type { Initializer } from './graph';
import { EXTERNAL, encodeModel, type ModelProto } from './schema';
import { tensorHeader } from './translate';

/** A protocol buffer cannot be larger than 2 GiB; a little is left for what is not weights. */
const LARGEST_INLINE = 2 ** 31 - 2 ** 24;

/** Where arrays begin in the file of values: a page, so that a runtime can map them. */
const ALIGNMENT = 4096;

export interface WrittenModel {
  file: string;
  /** Of both files together. */
  bytes: number;
  /** The file that holds the values, where they are not in the model itself. */
  external?: string;
}

/**
 * Writes a model whole or not at all: its values in the file itself, or in `<file>.data` beside it, which it names by its
 * name alone, so that the two can be moved together and nothing outside their folder is ever meant.
 * @param external 'auto': where the values do not fit into one protocol buffer (2 GiB)
 * @throws SvpError SVP_E_WRITE
 */
export async function writeModel(
  file: string,
  model: ModelProto,
  initializers: readonly Initializer[],
  external: 'auto' | boolean,
): Promise<WrittenModel> {
  const total = initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (!(external === 'auto' ? total > LARGEST_INLINE : external)) {
    const initializer = initializers.map((array) => ({
      ...tensorHeader(array),
      rawData: littleEndian(array.data),
    }));
    const bytes = encodeModel({ ...model, graph: { ...model.graph, initializer } });
    await writeFileAtomically(file, bytes);
    return { file, bytes: bytes.byteLength };
  }

  const dataFile = `${file}.data`;
  let end = 0;
  const initializer = initializers.map((array) => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    const length = array.data.byteLength;
    end = offset + length;
    const externalData = Object.entries({ location: path.basename(dataFile), offset, length }).map(
      ([key, value]) => ({ key, value: String(value) }),
    );
    return { ...tensorHeader(array), externalData, dataLocation: EXTERNAL };
  });
  const bytes = encodeModel({ ...model, graph: { ...model.graph, initializer } });
  await writeTogether([
    [dataFile, values(initializers)],
    [file, [bytes]],
  ]);
  return { file, bytes: bytes.byteLength + end, external: dataFile };
}

/** All arrays in order, each at a multiple of the alignment. */
function* values(initializers: readonly Initializer[]): Generator<Uint8Array> {
  let at = 0;
  for (const { data } of initializers) {
    const gap = Math.ceil(at / ALIGNMENT) * ALIGNMENT - at;
    if (gap > 0) yield new Uint8Array(gap);
    yield littleEndian(data);
    at += gap + data.byteLength;
  }
}

/** Writes all files beside their names first and renames them at the end, one right after the other. */
async function writeTogether(files: readonly [file: string, content: Iterable<Uint8Array>][]): Promise<void> {
  const mark = randomBytes(6).toString('hex');
  const ready: [temporary: string, file: string][] = [];
  try {
    for (const [file, content] of files) {
      const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${mark}.ready.tmp`);
      ready.push([temporary, file]);
      await writeFileAtomically(temporary, content);
    }
    for (const [temporary, file] of ready) {
      await fs.rename(temporary, file).catch((error) => {
        throw writeError(file, error);
      });
    }
  } finally {
    for (const [temporary] of ready) await fs.rm(temporary, { force: true }).catch(() => {});
  }
}

/** Bytes of the values; a copy only on a big-endian machine. */
function littleEndian(values: Initializer['data']): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (endianness() === 'LE') return bytes;
  const copy = Buffer.from(bytes);
  return values.BYTES_PER_ELEMENT === 8 ? copy.swap64() : copy.swap32();
}
