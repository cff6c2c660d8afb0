import type { ImageSplits } from '../../../src/data/dataset';
import { CLASS_NAMES } from '../../fixtures/core-set-record/make-record';

/** Images of two by two pixels, of ten classes in turn. */
export function sampleDataset(count: number): ImageSplits {
  const train = {
    name: 'sample/train',
    images: Uint8Array.from({ length: count * 4 }, (_, i) => i % 251),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
    count,
    height: 2,
    width: 2,
    channels: 1,
    classes: 10,
    classNames: CLASS_NAMES,
    mean: [0.5],
    std: [0.25],
  };
  return { train, test: { ...train, name: 'sample/test' } };
}
