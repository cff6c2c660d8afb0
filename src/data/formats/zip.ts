import type { promises as fs } from 'node:fs';
import * as zlib from 'node:zlib';
import { SvpError } from '../../errors';
import { allocate, type ByteStream, openRegularFile, readAt, sliceStream } from './byte-stream';
import { inflatedAtMost, inflateRawStream } from './inflate-stream';

/** One file in a zip archive, from the central directory. Names are only compared, never used as paths. */
export interface ZipMember {
  name: string;
  method: number;
  encrypted: boolean;
  crc: number;
  compressed: number;
  size: number;
  headerOffset: number;
}

const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const MEMBER_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
/** An archive comment is at most 65,535 bytes, so that the end record lies within this many of the end. */
const END_REACH = 22 + 65535;
/** Directories beyond this (half a million members) are refused rather than held in memory. */
const MAX_DIRECTORY = 64 << 20;

function damaged(file: string, why: string): SvpError {
  return new SvpError('SVP_E_FORMAT', `${file}: ${why}. The archive is damaged or no zip: write it again.`, {
    file,
  });
}

/** A 64-bit size or offset; one beyond 2⁵³ points past any file and is caught by the range checks. */
function uint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}

async function piece(handle: fs.FileHandle, file: string, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.from(allocate(Uint8Array, length, file, file).buffer);
  if ((await readAt(handle, bytes, at)) < length) throw damaged(file, `it ends before byte ${at + length}`);
  return bytes;
}

/** Where the central directory lies. */
async function findDirectory(
  handle: fs.FileHandle,
  file: string,
  fileSize: number,
): Promise<{ start: number; length: number; entries: number }> {
  const reach = Math.min(END_REACH, fileSize);
  const tail = await piece(handle, file, fileSize - reach, reach);
  let end = -1;
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END_SIGNATURE && at + 22 + tail.readUInt16LE(at + 20) === tail.length) {
      end = at;
      break;
    }
  }
  if (end < 0) throw damaged(file, 'it has no zip end record');
  let entries = tail.readUInt16LE(end + 10);
  let length = tail.readUInt32LE(end + 12);
  let start = tail.readUInt32LE(end + 16);
  if (entries === 0xffff || length === 0xffffffff || start === 0xffffffff) {
    const locator = fileSize - reach + end - 20;
    if (locator < 0) throw damaged(file, 'its zip64 locator is missing');
    const place = await piece(handle, file, locator, 20);
    if (place.readUInt32LE(0) !== LOCATOR64_SIGNATURE) throw damaged(file, 'its zip64 locator is missing');
    const at = uint64(place, 8);
    if (at + 56 > fileSize) throw damaged(file, 'its zip64 end record lies outside the file');
    const end64 = await piece(handle, file, at, 56);
    if (end64.readUInt32LE(0) !== END64_SIGNATURE) throw damaged(file, 'its zip64 end record is missing');
    entries = uint64(end64, 32);
    length = uint64(end64, 40);
    start = uint64(end64, 48);
  }
  if (start + length > fileSize || entries * 46 > length) {
    throw damaged(
      file,
      `its directory (${entries} members, ${length} bytes at ${start}) does not fit into the file`,
    );
  }
  if (length > MAX_DIRECTORY) throw damaged(file, `its directory of ${length} bytes is beyond what is read`);
  return { start, length, entries };
}

/** Replaces the sizes that stand as 0xffffffff by those of the zip64 extra field, which holds only those. */
function applyZip64(member: ZipMember, extra: Buffer, file: string): void {
  for (let at = 0; at + 4 <= extra.length; ) {
    const id = extra.readUInt16LE(at);
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) break;
    if (id === 1) {
      let field = at + 4;
      for (const key of ['size', 'compressed', 'headerOffset'] as const) {
        if (member[key] !== 0xffffffff) continue;
        if (field + 8 > end) throw damaged(file, `the zip64 sizes of ${member.name} are cut short`);
        member[key] = uint64(extra, field);
        field += 8;
      }
    }
    at = end;
  }
}

