import type { Matrix } from '../core/matrix';
import { openRegularFile, sliceStream, withStream } from '../data/formats/byte-stream';
import { decodeNpy } from '../data/formats/npy-decode';
import type { NpyHeader } from '../data/formats/npy-header';

/** Values in a sample at the most, and the pieces of the file that it is made of: 128 MiB in 64 reads. */
const SAMPLE_VALUES = 1 << 25;
const PIECES = 64;

/**
 * Some rows of a .npy matrix in C order, from places all over the file, for a trial run. Rows that are neighbours in the
 * file are often alike (sorted by class), so one piece would not do.
 * @param most rows wanted; fewer where rows are long
 */
export async function sampleRows(file: string, header: NpyHeader, most: number): Promise<Matrix> {
  const [rows, columns] = header.shape;
  const wanted = Math.min(rows, most, Math.max(1, Math.floor(SAMPLE_VALUES / Math.max(1, columns))));
  const pieces = Math.min(PIECES, wanted);
  const data = new Float32Array(wanted * columns);
  for (let piece = 0; piece < pieces; piece++) {
    const first = Math.floor((piece * wanted) / pieces);
    const count = Math.floor(((piece + 1) * wanted) / pieces) - first;
    const length = count * columns;
    // Rows first … first + count of the sample, from as far along in the file.
    const start = Math.floor((first * (rows - wanted)) / Math.max(1, wanted)) + first;
    const at = header.dataStart + start * columns * header.itemSize;
    const { handle } = await openRegularFile(file);
    const stream = sliceStream(handle, file, file, at, length * header.itemSize);
    const part = await withStream(stream, (bytes) =>
      decodeNpy(bytes, { ...header, shape: [count, columns], length }, 'float32'),
    );
    data.set(part as Float32Array, first * columns);
  }
  return { data, rows: wanted, columns };
}
