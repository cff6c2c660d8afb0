import { CHARACTER_WIDTH } from './svg-renderer';

/**
 * Moves positions on a line as little as possible so that neighbours are at least `gap` apart, and keeps them within
 * [low, high] as far as they fit. Pools of neighbours that push each other move together about their mean (pool
 * adjacent violators: the least-squares solution); O(n log n).
 * @returns the new positions, in the order given
 */
export function spread(positions: readonly number[], gap: number, low: number, high: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b] || a - b);
  const pools: { sum: number; count: number }[] = [];
  // Subtracting rank × gap turns "at least gap apart" into "not decreasing".
  for (const [rank, i] of order.entries()) {
    pools.push({ sum: positions[i] - rank * gap, count: 1 });
    for (let last = pools.length - 1; last > 0; last--) {
      const [a, b] = [pools[last - 1], pools[last]];
      if (a.sum / a.count <= b.sum / b.count) break;
      pools.splice(last - 1, 2, { sum: a.sum + b.sum, count: a.count + b.count });
    }
  }
  const result = new Array<number>(positions.length);
  const highest = high - (positions.length - 1) * gap;
  let rank = 0;
  for (const pool of pools) {
    const base = Math.max(low, Math.min(highest, pool.sum / pool.count));
    for (let k = 0; k < pool.count; k++, rank++) result[order[rank]] = base + rank * gap;
  }
  return result;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface PointLabel {
  text: string;
  /** Pixels in the plot, y downwards. */
  x: number;
  y: number;
}

export interface PlacedLabel {
  /** Offset of the text's anchor from the point; the text's middle is at y + dy. */
  dx: number;
  dy: number;
  align: 'left' | 'right' | 'center';
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Half the size of a point, and the space between it and its label. */
const REACH = 8;
const SPACE = 4;

/** All the places considered for one label, nearest first: right, left, above and below, then further up and down. */
function candidates(fontSize: number): PlacedLabel[] {
  const half = fontSize * 0.65;
  const places: PlacedLabel[] = [];
  for (let step = 0; step <= 14; step++) {
    for (const dy of step === 0 ? [0] : [-step * 9, step * 9]) {
      places.push({ dx: REACH + SPACE, dy, align: 'left' }, { dx: -REACH - SPACE, dy, align: 'right' });
      if (Math.abs(dy) >= REACH + half) places.push({ dx: 0, dy, align: 'center' });
    }
  }
  return places;
}

/**
 * Puts a label near each point of a scatter plot: the nearest place that meets no other point, no label placed before
 * and no edge, or else the one that meets least. Greedy, O(places × n²).
 * @param plot the area that labels must stay in
 * @param obstacles further areas to keep clear, such as error bars
 */
export function placeLabels(
  points: readonly PointLabel[],
  fontSize: number,
  plot: Box,
  obstacles: readonly Box[] = [],
): PlacedLabel[] {
  const half = fontSize * 0.65;
  const taken: Box[] = [...obstacles];
  for (const { x, y } of points) {
    taken.push({ left: x - REACH, right: x + REACH, top: y - REACH, bottom: y + REACH });
  }
  const places = candidates(fontSize);
  return points.map(({ text, x, y }) => {
    // Short words of wide letters exceed the average: one more character of room.
    const width = (text.length + 1.5) * fontSize * CHARACTER_WIDTH;
    let best = places[0];
    let bestBox: Box | undefined;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const place of places) {
      const left = x + place.dx - { left: 0, center: 0.5, right: 1 }[place.align] * width;
      const box = { left, right: left + width, top: y + place.dy - half, bottom: y + place.dy + half };
      const outside = width * 2 * half - overlap(box, plot);
      // An overlap of a few square pixels weighs more than any distance.
      const cost =
        taken.reduce((sum, other) => sum + overlap(box, other), 20 * outside) + 0.1 * Math.abs(place.dy);
      if (cost < bestCost) [best, bestBox, bestCost] = [place, box, cost];
    }
    if (bestBox !== undefined) taken.push(bestBox);
    return best;
  });
}
