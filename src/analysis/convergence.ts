import { correlationOf, type Standardised, standardise } from './correlation';
import { type Spread, spreadOf } from './interval';
import type { AlignedRanking } from './ranking';

/** How near a model's ranking after one epoch is to a final ranking: a point of the paper's Figures 11 and 12. */
export interface ConvergencePoint {
  method: string;
  model: string;
  epoch: number;
  /** Spearman's correlation with the same run's own final ranking, over runs. */
  own: Spread;
  /** Spearman's correlation with the final rankings of the reference model, over pairs of runs. */
  reference?: Spread;
}

/** A final ranking with its standardised ranks. */
export interface FinalRanking {
  ranking: Pick<AlignedRanking, 'method' | 'model' | 'seed'>;
  ranks: Standardised;
}

/**
 * Collects the correlation of each epoch's ranking with final rankings. Rankings are handed in one at a time, so that
 * only the final ones need to be in memory.
 */
export class Convergence {
  private readonly points = new Map<string, { own: number[]; reference: number[]; of: AlignedRanking }>();

  constructor(
    private readonly finals: readonly FinalRanking[],
    private readonly reference: string | undefined,
  ) {}

  /** A ranking after some epoch, the last one included. O(n × runs of the reference). */
  add(ranking: AlignedRanking): void {
    const { method, model, epoch, seed } = ranking;
    const key = JSON.stringify([method, model, epoch]);
    const point = this.points.get(key) ?? { own: [], reference: [], of: ranking };
    this.points.set(key, point);
    const ranks = standardise(ranking.ranks);
    const sameMethod = this.finals.filter((final) => final.ranking.method === method);
    const own = sameMethod.find(({ ranking: f }) => f.model === model && f.seed === seed);
    if (own) point.own.push(correlationOf(ranks, own.ranks));
    const targets = sameMethod.filter(({ ranking: f }) => f.model === this.reference);
    // A run against itself says nothing about the reference; another seed of it does.
    const others = targets.filter(({ ranking: f }) => f.model !== model || f.seed !== seed);
    const apart = others.filter(({ ranking: f }) => f.seed !== seed);
    for (const final of apart.length > 0 ? apart : others) {
      point.reference.push(correlationOf(ranks, final.ranks));
    }
  }

  /** By method, model and rising epoch. */
  curve(): ConvergencePoint[] {
    return [...this.points.values()]
      .map(({ of, own, reference }) => ({
        method: of.method,
        model: of.model,
        epoch: of.epoch!,
        own: spreadOf(own),
        ...(reference.length > 0 ? { reference: spreadOf(reference) } : {}),
      }))
      .sort((a, b) => compare(a.method, b.method) || compare(a.model, b.model) || a.epoch - b.epoch);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
