import { TopK } from '../selection/top-k';

/**
 * The `k` highest scores of a column that comes in parts, highest first. Rows without a score (NaN: items that could not
 * be read) are never among them, so that there may be fewer.
 */
export async function topOf(
  column: AsyncIterable<{ first: number; scores: Float32Array }>,
  k: number,
): Promise<{ indices: Uint32Array; scores: Float64Array }> {
  const top = new TopK(k);
  for await (const { first, scores } of column) {
    top.add(
      scores.map((score) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score)),
      first,
    );
  }
  const { indices, scores } = top.result();
  // Measures are finite: what is not has no score.
  const scored = scores.indexOf(Number.NEGATIVE_INFINITY);
  return scored < 0
    ? { indices, scores }
    : { indices: indices.slice(0, scored), scores: scores.slice(0, scored) };
}
