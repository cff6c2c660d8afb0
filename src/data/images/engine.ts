import { isSvpError } from '../../errors';
import { jpegSize, scaleImage, scaleJpeg } from '../../native/image';
import type { ImagePlan } from './plan';
import { type Pixels, resampleInto, type View } from './resample';

let missing = false;

/**
 * Runs `work` in the native engine; `otherwise` where there is none. Images can be read without it, several times slower
 * and to the same bytes.
 */
function inEngine<T>(work: () => T, otherwise: () => T): T {
  if (!missing) {
    try {
      return work();
    } catch (error) {
      if (!isSvpError(error) || error.code !== 'SVP_E_RUNTIME') throw error;
      missing = true;
    }
  }
  return otherwise();
}

const NO_TABLE = new Float32Array(0);
const tableOf = (plan: ImagePlan) => (plan.dtype === 'uint8' ? NO_TABLE : plan.table);

/** Width and height of a plain JPEG file, without decoding it; undefined for what must go to sharp. */
export function plainJpegSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  return inEngine(
    () => jpegSize(bytes),
    () => undefined,
  );
}

/**
 * Writes the view of a plain JPEG file as the plan's values; the native engine decodes it to libjpeg's bytes, as far as the view
 * needs them. false for what must go to sharp: other formats, CMYK, damaged files, and images that may have to be turned.
 * @param target one item
 * @param viewOf the view of an image of this size
 */
export function writePlainJpeg(
  target: Float32Array | Uint8Array,
  bytes: Uint8Array,
  viewOf: (size: { width: number; height: number }) => View,
  plan: ImagePlan,
): boolean {
  if (plan.orient || bytes[0] !== 0xff || bytes[1] !== 0xd8) return false;
  const { channels, maxPixels, layout } = plan;
  return inEngine(
    () => scaleJpeg(bytes, channels, maxPixels, viewOf, tableOf(plan), layout === 'nchw', target),
    () => false,
  );
}

let scaled = new Uint8Array(0);

/**
 * Scales and crops an image by a view of the plan's height × width, and writes it as the plan's values. Not reentrant:
 * synchronous, with scratch memory of the thread.
 * @param target one item
 */
export function writeView(
  target: Float32Array | Uint8Array,
  image: Pixels,
  view: View,
  plan: ImagePlan,
): void {
  inEngine(
    () => scaleImage(image, view, tableOf(plan), plan.layout === 'nchw', target),
    () => {
      if (scaled.length < target.length) scaled = new Uint8Array(target.length);
      resampleInto(scaled, image, view);
      writeItem(target, scaled, plan);
    },
  );
}

/** Writes the bytes of a scaled image (height × width × channels) as the plan's values. */
function writeItem(target: Float32Array | Uint8Array, bytes: Uint8Array, plan: ImagePlan): void {
  const { channels, layout, dtype, table } = plan;
  const pixels = plan.height * plan.width;
  for (let c = 0; c < channels; c++) {
    let from = c;
    let to = layout === 'nchw' ? c * pixels : c;
    const step = layout === 'nchw' ? 1 : channels;
    if (dtype === 'uint8') {
      for (let p = 0; p < pixels; p++, from += channels, to += step) target[to] = bytes[from];
    } else {
      const base = c * 256;
      for (let p = 0; p < pixels; p++, from += channels, to += step) target[to] = table[base + bytes[from]];
    }
  }
}
