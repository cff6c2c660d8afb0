import { Random } from '../../core/random';
import type { Box } from './resample';

/** torchvision's RandomResizedCrop and RandomHorizontalFlip. */
export interface ResizedCrop {
  /** Share of the image's area, drawn evenly. Default [0.08, 1]. */
  scale?: [number, number];
  /** Width over height, drawn evenly on a logarithmic scale. Default [3/4, 4/3]. */
  ratio?: [number, number];
  /** Mirror with probability ½. Default true. */
  flip?: boolean;
}

const ATTEMPTS = 10;

/**
 * One draw (Szegedy et al. 2015, as torchvision does it): ten attempts at a box of that area and proportion that lies in
 * the image, then the largest box in the middle within the proportions. A pure function of its arguments.
 * @param key from epochKey
 * @param row the image's row in its data set
 */
export function drawResizedCrop(
  key: number,
  row: number,
  { scale, ratio, flip }: Required<ResizedCrop>,
  { width, height }: { width: number; height: number },
): { box: Box; flip: boolean } {
  const random = new Random(key ^ Math.imul(row + 1, 0x9e3779b9));
  const mirrored = flip && random.below(2) === 1;
  const area = width * height;
  const low = Math.log(ratio[0]);
  const high = Math.log(ratio[1]);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const wanted = area * (scale[0] + random.uniform() * (scale[1] - scale[0]));
    const aspect = Math.exp(low + random.uniform() * (high - low));
    const w = Math.round(Math.sqrt(wanted * aspect));
    const h = Math.round(Math.sqrt(wanted / aspect));
    if (w > 0 && h > 0 && w <= width && h <= height) {
      const top = random.below(height - h + 1);
      const left = random.below(width - w + 1);
      return { box: { left, top, width: w, height: h }, flip: mirrored };
    }
  }
  const whole = width / height;
  const w = whole > ratio[1] ? Math.max(1, Math.round(height * ratio[1])) : width;
  const h = whole < ratio[0] ? Math.max(1, Math.round(width / ratio[0])) : height;
  const box = {
    left: Math.floor((width - w) / 2),
    top: Math.floor((height - h) / 2),
    width: Math.min(w, width),
    height: Math.min(h, height),
  };
  return { box, flip: mirrored };
}
