import { toSvpError } from './job';
import { instructionSet, loadAddon } from './load';

/** A rectangle, a size and a mirroring; the form of src/data/images/resample.ts. */
export interface ImageCrop {
  source: { left: number; top: number; width: number; height: number };
  scaled: { width: number; height: number };
  window: { left: number; top: number; width: number; height: number };
  flip: boolean;
}

export interface ImagePixels {
  /** height × width × channels bytes. */
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

function cropArgument({ source, scaled, window, flip }: ImageCrop): Float64Array {
  return Float64Array.of(
    source.left,
    source.top,
    source.width,
    source.height,
    scaled.width,
    scaled.height,
    window.left,
    window.top,
    window.width,
    window.height,
    Number(flip),
  );
}

/**
 * Width and height of a plain JPEG file, from its headers; undefined for what the decoder of scaleJpeg does not take.
 * @throws SvpError SVP_E_RUNTIME where the native engine is not there
 */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const addon = loadAddon();
  try {
    return addon.jpegSize(bytes) ?? undefined;
  } catch (error) {
    throw toSvpError(error);
  }
}

/**
 * scaleImage of a JPEG file, decoded to the bytes that libjpeg gives by default; what the crop does not need is read over.
 * Synchronous, about a millisecond for a photograph of 500 × 375: meant for threads of their own.
 * @param channels 3, or 1 for grey (of colours, ITU-R 601-2 luma)
 * @param maxPixels larger images are left to the caller
 * @param cropOf what part of an image of this size is wanted
 * @returns false for what is no plain JPEG file, or is damaged or cut short: another decoder will say what is wrong
 * @throws SvpError SVP_E_SHAPE, SVP_E_RUNTIME where the native engine is not there
 */
export function scaleJpeg(
  bytes: Uint8Array,
  channels: 1 | 3,
  maxPixels: number,
  cropOf: (size: { width: number; height: number }) => ImageCrop,
  table: Float32Array,
  planes: boolean,
  output: Float32Array | Uint8Array,
): boolean {
  const addon = loadAddon();
  try {
    const size = addon.jpegSize(bytes);
    if (size === null || size.width * size.height > maxPixels) return false;
    const crop = cropArgument(cropOf(size));
    return addon.jpegScale(bytes, channels, crop, table, planes, output, instructionSet());
  } catch (error) {
    throw toSvpError(error);
  }
}

/**
 * Scales part of an image bilinearly with antialiasing, keeps a window of it, and looks its bytes up: the bytes of
 * resampleInto in src/data/images/resample.ts. Synchronous.
 * @param table what each byte becomes, channels × 256; empty: bytes stay as they are
 * @param planes channels first
 * @param output window height × width × channels values: a Float32Array, without a table a Uint8Array
 * @throws SvpError SVP_E_SHAPE, SVP_E_RUNTIME
 */
export function scaleImage(
  { data, width, height, channels }: ImagePixels,
  crop: ImageCrop,
  table: Float32Array,
  planes: boolean,
  output: Float32Array | Uint8Array,
): void {
  const addon = loadAddon();
  try {
    const view = cropArgument(crop);
    addon.imageScale(data, width, height, channels, view, table, planes, output, instructionSet());
  } catch (error) {
    throw toSvpError(error);
  }
}
