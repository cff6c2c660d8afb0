import type { Correlation } from './correlate';
import { type Spread, spreadOf } from './interval';

/** What the first picks of two models, or of two methods, share on average over pairs of runs. */
export interface OverlapSummary {
  a: string;
  b: string;
  /** Where rankings are by several methods: that of this pair. */
  method?: string;
  budget: number;
  share: Spread;
  byChance: number;
  jaccard: number;
}

/** Pairs of rankings that are told one by one; with more, means over runs are told. */
const FEW = 6;

/**
 * Overlaps as a table of readable length: each pair where there are few rankings; otherwise means over pairs of runs, of
 * models that ranked by the same method, each run with runs of other seeds where there are some.
 */
export function overlapSummary({ rankings, overlaps }: Correlation): OverlapSummary[] {
  if (rankings.length <= FEW) {
    return overlaps.map(({ a, b, budget, share, byChance, jaccard }) => ({
      a,
      b,
      budget,
      share: spreadOf([share]),
      byChance,
      jaccard,
    }));
  }
  const byName = new Map(rankings.map((ranking) => [ranking.name, ranking]));
  const methods = new Set(rankings.map((ranking) => ranking.method)).size;
  const groups = new Map<
    string,
    { first: OverlapSummary; shares: number[]; jaccards: number[]; apart: boolean }
  >();
  for (const overlap of overlaps) {
    const [a, b] = [byName.get(overlap.a)!, byName.get(overlap.b)!];
    if (a.method !== b.method) continue;
    const apart = a.seed !== b.seed || a.seed === undefined;
    const key = JSON.stringify([a.method, ...[a.model, b.model].sort(), overlap.budget]);
    const before = groups.get(key);
    // As soon as there is a pair with different seeds, those that share theirs no longer count.
    if (before?.apart && !apart) continue;
    if (before === undefined || before.apart !== apart) {
      const { budget, byChance } = overlap;
      const first = {
        a: a.model,
        b: b.model,
        ...(methods > 1 ? { method: a.method } : {}),
        budget,
        byChance,
        share: spreadOf([]),
        jaccard: 0,
      };
      groups.set(key, { first, shares: [overlap.share], jaccards: [overlap.jaccard], apart });
    } else {
      before.shares.push(overlap.share);
      before.jaccards.push(overlap.jaccard);
    }
  }
  const order = [...new Set(rankings.map((ranking) => ranking.method))];
  return [...groups.values()]
    .map(({ first, shares, jaccards }) => ({
      ...first,
      share: spreadOf(shares),
      jaccard: spreadOf(jaccards).mean,
    }))
    .sort((x, y) => order.indexOf(x.method ?? '') - order.indexOf(y.method ?? ''));
}
