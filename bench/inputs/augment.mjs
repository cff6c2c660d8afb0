// Variants of an image: what makes a pool of any size out of 70,000 images.

const SHIFT = 3;
const LEAST_SIDE = 4;
const MOST_SIDE = 10;

/**
 * Shifts an image by up to 3 pixels either way (black outside), mirrors it every other time, and every other time blackens
 * a rectangle of 4 … 10 × 4 … 10 pixels, cut off at the edges.
 * @param target, at where the variant goes; all its pixels are written
 * @param images, from the image
 * @param size { height, width, channels }
 * @param random below(bound), from this package's Random
 */
export function variantInto(target, at, images, from, { height, width, channels }, random) {
  const shiftY = random.below(2 * SHIFT + 1) - SHIFT;
  const shiftX = random.below(2 * SHIFT + 1) - SHIFT;
  const mirrored = random.below(2) === 1;
  const erased = random.below(2) === 1;
  const side = () => LEAST_SIDE + random.below(MOST_SIDE - LEAST_SIDE + 1);
  const [eraseY, eraseX] = [random.below(height - LEAST_SIDE), random.below(width - LEAST_SIDE)];
  const [eraseHeight, eraseWidth] = [side(), side()];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceY = y + shiftY;
      const sourceX = (mirrored ? width - 1 - x : x) + shiftX;
      const outside = sourceY < 0 || sourceY >= height || sourceX < 0 || sourceX >= width;
      const blackened =
        erased && y >= eraseY && y < eraseY + eraseHeight && x >= eraseX && x < eraseX + eraseWidth;
      const to = at + (y * width + x) * channels;
      const source = from + (sourceY * width + sourceX) * channels;
      for (let c = 0; c < channels; c++) target[to + c] = outside || blackened ? 0 : images[source + c];
    }
  }
}
