import { crc32c } from './crc32c';

const HEAD = 12;
const TAIL = 4;

/** A checksum as record files hold it: turned and shifted, so that the checksum of a record in a record says something. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * One record of TensorFlow's record files: its length (uint64), the masked CRC-32C of the length, the bytes, their masked
 * CRC-32C; all numbers little-endian. A file is such records one after the other.
 */
export function frameRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(HEAD + data.length + TAIL);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(data, HEAD);
  record.writeUInt32LE(masked(crc32c(data)), HEAD + data.length);
  return record;
}
