import { type Spread, spreadOf } from './interval';

/** Which ranking stands where in a matrix. */
export interface RankingLabel {
  method: string;
  model: string;
  seed?: number;
}

/** The correlation between runs of two models by one method: a cell of the paper's Figures 3, 9, 10 and 13. */
export interface ModelCorrelation {
  method: string;
  a: string;
  b: string;
  /** Over pairs of runs; pairs share runs, so `std` says how far they lie apart, not how sure the mean is. */
  spearman: Spread;
  /** Absent where rankings are orders without scores. */
  pearson?: Spread;
  /** No two runs with different seeds were there: these pairs share their seed. */
  sameSeed?: boolean;
}

/**
 * Averages a matrix of correlations over pairs of runs, for each method and each pair of models. As in the paper, a pair
 * is two runs with different seeds (five runs of each of two models give 20), also off the diagonal: what runs of one
 * seed share, the order of the data and the random first picks, would count as agreement. Where all seeds are equal or
 * unknown, all pairs of different runs count.
 */
export function modelCorrelations(
  labels: readonly RankingLabel[],
  spearman: readonly (readonly number[])[],
  pearson: readonly (readonly number[])[],
): ModelCorrelation[] {
  const found: ModelCorrelation[] = [];
  for (const method of new Set(labels.map((label) => label.method))) {
    const models = [...new Set(labels.filter((l) => l.method === method).map((l) => l.model))];
    for (const [i, a] of models.entries()) {
      for (const b of models.slice(i)) {
        const of = (model: string) =>
          labels.flatMap((l, k) => (l.method === method && l.model === model ? [k] : []));
        const pairs = of(a).flatMap((k) => of(b).map((l) => [k, l] as const));
        // Within one model each pair counts once, and a run does not pair with itself.
        const different = pairs.filter(([k, l]) => (a === b ? k < l : k !== l));
        const apart = different.filter(
          ([k, l]) =>
            labels[k].seed !== labels[l].seed ||
            (labels[k].seed === undefined && labels[l].seed === undefined),
        );
        const used = apart.length > 0 ? apart : different;
        if (used.length === 0) continue;
        const p = spreadOf(used.map(([k, l]) => pearson[k][l]));
        found.push({
          method,
          a,
          b,
          spearman: spreadOf(used.map(([k, l]) => spearman[k][l])),
          ...(p.n > 0 ? { pearson: p } : {}),
          ...(apart.length === 0 ? { sameSeed: true } : {}),
        });
      }
    }
  }
  return found;
}
