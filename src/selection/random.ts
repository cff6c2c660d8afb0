import { Random } from '../core/random';
import type { SelectionMethod } from './method';

/**
 * Uniformly random rows without replacement (the baseline of Selection via Proxy, section 3.1).
 * The answer is a prefix of one seeded permutation of the pool, so a larger budget with the same seed extends a smaller
 * one, and an initial pool only removes its rows from that order.
 */
export const random: SelectionMethod = {
  name: 'random',
  aliases: ['uniform'],
  needs: 'nothing',
  summary: 'uniformly at random, by --seed',
  async pick({ poolSize, budget, initial, seed }) {
    const order = new Random(seed).permutation(poolSize);
    if (!initial?.length) return { indices: order.slice(0, budget) };
    const taken = new Set(initial);
    const indices = new Uint32Array(budget);
    for (let i = 0, at = 0; at < budget; i++) {
      if (!taken.has(order[i])) indices[at++] = order[i];
    }
    return { indices };
  },
};
