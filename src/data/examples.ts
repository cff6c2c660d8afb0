import { createHash, type Hash } from 'node:crypto';
import { SvpError } from '../errors';
import { checkDataset, type ImageDataset } from './dataset';
import { checkImageFiles, type ImageFileDataset } from './image-files';
import { checkTextDataset, type TextDataset } from './text/text-dataset';

/** What a model trains on: images in memory, texts in memory, or images in files. */
export type Dataset = ImageDataset | TextDataset | ImageFileDataset;

/** A data set as its users need it: `test` is never trained on. Both halves are of one kind. */
export interface Splits<Kind extends Dataset = Dataset> {
  train: Kind;
  test: Kind;
}

export function isTextDataset(dataset: Dataset): dataset is TextDataset {
  return 'codes' in dataset;
}

export function isImageFiles(dataset: Dataset): dataset is ImageFileDataset {
  return 'files' in dataset;
}

/** What one example is; the same form as a model's input. */
export type ExampleInput =
  | { kind: 'image'; shape: [height: number, width: number, channels: number] }
  | { kind: 'text'; length: number; symbols: number };

export function inputOf(dataset: Dataset): ExampleInput {
  if (isTextDataset(dataset)) return { kind: 'text', length: dataset.length, symbols: dataset.symbols };
  return { kind: 'image', shape: [dataset.height, dataset.width, dataset.channels] };
}

/** 'images of 32 × 32 × 3', 'texts of 1014 characters'. */
export function inputText(dataset: Dataset): string {
  const input = inputOf(dataset);
  return input.kind === 'text'
    ? `texts of ${input.length} characters`
    : `images of ${input.shape.join(' × ')}`;
}

/** Checks a data set of any kind. @throws SvpError SVP_E_SHAPE */
export function checkExamples(value: unknown, name = 'dataset'): asserts value is Dataset {
  if (value === null || typeof value !== 'object') {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${name} must be an ImageDataset, a TextDataset or an ImageFileDataset.`,
    );
  }
  if ('codes' in value) checkTextDataset(value, name);
  else if ('files' in value) checkImageFiles(value, name);
  else checkDataset(value, name);
}

/**
 * Adds everything that decides what a data set's batches hold to a hash: values and labels; of images in files the names,
 * not the files' contents.
 */
export function hashExamples(hash: Hash, dataset: Dataset, { labels = true } = {}): Hash {
  const parts: NodeJS.ArrayBufferView[] = [];
  if (isTextDataset(dataset)) {
    hash.update(JSON.stringify([dataset.length, dataset.symbols, dataset.classes]));
    parts.push(dataset.codes, dataset.offsets);
  } else {
    const { height, width, channels, classes, mean, std } = dataset;
    hash.update(JSON.stringify([height, width, channels, classes, mean, std]));
    if (isImageFiles(dataset)) {
      hash.update(JSON.stringify([dataset.resize, dataset.folder]));
      for (const file of dataset.files) hash.update(`${file}\n`);
      // Pixels of smaller copies are not quite those of the files.
      if (dataset.resized) hash.update(`resized to ${dataset.resized.side}`);
    } else {
      parts.push(dataset.images);
    }
  }
  if (labels) parts.push(dataset.labels);
  for (const { buffer, byteOffset, byteLength } of parts) {
    hash.update(`${byteLength};`);
    hash.update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  return hash;
}

/** A hash of a data set, in hex. About a second per gigabyte. */
export function examplesHash(dataset: Dataset, o: { labels?: boolean } = {}): string {
  return hashExamples(createHash('sha256'), dataset, o).digest('hex');
}

/** A copy of some rows, in the given order, with other labels where they are given. O(rows × size of an example). */
export function takeExamples<Kind extends Dataset>(dataset: Kind, rows: Uint32Array): Kind {
  const d: Dataset = dataset;
  const count = rows.length;
  if (isTextDataset(d)) {
    const offsets = new Float64Array(count + 1);
    rows.forEach((row, i) => {
      offsets[i + 1] = offsets[i] + d.offsets[row + 1] - d.offsets[row];
    });
    const codes = new Uint8Array(offsets[count]);
    rows.forEach((row, i) => {
      codes.set(d.codes.subarray(d.offsets[row], d.offsets[row + 1]), offsets[i]);
    });
    return { ...dataset, codes, offsets, labels: Uint16Array.from(rows, (row) => d.labels[row]), count };
  }
  if (isImageFiles(d)) {
    const files = Array.from(rows, (row) => d.files[row]);
    const { resized } = d;
    return {
      ...dataset,
      files,
      labels: Uint16Array.from(rows, (row) => d.labels[row]),
      count,
      ...(resized && { resized: { ...resized, files: Array.from(rows, (row) => resized.files[row]) } }),
    };
  }
  const size = d.height * d.width * d.channels;
  const images = new Uint8Array(count * size);
  rows.forEach((row, i) => {
    images.set(d.images.subarray(row * size, (row + 1) * size), i * size);
  });
  return { ...dataset, images, labels: Uint8Array.from(rows, (row) => d.labels[row]), count };
}
