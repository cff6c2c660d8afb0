import type { AlignedRanking } from './ranking';

/** How much the first picks of two rankings have in common. */
export interface Overlap {
  a: string;
  b: string;
  /** Both pick this many. */
  budget: number;
  /** Examples that both pick. */
  intersection: number;
  /** intersection ÷ budget. */
  share: number;
  /** What two random choices of this size share on average: budget ÷ examples. */
  byChance: number;
  /** Intersection ÷ union. */
  jaccard: number;
}

/** The place of each example in an order; the number of examples for those that were not picked. */
export function placesOf(order: Uint32Array, size: number): Uint32Array {
  const places = new Uint32Array(size).fill(size);
  for (let i = 0; i < order.length; i++) places[order[i]] = i;
  return places;
}

/**
 * What the first `budget` picks of two rankings share. O(budget).
 * @param places of the second ranking
 */
export function overlapOf(
  a: AlignedRanking,
  b: AlignedRanking,
  places: Uint32Array,
  budget: number,
  size: number,
): Overlap {
  let intersection = 0;
  for (let i = 0; i < budget; i++) if (places[a.order[i]] < budget) intersection++;
  return {
    a: a.name,
    b: b.name,
    budget,
    intersection,
    share: intersection / budget,
    byChance: budget / size,
    jaccard: intersection / (2 * budget - intersection),
  };
}
