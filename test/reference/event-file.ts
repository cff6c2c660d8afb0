/**
 * TensorBoard's event files read by hand: records, their checksums bit by bit, and the wire format of protocol buffers, from
 * their published descriptions. Shares no code with the package.
 */

export interface DecodedEvent {
  wallTime: number;
  step: number;
  fileVersion?: string;
  sessionStatus?: number;
  scalars: Record<string, number>;
}

/** CRC-32C by its definition: a division of polynomials, a bit a step. */
export function crc32cByBits(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const out = (crc ^ (byte >> bit)) & 1;
      crc >>>= 1;
      if (out) crc ^= 0x82f63b78;
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function unmask(masked: number): number {
  const turned = (masked + 2 ** 32 - 0xa282ead8) % 2 ** 32;
  return (Math.floor(turned / 2 ** 17) + (turned % 2 ** 17) * 2 ** 15) % 2 ** 32;
}

/** The records of a file; one that its end cuts short is left out. Throws where a checksum is wrong. */
export function recordsOf(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at + 12 <= file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    if (unmask(file.readUInt32LE(at + 8)) !== crc32cByBits(file.subarray(at, at + 8)))
      throw new Error('length');
    const end = at + 12 + length;
    if (end + 4 > file.length) break;
    const data = file.subarray(at + 12, end);
    if (unmask(file.readUInt32LE(end)) !== crc32cByBits(data)) throw new Error('data');
    records.push(data);
    at = end + 4;
  }
  return records;
}

type Field = [number: number, value: number | Buffer];

/** Varints below 2^53, fixed numbers and byte strings, in their order. */
function fieldsOf(bytes: Buffer): Field[] {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  const skip = (length: number) => {
    at += length;
    return at - length;
  };
  const fields: Field[] = [];
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    if (key % 8 === 0) fields.push([number, varint()]);
    else if (key % 8 === 1) fields.push([number, bytes.readDoubleLE(skip(8))]);
    else if (key % 8 === 5) fields.push([number, bytes.readFloatLE(skip(4))]);
    else if (key % 8 === 2) {
      const length = varint();
      const start = skip(length);
      fields.push([number, bytes.subarray(start, at)]);
    } else throw new Error(`wire type ${key % 8}`);
  }
  return fields;
}

export function decodeEvents(file: Buffer): DecodedEvent[] {
  return recordsOf(file).map((record) => {
    const event: DecodedEvent = { wallTime: 0, step: 0, scalars: {} };
    for (const [number, value] of fieldsOf(record)) {
      if (number === 1) event.wallTime = value as number;
      else if (number === 2) event.step = value as number;
      else if (number === 3) event.fileVersion = (value as Buffer).toString();
      else if (number === 7)
        event.sessionStatus = fieldsOf(value as Buffer).find(([n]) => n === 1)![1] as number;
      else if (number === 5) {
        for (const [, one] of fieldsOf(value as Buffer)) {
          const parts = new Map(fieldsOf(one as Buffer));
          event.scalars[(parts.get(1) as Buffer).toString()] = parts.get(2) as number;
        }
      } else throw new Error(`field ${number}`);
    }
    return event;
  });
}

/** What TensorBoard shows of several files, read in the order of their names: a session start voids its step and later ones. */
export function shownScalars(files: Buffer[]): Record<string, [step: number, value: number][]> {
  const shown: Record<string, [number, number][]> = {};
  for (const { step, sessionStatus, scalars } of files.flatMap(decodeEvents)) {
    if (sessionStatus === 1) {
      for (const tag of Object.keys(shown)) shown[tag] = shown[tag].filter(([earlier]) => earlier < step);
    }
    for (const [tag, value] of Object.entries(scalars)) {
      shown[tag] ??= [];
      shown[tag].push([step, value]);
    }
  }
  return shown;
}
