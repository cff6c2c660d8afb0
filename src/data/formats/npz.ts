import { suggestion } from '../../core/options';
import { SvpError } from '../../errors';
import type { ByteStream } from './byte-stream';
import { withStream } from './byte-stream';
import {
  type NotedMatrix,
  type NpyArray,
  readIndicesStream,
  readMatrixStream,
  readNpyStream,
  readVectorStream,
} from './npy';
import { type NpyHeader, readNpyHeader } from './npy-header';
import { openZip, type ZipMember } from './zip';

function arrayName(member: ZipMember): string {
  return member.name.replace(/\.npy$/, '');
}

function choose(members: ZipMember[], name: string | undefined, file: string): ZipMember {
  const arrays = members.filter((m) => m.name.endsWith('.npy'));
  const names = arrays.map(arrayName);
  if (new Set(names).size < names.length) {
    throw new SvpError('SVP_E_FORMAT', `${file} holds two arrays of one name. Write it again.`, { file });
  }
  const listed = `${names.slice(0, 20).join(', ')}${names.length > 20 ? ` and ${names.length - 20} more` : ''}`;
  if (arrays.length === 0) {
    throw new SvpError('SVP_E_FORMAT', `${file} holds no array. Write it with numpy.savez.`, { file });
  }
  if (name === undefined) {
    if (arrays.length === 1) return arrays[0];
    throw new SvpError(
      'SVP_E_OPTION',
      `${file} holds ${arrays.length} arrays: ${listed}. Name the one to read.`,
      {
        file,
      },
    );
  }
  const wanted = name.replace(/\.npy$/, '');
  const found = arrays.find((m) => arrayName(m) === wanted);
  if (found === undefined) {
    throw new SvpError(
      'SVP_E_OPTION',
      `${file} holds no array "${name}".${suggestion(wanted, names.slice(0, 20))}${names.length > 1 ? ` It holds ${listed}.` : ''}`,
      { file },
    );
  }
  return found;
}

/** The bytes of one array of an archive, as a stream. @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_OPTION */
export async function openNpzMember(file: string, name: string | undefined): Promise<ByteStream> {
  const archive = await openZip(file);
  try {
    return await archive.take(choose(archive.members, name, file));
  } catch (error) {
    await archive.close().catch(() => {});
    throw error;
  }
}

/**
 * Reads one array of a `.npz` archive (numpy.savez, savez_compressed), stored or deflated, zip64 included. Only the
 * directory and the array are held; sizes are checked against each other before memory is taken, and the checksum
 * after the last byte.
 * @param name the array's name with or without `.npy`; may be left out where there is only one
 * @throws SvpError as readNpy; SVP_E_OPTION (no such array, or several and none named; the message lists them)
 */
export function readNpzMember(path: string, name?: string): Promise<NpyArray> {
  return withStream(openNpzMember(path, name), readNpyStream);
}

/** A matrix of a `.npz` archive: readNpyMatrix on its member. @throws SvpError as readNpzMember and readNpyMatrix */
export function readNpzMatrix(path: string, name?: string): Promise<NotedMatrix> {
  return withStream(openNpzMember(path, name), readMatrixStream);
}

/** A vector of a `.npz` archive: readNpyVector on its member. @throws SvpError as readNpzMember and readNpyVector */
export function readNpzVector(path: string, name?: string): Promise<Float64Array> {
  return withStream(openNpzMember(path, name), readVectorStream);
}

/** Labels or indices of a `.npz` archive: readNpyIndices on its member. @throws SvpError likewise */
export function readNpzIndices(path: string, name?: string): Promise<Uint32Array> {
  return withStream(openNpzMember(path, name), readIndicesStream);
}

/** Shape and element type of an array of a `.npz` archive, without its data. @throws SvpError as readNpzMember */
export function readNpzHeader(path: string, name?: string): Promise<NpyHeader> {
  return withStream(openNpzMember(path, name), readNpyHeader);
}

/** The names of the arrays in a `.npz` archive, in its order. @throws SvpError SVP_E_FILE, SVP_E_FORMAT */
export async function npzNames(path: string): Promise<string[]> {
  const archive = await openZip(path);
  await archive.close();
  return archive.members.filter((m) => m.name.endsWith('.npy')).map(arrayName);
}
