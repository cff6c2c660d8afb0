import * as path from 'node:path';
import { types } from 'node:util';
import { SvpError } from '../errors';

/**
 * Labelled images that stay in their files, decoded as they are needed: what does not fit into memory (ImageNet).
 * For training each is a random crop of height × width, mirrored half the time (torchvision's RandomResizedCrop and flip);
 * for tests and scoring the shorter side is scaled to `resize` and the middle is cut out.
 */
export interface ImageFileDataset {
  /** 'imagenet/train'. */
  name: string;
  /** Absolute path of the folder. */
  folder: string;
  /** Relative to the folder, with forward slashes. */
  files: readonly string[];
  /** One class number per image. */
  labels: Uint16Array;
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  /** Shorter side before the middle is cut out. */
  resize: number;
  classes: number;
  classNames: string[];
  /** Per channel, of pixels scaled to 0 … 1: what batches are normalised by. */
  mean: number[];
  std: number[];
  note?: string;
  /** Smaller copies that are read in place of the files (LoadOptions.resizedCache). */
  resized?: ResizedFiles;
}

/** Smaller copies of image files. */
export interface ResizedFiles {
  /** Their shorter side in pixels. */
  side: number;
  /** Absolute path of their folder. */
  folder: string;
  /** Relative to it, one for each file; '' for a file that is read itself. */
  files: readonly string[];
}

/** Full path of what is read for an image: its smaller copy where it has one, or the file itself. */
export function readPath(
  { folder, files, resized }: Pick<ImageFileDataset, 'folder' | 'files' | 'resized'>,
  row: number,
): string {
  const smaller = resized?.files[row];
  return smaller ? path.join((resized as ResizedFiles).folder, smaller) : path.join(folder, files[row]);
}

/** Checks that an image file data set's parts fit together. O(count). @throws SvpError SVP_E_SHAPE */
export function checkImageFiles(value: unknown, name = 'dataset'): asserts value is ImageFileDataset {
  const d = value as ImageFileDataset;
  const fail = (text: string, row?: number): never => {
    throw new SvpError('SVP_E_SHAPE', `${name}${text}`, row === undefined ? {} : { row });
  };
  if (d === null || typeof d !== 'object' || !Array.isArray(d.files) || !types.isUint16Array(d.labels)) {
    fail(' must be an ImageFileDataset, with files (names) and labels (Uint16Array).');
  }
  for (const key of ['height', 'width', 'resize', 'classes'] as const) {
    if (!Number.isSafeInteger(d[key]) || d[key] < 1) {
      fail(`.${key} must be a whole number of at least 1, not ${d[key]}.`);
    }
  }
  if (d.channels !== 1 && d.channels !== 3) fail(`.channels must be 1 or 3, not ${d.channels}.`);
  if (d.files.length !== d.count || d.labels.length !== d.count) {
    fail(`: ${d.files.length} files and ${d.labels.length} labels for a count of ${d.count}.`);
  }
  if (d.resized !== undefined && d.resized.files?.length !== d.count) {
    fail(`.resized.files must hold ${d.count} names, one per image.`);
  }
  if (!Array.isArray(d.classNames) || d.classNames.length !== d.classes) {
    fail(`.classNames must hold ${d.classes} names, one per class.`);
  }
  for (const key of ['mean', 'std'] as const) {
    if (!Array.isArray(d[key]) || d[key].length !== d.channels || !d[key].every(Number.isFinite)) {
      fail(`.${key} must hold ${d.channels} finite numbers, one per channel.`);
    }
  }
  for (let i = 0; i < d.count; i++) {
    if (d.labels[i] >= d.classes)
      fail(`.labels[${i}] is ${d.labels[i]}, but there are ${d.classes} classes.`, i);
  }
}
