import { crc32, deflateSync } from 'node:zlib';
import { SvpError } from '../errors';

/** An 8-bit image: row-major height × width × channels. */
export interface RawImage {
  width: number;
  height: number;
  /** 1 greyscale, 3 RGB. */
  channels: number;
  pixels: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** PNG colour type by number of channels. */
const COLOUR_TYPES: Record<number, number> = { 1: 0, 3: 2 };

/** Length, type, data, CRC-32 of type and data (PNG specification, 5.3). */
function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/**
 * Encodes an image as PNG: 8 bits a channel, greyscale or RGB, no filter (these images are a few hundred bytes; a
 * filter would not pay).
 * @throws SvpError SVP_E_SHAPE if the pixels are not height × width × channels bytes, or the channels are not 1 or 3
 */
export function encodePng({ width, height, channels, pixels }: RawImage): Buffer {
  const colourType = COLOUR_TYPES[channels];
  if (colourType === undefined) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `A PNG of ${channels} channels cannot be made: give 1 (grey) or 3 (RGB).`,
    );
  }
  const stride = width * channels;
  if (!(width > 0 && height > 0) || pixels.length !== height * stride) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `An image of ${height} × ${width} × ${channels} needs ${height * stride} bytes (at least one), but has ${pixels.length}.`,
    );
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits a channel
  header[9] = colourType;
  // Every scan line begins with its filter type; Buffer.alloc has set it to 0, none.
  const lines = Buffer.alloc(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    lines.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** The image as a `data:` URI for an `<img>`. */
export function pngDataUri(image: RawImage): string {
  return `data:image/png;base64,${encodePng(image).toString('base64')}`;
}
