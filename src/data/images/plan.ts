import { z } from 'zod';
import { parseOptions } from '../../core/options';
import { SvpError } from '../../errors';
import { type ImagePreprocessing, preparedShape, valueTable } from '../pools/prepared-images';

import type { View } from './resample';
import { drawResizedCrop, type ResizedCrop } from './resized-crop';

/** How image files become a model's input. */
export interface ImageFileOptions extends ImagePreprocessing {
  /**
   * The shorter side is scaled to this many pixels, then the middle of height × width is cut out (torchvision's
   * Resize and CenterCrop); 'stretch' scales to height × width whatever the proportions. Default: the shorter of
   * height and width · 256 / 224, rounded.
   */
  resize?: number | 'stretch';
  /** Turn images as their EXIF orientation says. Default false, as torchvision leaves them. */
  orient?: boolean;
  /**
   * true: large JPEGs that go to sharp (CMYK, or with `orient`) are decoded at a half, a quarter or an eighth of their size
   * where that is still at least twice what is needed, which is faster and no longer equal to torchvision's pixels. The
   * engine's own decoder is faster than that, and exact, so its files stay as they are. Default false.
   */
  shrinkOnLoad?: boolean;
  /** Images of more pixels than this are reported as broken: 3 bytes of memory a pixel and thread. Default 2²⁶ (67 million). */
  maxPixels?: number;
  /** Random crops instead of the middle, for training. Default: none. */
  randomCrop?: ResizedCrop;
}

const side = z.int().min(1).max(65_535);
const perChannel = z.array(z.number()).min(1).max(4).optional();
const schema = z.object({
  layout: z.enum(['nchw', 'nhwc']),
  height: side,
  width: side,
  channels: z.union([z.literal(1), z.literal(3)], { error: 'must be 1 (grey) or 3 (red, green, blue)' }),
  scale: z.number().positive().optional(),
  mean: perChannel,
  std: z.array(z.number().positive()).min(1).optional(),
  dtype: z.enum(['float32', 'uint8']).optional(),
  resize: z.union([side, z.literal('stretch')]).optional(),
  orient: z.boolean().optional(),
  shrinkOnLoad: z.boolean().optional(),
  maxPixels: z
    .int()
    .min(1)
    .max(2 ** 30)
    .optional(),
  randomCrop: z
    .strictObject({
      scale: z.tuple([z.number().gt(0).max(1), z.number().gt(0).max(1)]).optional(),
      ratio: z.tuple([z.number().positive(), z.number().positive()]).optional(),
      flip: z.boolean().optional(),
    })
    .optional(),
});

/** Everything that decides what an image file becomes; plain data, for threads. */
export interface ImagePlan {
  height: number;
  width: number;
  channels: 1 | 3;
  layout: 'nchw' | 'nhwc';
  dtype: 'float32' | 'uint8';
  /** Shape of an item in the layout. */
  shape: number[];
  resize: number | 'stretch';
  orient: boolean;
  shrinkOnLoad: boolean;
  maxPixels: number;
  /** What each byte becomes, channels × 256. */
  table: Float32Array;
  randomCrop?: Required<ResizedCrop>;
}

/** @throws SvpError SVP_E_OPTION */
export function imagePlan(options: ImageFileOptions, where: string): ImagePlan {
  const o = parseOptions(schema, options, where);
  for (const name of ['mean', 'std'] as const) {
    if (o[name] && o[name].length !== o.channels) {
      throw new SvpError(
        'SVP_E_OPTION',
        `${where}: ${name} has ${o[name].length} values for ${o.channels} channels.`,
        { option: name },
      );
    }
  }
  const shorter = Math.min(o.height, o.width);
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], flip = true } = o.randomCrop ?? {};
  return {
    height: o.height,
    width: o.width,
    channels: o.channels,
    layout: o.layout,
    dtype: o.dtype ?? 'float32',
    shape: preparedShape(o),
    resize: o.resize ?? Math.round((shorter * 256) / 224),
    orient: o.orient ?? false,
    shrinkOnLoad: o.shrinkOnLoad ?? false,
    maxPixels: o.maxPixels ?? 2 ** 26,
    table: valueTable(o),
    ...(o.randomCrop && { randomCrop: { scale, ratio, flip } }),
  };
}

/** Half to even, as Python rounds: torchvision places its centre crop by it. */
function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}

/** Width and height of an image once its shorter side is `side` pixels; the longer is rounded down, as torchvision's Resize does. */
export function scaledTo(
  side: number,
  image: { width: number; height: number },
): { width: number; height: number } {
  const long = Math.trunc((side * Math.max(image.width, image.height)) / Math.min(image.width, image.height));
  return image.width <= image.height ? { width: side, height: long } : { width: long, height: side };
}

/** The evaluation view of an image of width × height: torchvision's Resize (shorter side) and CenterCrop. */
export function centerView(
  plan: Pick<ImagePlan, 'height' | 'width' | 'resize'>,
  image: { width: number; height: number },
): View {
  const source = { left: 0, top: 0, width: image.width, height: image.height };
  if (plan.resize === 'stretch') {
    const scaled = { width: plan.width, height: plan.height };
    return { source, scaled, window: { left: 0, top: 0, ...scaled }, flip: false };
  }
  const scaled = scaledTo(plan.resize, image);
  return {
    source,
    scaled,
    window: {
      left: offset(scaled.width, plan.width),
      top: offset(scaled.height, plan.height),
      width: plan.width,
      height: plan.height,
    },
    flip: false,
  };
}

/** Where a window of `wanted` begins in `size`; below zero where it is larger (torchvision pads by half, rounded down, before). */
function offset(size: number, wanted: number): number {
  return wanted > size ? -Math.floor((wanted - size) / 2) : roundHalfEven((size - wanted) / 2);
}

/**
 * The view of one image. With random crops it is a function of the epoch's key and the row alone.
 * @param key from epochKey
 */
export function viewOf(
  plan: ImagePlan,
  image: { width: number; height: number },
  key: number,
  row: number,
): View {
  if (plan.randomCrop === undefined) return centerView(plan, image);
  const { box, flip } = drawResizedCrop(key, row, plan.randomCrop, image);
  const scaled = { width: plan.width, height: plan.height };
  return { source: box, scaled, window: { left: 0, top: 0, ...scaled }, flip };
}