/**
 * An archive open for reading. Memory: its directory; members are streamed.
 * `take` hands the file over to the member's stream: one member per open archive.
 */
export interface ZipArchive {
  members: ZipMember[];
  take(member: ZipMember): Promise<ByteStream>;
  close(): Promise<void>;
}

/** @throws SvpError SVP_E_FILE, SVP_E_FORMAT */
export async function openZip(file: string): Promise<ZipArchive> {
  const { handle, size } = await openRegularFile(file);
  try {
    const { start, length, entries } = await findDirectory(handle, file, size);
    const directory = await piece(handle, file, start, length);
    const members: ZipMember[] = [];
    for (let at = 0, i = 0; i < entries; i++) {
      if (at + 46 > length || directory.readUInt32LE(at) !== MEMBER_SIGNATURE) {
        throw damaged(file, `entry ${i + 1} of its directory is missing`);
      }
      const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
      const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
      const next = extraEnd + directory.readUInt16LE(at + 32);
      if (next > length) throw damaged(file, `entry ${i + 1} of its directory is cut short`);
      const flags = directory.readUInt16LE(at + 8);
      const member: ZipMember = {
        name: directory.toString(flags & 0x800 ? 'utf8' : 'latin1', at + 46, nameEnd),
        method: directory.readUInt16LE(at + 10),
        encrypted: (flags & 1) !== 0,
        crc: directory.readUInt32LE(at + 16),
        compressed: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        headerOffset: directory.readUInt32LE(at + 42),
      };
      applyZip64(member, directory.subarray(nameEnd, extraEnd), file);
      members.push(member);
      at = next;
    }
    return {
      members,
      take: (member) => openMember(handle, file, size, member),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
}

async function openMember(
  handle: fs.FileHandle,
  file: string,
  fileSize: number,
  member: ZipMember,
): Promise<ByteStream> {
  const { name, method, compressed, size, headerOffset } = member;
  if (member.encrypted) {
    throw new SvpError('SVP_E_FORMAT', `${file}: ${name} is encrypted. Save it without a password.`, {
      file,
    });
  }
  if (method !== 0 && method !== 8) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file}: ${name} is compressed by method ${method}; stored and deflated members are read. Save it with numpy.savez.`,
      { file },
    );
  }
  if (headerOffset + 30 > fileSize) throw damaged(file, `${name} lies outside the file`);
  const local = await piece(handle, file, headerOffset, 30);
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw damaged(file, `the header of ${name} is missing`);
  const start = headerOffset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + compressed > fileSize) throw damaged(file, `${name} goes beyond the end of the file`);
  if (method === 0 ? size !== compressed : size > inflatedAtMost(compressed)) {
    throw damaged(file, `${name} says that ${compressed} bytes become ${size}, which cannot be`);
  }
  const label = `${file} (${name})`;
  const inner =
    method === 0
      ? sliceStream(handle, file, label, start, size)
      : inflateRawStream(handle, file, label, start, compressed, size);
  return new CheckedStream(inner, size, member.crc);
}

/** Holds a member to the size and the checksum of the directory once its last byte is read. */
class CheckedStream implements ByteStream {
  readonly name: string;
  readonly file: string;
  readonly atMost: number;
  private crc = 0;

  constructor(
    private readonly inner: ByteStream,
    readonly size: number,
    private readonly expected: number,
  ) {
    this.name = inner.name;
    this.file = inner.file;
    this.atMost = inner.atMost;
  }

  get position(): number {
    return this.inner.position;
  }

  async fill(target: Uint8Array): Promise<number> {
    const got = await this.inner.fill(target);
    // zlib.crc32 takes less than 2 GiB; so do all callers (READ_STEP).
    this.crc = zlib.crc32(target.subarray(0, got), this.crc);
    if (this.position === this.size && got > 0 && this.crc !== this.expected) {
      throw new SvpError(
        'SVP_E_FORMAT',
        `${this.name}: its checksum is ${this.crc.toString(16)}, but the archive says ${this.expected.toString(16)}. The archive is damaged: copy or write it again.`,
        { file: this.file },
      );
    }
    return got;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
