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

/**
 * Puts a label beside each point of a scatter plot: right, left, above, below, then further off; the first place that
 * meets no other point, no label placed before and no edge, or else the one that meets least. Greedy, O(n²).
 * @param plot the area that labels must stay in
 * @param obstacles further areas to keep clear, such as error bars
 */
export function placeLabels(
  points: readonly PointLabel[],
  fontSize: number,
  plot: Box,
  obstacles: readonly Box[] = [],
): PlacedLabel[] {
  const reach = 7;
  const taken: Box[] = [...obstacles];
  for (const { x, y } of points)
    taken.push({ left: x - reach, right: x + reach, top: y - reach, bottom: y + reach });
  return points.map(({ text, x, y }) => {
    const width = text.length * fontSize * CHARACTER_WIDTH;
    const half = fontSize * 0.65;
    const candidates: PlacedLabel[] = [];
    for (const shift of [0, -fontSize, fontSize, -2 * fontSize, 2 * fontSize]) {
      candidates.push(
        { dx: reach + 4, dy: shift, align: 'left' },
        { dx: -reach - 4, dy: shift, align: 'right' },
      );
    }
    candidates.push(
      { dx: 0, dy: -reach - half - 3, align: 'center' },
      { dx: 0, dy: reach + half + 3, align: 'center' },
    );
    let best = candidates[0];
    let bestBox: Box | undefined;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const [i, candidate] of candidates.entries()) {
      const anchor = x + candidate.dx;
      const share = { left: 0, center: 0.5, right: 1 }[candidate.align];
      const left = anchor - share * width;
      const box = {
        left,
        right: left + width,
        top: y + candidate.dy - half,
        bottom: y + candidate.dy + half,
      };
      const outside = width * 2 * half - overlap(box, plot);
      const cost = taken.reduce((sum, other) => sum + overlap(box, other), 20 * outside) + i * 0.01;
      if (cost < bestCost) [best, bestBox, bestCost] = [candidate, box, cost];
    }
    if (bestBox !== undefined) taken.push(bestBox);
    return best;
  });
}
