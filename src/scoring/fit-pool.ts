import type { ImageFileOptions } from '../data/image-folder';
import type { PoolSource } from '../data/pool';
import { type ImagePreprocessing, preparedImages } from '../data/pools/prepared-images';
import type { TextPoolOptions } from '../data/text-pool';
import { SvpError } from '../errors';
import type { ModelInput } from './scorer';

const BECOMES: Record<PoolSource['dtype'], readonly ModelInput['dtype'][]> = {
  float32: ['float32', 'float16', 'float64'],
  uint8: ['uint8', 'int32', 'int64', 'float32', 'float16', 'float64'],
  int32: ['int32', 'int64', 'float32', 'float16', 'float64'],
  int64: ['int64'],
};

/** A model's image axes by name; undefined for a model that takes no images. */
export function imageAxes(
  input: ModelInput,
): { height: number | string; width: number | string; channels: number | string } | undefined {
  const [a, b, c] = input.shape;
  if (input.shape.length !== 3 || input.layout === undefined) return undefined;
  return input.layout === 'nchw'
    ? { channels: a, height: b, width: c }
    : { height: a, width: b, channels: c };
}

/**
 * How image files become a model's input.
 * @throws SvpError SVP_E_OPTION where the model leaves open what size it wants or how its images are normalised, SVP_E_SHAPE
 *   where it takes no images
 */
export function imageFilesFor(input: ModelInput, modelName: string): ImageFileOptions {
  const axes = imageAxes(input);
  if (axes === undefined || !BECOMES.uint8.includes(input.dtype)) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${modelName} takes ${shapeText(input)}, which are no images: give it an array (.npy, .npz, IDX).`,
    );
  }
  const { height, width, channels } = axes;
  if (typeof height !== 'number' || typeof width !== 'number' || typeof channels !== 'number') {
    throw new SvpError(
      'SVP_E_OPTION',
      `${modelName} takes images of any size (${shapeText(input)}): say which, as "size" in the input configuration.`,
      { option: 'size' },
    );
  }
  return { ...preprocessing(input, { height, width, channels }, undefined), ...input.images };
}

/**
 * How a CSV file of texts becomes a model's input: codes of characters.
 * @throws SvpError SVP_E_SHAPE where the model takes no vectors of whole numbers
 */
export function textsFor(input: ModelInput, modelName: string): TextPoolOptions {
  const [length] = input.shape;
  if (input.shape.length !== 1 || (input.dtype !== 'int32' && input.dtype !== 'int64')) {
    throw new SvpError('SVP_E_SHAPE', `${modelName} takes ${shapeText(input)}, which are no codes of texts.`);
  }
  return { ...input.texts, dtype: input.dtype, ...(typeof length === 'number' && { length }) };
}

function preprocessing(
  input: ModelInput,
  size: { height: number; width: number; channels: number },
  normalization: PoolSource['normalization'],
): ImagePreprocessing {
  const { layout = 'nhwc', scale, mean = normalization?.mean, std = normalization?.std } = input;
  if (input.normalized && (mean === undefined || std === undefined)) {
    throw new SvpError(
      'SVP_E_OPTION',
      'The model was trained on normalised images, and neither it nor the pool says by which mean and std: give both in the input configuration ("mean", "std").',
      { option: 'inputConfig' },
    );
  }
  return {
    ...size,
    layout,
    dtype: input.dtype === 'uint8' ? 'uint8' : 'float32',
    ...(scale !== undefined && { scale }),
    ...(mean && { mean }),
    ...(std && { std }),
  };
}

/**
 * The pool as a model takes it. Images as bytes, height × width × channels (or planes, channels first), are scaled,
 * normalised and put in the model's layout; other arrays go in as they are, with axes of length 1 added or left out, and
 * vectors of the right length in the model's shape.
 * @throws SvpError SVP_E_SHAPE, with both shapes
 */
export function fitPool(pool: PoolSource, input: ModelInput, modelName: string): PoolSource {
  const { itemShape, dtype } = pool;
  const axes = imageAxes(input);
  if (axes && dtype === 'uint8' && (input.dtype.startsWith('float') || input.dtype === 'uint8')) {
    const { height, width, channels } = axes;
    const images = itemShape.length === 2 ? [...itemShape, 1] : itemShape;
    if (matches(images, [height, width, channels])) {
      const size = { height: images[0], width: images[1], channels: images[2] };
      return preparedImages(pool, checkedChannels(preprocessing(input, size, pool.normalization)));
    }
    if (matches(itemShape, [channels, height, width])) {
      const size = { channels: itemShape[0], height: itemShape[1], width: itemShape[2] };
      return preparedImages(pool, checkedChannels(preprocessing(input, size, pool.normalization)), true);
    }
  }
  if (!BECOMES[dtype].includes(input.dtype)) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${pool.name} holds ${dtype}, but ${modelName} takes ${input.dtype}. Convert the array first.`,
    );
  }
  if (matches(itemShape, input.shape)) return pool;
  const long = (shape: readonly (number | string)[]) => shape.filter((axis) => axis !== 1);
  const fixed = input.shape.every((axis) => typeof axis === 'number');
  const product = (shape: readonly (number | string)[]) => shape.reduce((a: number, b) => a * Number(b), 1);
  const sameButOnes = long(itemShape).join() === long(input.shape).join();
  if (fixed && (sameButOnes || (itemShape.length === 1 && product(itemShape) === product(input.shape)))) {
    return reshaped(pool, input.shape as number[]);
  }
  const turned =
    axes && itemShape.length === 3 && [...itemShape].sort().join() === [...input.shape].sort().join()
      ? ` The axes are in another order: give images as uint8, or transpose the array to ${input.layout === 'nchw' ? 'channels first' : 'channels last'}.`
      : '';
  throw new SvpError(
    'SVP_E_SHAPE',
    `The items of ${pool.name} are ${itemShape.join(' × ')} ${dtype}, but ${modelName} takes ${shapeText(input)}.${turned}`,
  );
}

function shapeText({ shape, dtype, layout }: ModelInput): string {
  return `${shape.join(' × ')} ${dtype}${layout === undefined ? '' : layout === 'nchw' ? ' (channels first)' : ' (channels last)'}`;
}

function matches(shape: readonly number[], wanted: readonly (number | string)[]): boolean {
  return (
    shape.length === wanted.length &&
    shape.every((axis, i) => typeof wanted[i] === 'string' || wanted[i] === axis)
  );
}

/** @throws SvpError SVP_E_SHAPE: normalisation for another number of channels */
function checkedChannels(wanted: ImagePreprocessing): ImagePreprocessing {
  for (const name of ['mean', 'std'] as const) {
    const values = wanted[name];
    if (values && values.length !== wanted.channels) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `The images have ${wanted.channels} channels, but the ${name} to normalise them with has ${values.length} values.`,
      );
    }
  }
  return wanted;
}

function reshaped(pool: PoolSource, itemShape: readonly number[]): PoolSource {
  return {
    name: pool.name,
    count: pool.count,
    itemShape,
    dtype: pool.dtype,
    ...(pool.itemNames && { itemNames: pool.itemNames }),
    fingerprint: () => pool.fingerprint(),
    batches: (options) => pool.batches(options),
    close: () => pool.close(),
  };
}
