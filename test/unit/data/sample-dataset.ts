import type { ImageDataset } from '../../../src/data/dataset';

/** A small data set whose every byte differs from its neighbours'; no pixel is 0, so that padding shows. */
export function sampleDataset(
  o: Partial<Pick<ImageDataset, 'count' | 'height' | 'width' | 'channels' | 'classes'>> = {},
): ImageDataset {
  const { count = 23, height = 6, width = 5, channels = 1, classes = 4 } = o;
  const pixels = height * width * channels;
  return {
    name: 'sample',
    images: Uint8Array.from(
      { length: count * pixels },
      (_, i) => 1 + ((i * 7 + Math.floor(i / pixels)) % 255),
    ),
    labels: Uint8Array.from({ length: count }, (_, i) => i % classes),
    count,
    height,
    width,
    channels,
    classes,
    classNames: Array.from({ length: classes }, (_, c) => `class ${c}`),
    mean: Array.from({ length: channels }, (_, c) => 0.3 + 0.1 * c),
    std: Array.from({ length: channels }, (_, c) => 0.2 + 0.1 * c),
  };
}
