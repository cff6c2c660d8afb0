import { openFileStream, openRegularFile, readAt, withStream } from './byte-stream';
import { type NotedMatrix, readNpyIndices, readNpyMatrix, readNpyVector } from './npy';
import { type NpyHeader, readNpyHeader } from './npy-header';
import { readNpzHeader, readNpzIndices, readNpzMatrix, readNpzVector } from './npz';

/** True for a zip archive, told by its first bytes: names of files are not to be trusted. */
async function isZip(path: string): Promise<boolean> {
  const { handle } = await openRegularFile(path);
  const start = new Uint8Array(2);
  await readAt(handle, start, 0).finally(() => handle.close());
  return start[0] === 0x50 && start[1] === 0x4b;
}

/** A matrix from a `.npy` or `.npz` file; `name` is the array in an archive. See readNpyMatrix, readNpzMatrix. */
export async function readMatrixFile(path: string, name?: string): Promise<NotedMatrix> {
  return (await isZip(path)) ? readNpzMatrix(path, name) : readNpyMatrix(path);
}

/** One number per example from a `.npy` or `.npz` file. See readNpyVector, readNpzVector. */
export async function readVectorFile(path: string, name?: string): Promise<Float64Array> {
  return (await isZip(path)) ? readNpzVector(path, name) : readNpyVector(path);
}

/** Labels or indices from a `.npy` or `.npz` file. See readNpyIndices, readNpzIndices. */
export async function readIndicesFile(path: string, name?: string): Promise<Uint32Array> {
  return (await isZip(path)) ? readNpzIndices(path, name) : readNpyIndices(path);
}

/** Shape and element type of an array in a `.npy` or `.npz` file, without its data. */
export async function readHeaderFile(path: string, name?: string): Promise<NpyHeader> {
  return (await isZip(path)) ? readNpzHeader(path, name) : withStream(openFileStream(path), readNpyHeader);
}
