import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { throwIfAborted } from '../core/abort';
import { parseOptions, suggestion } from '../core/options';
import { type OnProgress, ProgressMeter } from '../core/progress';
import { SvpError } from '../errors';
import { Convergence, type ConvergencePoint } from './convergence';
import { correlationOf, type Standardised, standardise } from './correlation';
import { type ModelCorrelation, modelCorrelations } from './model-correlation';
import { type Overlap, overlapOf, placesOf } from './overlap';
import { type AlignedRanking, align, checkRanking, commonRows, poolSize, type Ranking } from './ranking';

export interface CorrelateOptions {
  /** Budgets at which first picks are compared: at most 1 is a share of the examples. Default 0.1, 0.3, 0.5. */
  budgets?: number[];
  /** The model that rankings converge to, usually the target: its name. Default: none, only each run's own end. */
  reference?: string;
  /** How many examples there are, where orders alone do not say. Default: as many as the longest ranking names. */
  poolSize?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

/** One ranking as it was compared. */
export interface ComparedRanking {
  name: string;
  method: string;
  model: string;
  seed?: number;
  epoch?: number;
  /** Examples that it orders; fewer than all where it is the order of a selection. */
  ranked: number;
  /** Scores that are infinite (examples never learned): ranked, but left out of Pearson's correlations. */
  infinite: number;
}

export interface Correlation {
  /** Examples that all rankings have in common. */
  examples: number;
  /** Examples of the largest of their pools. */
  largestPool: number;
  /** The final ranking of each run: the order of rows and columns of the matrices. */
  rankings: ComparedRanking[];
  /** NaN where a ranking is constant. */
  spearman: number[][];
  /** NaN where one of the two has no scores. */
  pearson: number[][];
  /** Means over pairs of runs. */
  models: ModelCorrelation[];
  /** For models whose rankings after several epochs were given. */
  convergence: ConvergencePoint[];
  overlaps: Overlap[];
}

const schema = z.object({
  budgets: z.array(z.number().positive()).optional(),
  reference: z.string().optional(),
  poolSize: z.int().min(1).optional(),
  signal: z.any().optional(),
  onProgress: z.any().optional(),
});

const DEFAULT_BUDGETS = [0.1, 0.3, 0.5];

interface Final {
  ranking: AlignedRanking;
  ranks: Standardised;
  values?: Standardised;
  infinite: number;
}

const seriesKey = ({ method = 'scores', model, name, seed }: Ranking) =>
  JSON.stringify([method, model ?? name, seed]);

/** Splits rankings into the last of each run and those of earlier epochs. */
function finalsOf(rankings: readonly Ranking[]): { finals: Ranking[]; trajectories: Set<string> } {
  const last = new Map<string, Ranking>();
  const epochs = new Map<string, Set<number | undefined>>();
  for (const ranking of rankings) {
    const key = ranking.epoch === undefined ? `${seriesKey(ranking)} ${ranking.name}` : seriesKey(ranking);
    const before = last.get(key);
    if (before === undefined || (ranking.epoch ?? 0) > (before.epoch ?? 0)) last.set(key, ranking);
    epochs.set(key, (epochs.get(key) ?? new Set()).add(ranking.epoch));
  }
  const trajectories = new Set([...epochs].filter(([, seen]) => seen.size > 1).map(([key]) => key));
  return { finals: [...last.values()], trajectories };
}

function prepared(ranking: AlignedRanking): Final {
  const final: Final = { ranking, ranks: standardise(ranking.ranks), infinite: 0 };
  if (ranking.scores) {
    for (const score of ranking.scores) if (!Number.isFinite(score)) final.infinite++;
    if (final.infinite === 0) final.values = standardise(ranking.scores);
  }
  return final;
}

/** Pearson's correlation of the examples whose scores are finite in both rankings. */
function pearsonOf(a: Final, b: Final): number {
  if (!a.ranking.scores || !b.ranking.scores) return Number.NaN;
  if (a.values && b.values) return correlationOf(a.values, b.values);
  const [x, y] = [a.ranking.scores, b.ranking.scores];
  const [keptX, keptY] = [new Float64Array(x.length), new Float64Array(x.length)];
  let kept = 0;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    keptX[kept] = x[i];
    keptY[kept++] = y[i];
  }
  return correlationOf(standardise(keptX.subarray(0, kept)), standardise(keptY.subarray(0, kept)));
}

/** Budgets as numbers of examples, ascending, each once. @throws SvpError SVP_E_BUDGET */
function countsOf(budgets: readonly number[], examples: number): number[] {
  const counts = budgets.map((budget) => {
    const count = Math.round(budget <= 1 ? budget * examples : budget);
    if (count > examples) {
      throw new SvpError('SVP_E_BUDGET', `A budget of ${budget} is more than the ${examples} examples.`);
    }
    return Math.max(1, count);
  });
  return [...new Set(counts)].sort((a, b) => a - b);
}

