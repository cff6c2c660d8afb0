import { inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { encodePng, pngDataUri } from '../../../src/report/png';

/** CRC-32 bit by bit, as the PNG specification defines it. */
function plainCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A decoder of its own for 8-bit, unfiltered, not interlaced files: checks every chunk on the way. */
function decode(file: Buffer): { width: number; height: number; channels: number; pixels: Uint8Array } {
  expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    expect(file.readUInt32BE(at + 8 + length)).toBe(plainCrc(file.subarray(at + 4, at + 8 + length)));
    chunks.push({ type, data: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  expect(chunks.map((chunk) => chunk.type)).toEqual(['IHDR', 'IDAT', 'IEND']);
  const header = chunks[0].data;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, header[9], 0, 0, 0]);
  const channels = { 0: 1, 2: 3 }[header[9]]!;
  const lines = inflateSync(chunks[1].data);
  const stride = width * channels;
  expect(lines.length).toBe(height * (stride + 1));
  const pixels = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    expect(lines[y * (stride + 1)]).toBe(0);
    pixels.set(lines.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)), y * stride);
  }
  return { width, height, channels, pixels };
}

test('what is encoded is decoded, in grey and in colour', () => {
  const image = fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 3))
    .chain(([width, height, channels]) =>
      fc
        .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
        .map((pixels) => ({ width, height, channels, pixels })),
    );
  fc.assert(
    fc.property(image, (given) => {
      const back = decode(encodePng(given));
      expect({ ...back, pixels: [...back.pixels] }).toEqual({ ...given, pixels: [...given.pixels] });
    }),
    { numRuns: 60 },
  );
});

test('a view with an offset is read where it begins', () => {
  const buffer = Uint8Array.from([9, 9, 9, 1, 2, 3, 4]);
  const back = decode(encodePng({ width: 2, height: 2, channels: 1, pixels: buffer.subarray(3) }));
  expect([...back.pixels]).toEqual([1, 2, 3, 4]);
});

test.each([
  ['four channels', { width: 1, height: 1, channels: 4, pixels: new Uint8Array(4) }],
  ['too few pixels', { width: 2, height: 2, channels: 1, pixels: new Uint8Array(3) }],
  ['no pixels', { width: 0, height: 2, channels: 1, pixels: new Uint8Array(0) }],
])('%s: SVP_E_SHAPE', (_name, image) => {
  expect(() => encodePng(image)).toThrow(expect.objectContaining({ code: 'SVP_E_SHAPE' }));
});

test('the data URI holds the file', () => {
  const image = { width: 1, height: 1, channels: 3, pixels: Uint8Array.of(1, 2, 3) };
  const [head, body] = pngDataUri(image).split(',');
  expect(head).toBe('data:image/png;base64');
  expect(Buffer.from(body, 'base64').equals(encodePng(image))).toBe(true);
});
