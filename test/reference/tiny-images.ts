import { Random } from '../../src/core/random';
import { channelStatistics, type ImageDataset } from '../../src/data/dataset';

/** Images that a small network learns in seconds: each class is bright in its own quarter, under noise. */
export function tinyImages(count: number, o: { side?: number; seed?: number } = {}): ImageDataset {
  const side = o.side ?? 8;
  const random = new Random(o.seed ?? 1);
  const classes = 4;
  const images = new Uint8Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = random.below(classes);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const quarter = (row >= side / 2 ? 2 : 0) + (column >= side / 2 ? 1 : 0);
        images[(i * side + row) * side + column] = random.below(120) + (quarter === labels[i] ? 130 : 0);
      }
    }
  }
  return {
    name: 'tiny',
    images,
    labels,
    count,
    height: side,
    width: side,
    channels: 1,
    classes,
    classNames: ['top left', 'top right', 'bottom left', 'bottom right'],
    ...channelStatistics(images, 1),
  };
}
