import { kCenterGreedy } from '../native/k-center-greedy';
import type { SelectionMethod } from './method';

/**
 * Greedy k-centers on final-hidden-layer features: Selection via Proxy, section 2.1, Algorithm 1 (after Sener and
 * Savarese, 2018; Wolf, 2011). Exact, by the engine; see `kCenterGreedy` for every option.
 */
export const kCenters: SelectionMethod = {
  name: 'k-centers',
  aliases: ['kcenters', 'k_centers', 'k-center', 'kcenter', 'k-center-greedy', 'core-set', 'farthest-first'],
  needs: 'features',
  summary: 'greedy k-centers: each pick is the row farthest from all picks before it',
  async pick({ budget, features, initial, seed, threads, signal, onProgress, kCenters: options }) {
    // Undefined values are left out: the engine's options are strict about what was given.
    const given = Object.fromEntries(
      Object.entries({ ...options, initial, threads, signal, onProgress }).filter(([, v]) => v !== undefined),
    );
    return kCenterGreedy(features!, { budget, seed, ...given });
  },
};
