import { SvpError } from '../errors';
import type { SelectionMethod } from './method';
import { rankDescending } from './rank';

/**
 * Most forgotten first: Selection via Proxy, section 2.2 (after Toneva et al., 2019). Examples that were never learned
 * come first (their count is Infinity in the paper), then by falling count; ties keep the lowest row.
 */
export const forgettingEvents: SelectionMethod = {
  name: 'forgetting-events',
  aliases: ['forgetting_events', 'forgetting', 'forget'],
  needs: 'forgetting',
  summary: 'the most forgetting events during training; never learned comes first',
  async pick({ budget, initial, forgetting }) {
    const scores = forgetting as Float64Array;
    for (let row = 0; row < scores.length; row++) {
      if (scores[row] < 0) {
        throw new SvpError(
          'SVP_E_FORMAT',
          `The forgetting count of row ${row} is ${scores[row]}: counts are at least 0, and Infinity (inf) stands ` +
            'for an example that was never learned.',
          { row },
        );
      }
    }
    return { indices: rankDescending(scores, budget, initial), scores };
  },
};
