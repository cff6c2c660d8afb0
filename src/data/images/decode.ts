import type sharpModule from 'sharp';
import type { ImagePlan } from './plan';
import type { Pixels } from './resample';

type Sharp = typeof sharpModule;

let loaded: Sharp | undefined;

/** sharp, at first use: importing this package must not load it. Each call works on one thread; the callers are several. */
export function loadSharp(): Sharp {
  if (loaded === undefined) {
    loaded = require('sharp') as Sharp;
    loaded.concurrency(1);
    // Every image is decoded once: a cache would only hold memory.
    loaded.cache(false);
  }
  return loaded;
}

const text = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');

/**
 * The format that a file's first bytes show. Nothing else is given to the decoders: formats that can name other files
 * (SVG) stay out, whatever a file is called.
 */
export function sniffImage(bytes: Uint8Array): 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (text(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (/^GIF8[79]a/.test(text(bytes, 0, 6))) return 'gif';
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP') return 'webp';
  if (/^(?:II[*+]\0|MM\0[*+])/.test(text(bytes, 0, 4))) return 'tiff';
  if (/^ftypavi[fs]/.test(text(bytes, 4, 12))) return 'avif';
  return undefined;
}

/** An image that cannot be decoded; the message says why, for a person. */
export class BrokenImage extends Error {}

/** How far a JPEG may be reduced while it is decoded: 8, 4, 2 or 1. */
function reduction(plan: ImagePlan, width: number, height: number): number {
  const wide = plan.resize === 'stretch' ? plan.width : plan.resize;
  const high = plan.resize === 'stretch' ? plan.height : plan.resize;
  const [w, h] =
    plan.resize === 'stretch' ? [width, height] : [Math.min(width, height), Math.min(width, height)];
  return [8, 4, 2].find((f) => w >= 2 * f * wide && h >= 2 * f * high) ?? 1;
}

/**
 * Decodes an image into bytes of the plan's channels. Transparency is dropped and colour profiles are not applied, as
 * Pillow's convert('RGB') does; grey from colour by its weights (299, 587, 114). Of an animation, the first frame.
 * @throws BrokenImage
 */
export async function decodeImage(bytes: Uint8Array, plan: ImagePlan): Promise<Pixels> {
  if (bytes.length === 0) throw new BrokenImage('the file is empty');
  const format = sniffImage(bytes);
  if (format === undefined) throw new BrokenImage('it is no JPEG, PNG, GIF, WebP, TIFF or AVIF image');
  const sharp = loadSharp();
  const options = {
    failOn: 'error',
    limitInputPixels: plan.maxPixels,
    sequentialRead: true,
    ignoreIcc: true,
  } as const;
  try {
    let image = sharp(bytes, options);
    if (plan.orient) image = image.autoOrient();
    if (plan.shrinkOnLoad && format === 'jpeg' && plan.randomCrop === undefined) {
      const { width, height } = await sharp(bytes, options).metadata();
      const factor = reduction(plan, width, height);
      if (factor > 1) {
        image = image.resize({
          width: Math.ceil(width / factor),
          height: Math.ceil(height / factor),
          fit: 'fill',
          kernel: 'nearest',
        });
      }
    }
    const { data, info } = await image
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return {
      data: withChannels(data, width * height, channels, plan.channels),
      width,
      height,
      channels: plan.channels,
    };
  } catch (cause) {
    throw new BrokenImage(reasonOf(cause, plan));
  }
}

function reasonOf(cause: unknown, plan: ImagePlan): string {
  const message = ((cause as Error)?.message ?? String(cause)).split('\n')[0].trim();
  return /exceeds pixel limit/.test(message)
    ? `it has more than ${plan.maxPixels} pixels (maxPixels)`
    : `it cannot be decoded (${message})`;
}

/** Colour from grey by repeating, grey from colour by ITU-R 601-2 in Pillow's fixed point. */
function withChannels(data: Uint8Array, pixels: number, has: number, wanted: 1 | 3): Uint8Array {
  if (has === wanted) return data;
  const out = new Uint8Array(pixels * wanted);
  if (wanted === 3) {
    // Grey, or grey with a transparency that was not removed.
    for (let p = 0; p < pixels; p++) out.fill(data[p * has], p * 3, p * 3 + 3);
    return out;
  }
  if (has < 3) {
    for (let p = 0; p < pixels; p++) out[p] = data[p * has];
    return out;
  }
  for (let p = 0, at = 0; p < pixels; p++, at += has) {
    out[p] = (data[at] * 19_595 + data[at + 1] * 38_470 + data[at + 2] * 7_471 + 0x8000) >> 16;
  }
  return out;
}
