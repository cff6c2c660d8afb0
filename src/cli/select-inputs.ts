import { promises as fs } from 'node:fs';
import { abortError, throwIfAborted } from '../core/abort';
import { type ByteStream, openFileStream, withStream } from '../data/formats/byte-stream';
import { readIndexFile } from '../data/formats/index-file';
import { type NotedMatrix, readIndicesStream, readMatrixStream, readVectorStream } from '../data/formats/npy';
import { type NpyHeader, readNpyHeader } from '../data/formats/npy-header';
import { openNpzMember } from '../data/formats/npz';

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

/** The bytes of one array: a .npy file, or a .npz archive's member by name, or its only one. */
async function openArray(name: string): Promise<ByteStream> {
  const { file, member } = await splitMember(name);
  return /\.npz$/i.test(file) ? openNpzMember(file, member) : openFileStream(file);
}

/** Shape and element type of an array, from its header alone. */
export function arrayHeader(name: string): Promise<NpyHeader> {
  return withStream(openArray(name), readNpyHeader);
}

/** A matrix of floats as float32, n × d; `note` says when float64 was rounded. */
export function readMatrix(name: string): Promise<NotedMatrix> {
  return withStream(openArray(name), readMatrixStream);
}

/** One number a row, as float64. */
export function readCounts(name: string): Promise<Float64Array> {
  return withStream(openArray(name), readVectorStream);
}

/** Whole numbers (row numbers, labels): an index file of one a line, or an array in .npy or .npz. */
export async function readWholeNumbers(name: string): Promise<Uint32Array> {
  const { file } = await splitMember(name);
  return /\.np[yz]$/i.test(file) ? withStream(openArray(name), readIndicesStream) : readIndexFile(file);
}

/**
 * The result of `work`, or the abort error as soon as `signal` fires, whatever `work` is doing: reading a large file
 * takes no signal, and its result is not needed any more.
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  throwIfAborted(signal);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(abortError(signal));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop as () => void);
  }
}
