import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '../core/abort';
import type { Matrix } from '../core/matrix';
import type { CoverageCurve } from '../core/selection-view';

/**
 * How well growing parts of a selection cover a sample: the largest and the mean distance of a sampled example to the
 * nearest selected one among the sample. The sample is drawn from the pool without regard to the selection, so curves of
 * several selections compare; each is an estimate for the whole pool. O(n² · d) at most, yielding to the event loop.
 *
 * @param features n × d, of the sample
 * @param places for each sampled example, its place in the order of selection; any number beyond the last budget, if none
 * @param budgets rising
 * @returns a point for each budget by which anything of the sample is selected, and each example's squared distance to
 *   the nearest one of the last budget
 */
export async function coverageOf(
  { data, rows, columns }: Matrix,
  places: Float64Array,
  budgets: readonly number[],
  signal?: AbortSignal,
): Promise<{ points: CoverageCurve['points']; nearest: Float64Array }> {
  const last = budgets[budgets.length - 1] ?? 0;
  const picks = Array.from(places.keys())
    .filter((i) => places[i] < last)
    .sort((a, b) => places[a] - places[b]);
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const points: CoverageCurve['points'] = [];
  let done = 0;
  for (const examples of budgets) {
    for (; done < picks.length && places[picks[done]] < examples; done++) {
      const pick = picks[done];
      for (let i = 0; i < rows; i++) {
        let sum = 0;
        for (let k = 0; k < columns; k++) sum += (data[i * columns + k] - data[pick * columns + k]) ** 2;
        if (sum < nearest[i]) nearest[i] = sum;
      }
      if (done % 32 === 31) {
        await nextTurn();
        throwIfAborted(signal);
      }
    }
    if (done === 0) continue;
    let [largest, total] = [0, 0];
    for (let i = 0; i < rows; i++) {
      const distance = Math.sqrt(nearest[i]);
      largest = Math.max(largest, distance);
      total += distance;
    }
    points.push({ examples, sampled: done, radius: largest, mean: total / rows });
  }
  return { points, nearest };
}
