import { promises as fs } from 'node:fs';
import { readHeaderFile, readIndicesFile, readMatrixFile, readVectorFile } from '../data/formats/array-file';
import { readIndexFile } from '../data/formats/index-file';
import type { NotedMatrix } from '../data/formats/npy';
import type { NpyHeader } from '../data/formats/npy-header';

/** `archive.npz:name` → the archive and the member; anything else is a file of its own. */
export async function splitMember(name: string): Promise<{ file: string; member?: string }> {
  const match = /^(.+\.npz):(.+)$/i.exec(name);
  // A file may really be called that.
  const exists = () =>
    fs.access(name).then(
      () => true,
      () => false,
    );
  if (!match || (await exists())) return { file: name };
  return { file: match[1], member: match[2] };
}

/** Shape and element type of an array, from its header alone. */
export async function arrayHeader(name: string): Promise<NpyHeader> {
  const { file, member } = await splitMember(name);
  return readHeaderFile(file, member);
}

/**
 * Whether the engine can map this array itself, which spares a copy through JavaScript: a .npy file of its own, of
 * little-endian floats, row by row.
 */
export function engineReads(name: string, { type, bigEndian, fortranOrder, shape }: NpyHeader): boolean {
  return (
    /\.npy$/i.test(name) && type.startsWith('float') && !bigEndian && !fortranOrder && shape.length === 2
  );
}

/** A matrix of floats as float32, n × d; `note` says when float64 was rounded. */
export async function readMatrix(name: string): Promise<NotedMatrix> {
  const { file, member } = await splitMember(name);
  return readMatrixFile(file, member);
}

/** One number a row, as float64. */
export async function readCounts(name: string): Promise<Float64Array> {
  const { file, member } = await splitMember(name);
  return readVectorFile(file, member);
}

/** Whole numbers (row numbers, labels): an index file of one a line, or an array in .npy or .npz. */
export async function readWholeNumbers(name: string): Promise<Uint32Array> {
  const { file, member } = await splitMember(name);
  return /\.np[yz]$/i.test(file) ? readIndicesFile(file, member) : readIndexFile(file);
}