/**
 * Compares rankings of the same examples by different models, runs and epochs (Selection via Proxy, section 3.4 and
 * Figures 3 and 8 to 13): Spearman's correlation of their ranks, Pearson's of their scores, both for every pair and
 * averaged over runs; how a ranking converges over epochs; and how much the first picks have in common.
 *
 * Rankings are compared on the examples that all of them have. Infinite scores are ranked, and left out of Pearson's
 * correlation pair by pair. It yields to the event loop between rankings and pairs; a piece, the sorting of one ranking,
 * takes up to a second for a million examples: a service had better hand such sizes to a worker.
 * Time O(r² · n) for r final rankings of n examples; memory 16 bytes an example and final ranking.
 *
 * @param rankings at least two
 * @throws SvpError SVP_E_OPTION, SVP_E_SHAPE (nothing in common), SVP_E_INDEX, SVP_E_NONFINITE (a NaN score),
 *   SVP_E_BUDGET, SVP_E_ABORT
 */
export async function correlate(
  rankings: readonly Ranking[],
  options: CorrelateOptions = {},
): Promise<Correlation> {
  const given = parseOptions(schema, options, 'correlate') as CorrelateOptions;
  if (!Array.isArray(rankings) || rankings.length < 2) {
    throw new SvpError('SVP_E_OPTION', 'correlate: at least two rankings are needed.');
  }
  rankings.forEach(checkRanking);
  const names = rankings.map((ranking) => ranking.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new SvpError('SVP_E_OPTION', `correlate: two rankings are called ${JSON.stringify(twice)}.`);
  const identities = rankings.map((r) => JSON.stringify([seriesKey(r), r.epoch ?? r.name]));
  const clash = identities.findIndex((identity, i) => identities.indexOf(identity) !== i);
  if (clash >= 0) {
    throw new SvpError(
      'SVP_E_OPTION',
      `correlate: ${JSON.stringify(names[identities.indexOf(identities[clash])])} and ${JSON.stringify(names[clash])} are of the same method, model, seed and epoch. Give runs of one model different seeds.`,
    );
  }
  const models = [...new Set(rankings.map(({ model, name }) => model ?? name))];
  if (given.reference !== undefined && !models.includes(given.reference)) {
    throw new SvpError(
      'SVP_E_OPTION',
      `correlate: there is no ranking of the reference ${JSON.stringify(given.reference)}.${suggestion(given.reference, models)}`,
      { option: 'reference' },
    );
  }
  const size = poolSize(rankings, given.poolSize);
  const common = commonRows(rankings, size);
  if (common.length < 2) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `The ${rankings.length} rankings have ${common.length} examples in common: were they made from the same data?`,
    );
  }
  const budgets = countsOf(given.budgets ?? DEFAULT_BUDGETS, common.length);
  const { finals, trajectories } = finalsOf(rankings);
  const early = rankings.filter((r) => r.epoch !== undefined && trajectories.has(seriesKey(r)));
  const total = finals.length + (finals.length * (finals.length - 1)) / 2 + early.length;
  const meter = new ProgressMeter('correlating', total, 'rankings and pairs', given.onProgress);
  let done = 0;
  const turn = async () => {
    meter.report(++done);
    await nextTurn();
    throwIfAborted(given.signal);
  };

  const ready: Final[] = [];
  for (const ranking of finals) {
    const aligned = align(ranking, common);
    await nextTurn();
    ready.push(prepared(aligned));
    await turn();
  }
  const square = () => ready.map(() => new Array<number>(ready.length).fill(Number.NaN));
  const [spearman, pearson, overlaps] = [square(), square(), [] as Overlap[]];
  for (const [i, a] of ready.entries()) {
    const places = placesOf(a.ranking.order, common.length);
    spearman[i][i] = a.ranks.constant ? Number.NaN : 1;
    pearson[i][i] = pearsonOf(a, a);
    for (const [j, b] of ready.slice(0, i).entries()) {
      spearman[i][j] = spearman[j][i] = correlationOf(a.ranks, b.ranks);
      pearson[i][j] = pearson[j][i] = pearsonOf(a, b);
      for (const budget of budgets) {
        if (budget > Math.min(a.ranking.order.length, b.ranking.order.length)) continue;
        overlaps.push(overlapOf(b.ranking, a.ranking, places, budget, common.length));
      }
      await turn();
    }
  }
  const convergence = new Convergence(ready, given.reference);
  for (const ranking of early) {
    convergence.add(align(ranking, common));
    await turn();
  }
  const labels = ready.map(({ ranking }) => ranking);
  return {
    examples: common.length,
    largestPool: Math.max(...rankings.map((r) => r.rows?.length ?? r.scores?.length ?? size)),
    rankings: ready.map(({ ranking, infinite }) => {
      const { ranks: _ranks, scores: _scores, order, ...label } = ranking;
      return { ...label, ranked: order.length, infinite };
    }),
    spearman,
    pearson,
    models: modelCorrelations(labels, spearman, pearson),
    convergence: convergence.curve(),
    overlaps,
  };
}
