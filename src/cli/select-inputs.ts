import { promises as fs } from 'node:fs';
import type { Matrix } from '../core/matrix';
import type { NpyArray } from '../data/formats/npy';
import { SvpError } from '../errors';

/** `archive.npz:name` → the archive and the member; anything else is a file of its own. */
export async function splitMember(name: string): Promise<{ file: string; member?: string }> {
  const match = /^(.+\.npz):(.+)$/i.exec(name);
  // A file may really be called that.
  if (!match || (await exists(name))) return { file: name };
  return { file: match[1], member: match[2] };
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

/** Reads one array from a .npy file, or from a .npz archive by name, or its only member. */
export async function readArray(name: string): Promise<NpyArray> {
  const { file, member } = await splitMember(name);
  if (member !== undefined || /\.npz$/i.test(file)) {
    const { readNpzMember } = require('../data/formats/npz') as typeof import('../data/formats/npz');
    return readNpzMember(file, member);
  }
  const { readNpy } = require('../data/formats/npy') as typeof import('../data/formats/npy');
  return readNpy(file);
}
