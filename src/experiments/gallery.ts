import type { Gallery, GalleryImage } from '../core/run-record';
import type { ImageDataset } from '../data/dataset';
import type { Choice } from './core-set-steps';

/** The images that a choice kept first and dropped first, `size` of each at most. Random first picks are nobody's choice. */
export function galleryOf(choice: Choice, dataset: ImageDataset, size: number): Gallery {
  const image = (row: number) => galleryImage(dataset, row);
  return {
    method: choice.method,
    keptFirst: Array.from(choice.rows.subarray(choice.randomInitial).subarray(0, size), image),
    droppedFirst: Array.from(choice.dropped.subarray(0, size), image),
  };
}

/** One image of a data set as a gallery shows it. */
export function galleryImage(dataset: ImageDataset, row: number): GalleryImage {
  const size = dataset.height * dataset.width * dataset.channels;
  return {
    index: row,
    className: dataset.classNames[dataset.labels[row]],
    pixels: Buffer.from(dataset.images.subarray(row * size, (row + 1) * size)).toString('base64'),
  };
}
