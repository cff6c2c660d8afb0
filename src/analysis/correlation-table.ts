import type { ComparedRanking, Correlation } from './correlate';
import type { Spread } from './interval';
import type { ModelCorrelation } from './model-correlation';
import { type OverlapSummary, overlapSummary } from './overlap-summary';
import { csvText, plainText, textTable } from './text-table';
import { formatCount, NONE } from './units';

/** A correlation with two decimals and a minus as wide as a digit: 0.83, −0.07. */
export function formatCorrelationValue(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value).toFixed(2);
  return value < 0 && Number(size) !== 0 ? `−${size}` : size;
}

/** 0.83 ± 0.02; without the spread where there is one value. */
export function formatCorrelationSpread(spread: Spread | undefined): string {
  if (spread === undefined || spread.n === 0) return NONE;
  const mean = formatCorrelationValue(spread.mean);
  return spread.std === undefined ? mean : `${mean} ± ${spread.std.toFixed(2)}`;
}

/** The methods whose rankings are compared, in their order. */
export function methodsOf(correlation: Correlation): string[] {
  return [...new Set(correlation.rankings.map((ranking) => ranking.method))];
}

/** The models of one method, in the order in which they were given. */
export function modelsOf(rankings: readonly ComparedRanking[], method: string): string[] {
  return [...new Set(rankings.filter((r) => r.method === method).map((r) => r.model))];
}

/** The cell of two models, whichever comes first. */
export function cellOf(
  models: readonly ModelCorrelation[],
  method: string,
  a: string,
  b: string,
): ModelCorrelation | undefined {
  return models.find(
    (cell) => cell.method === method && ((cell.a === a && cell.b === b) || (cell.a === b && cell.b === a)),
  );
}

/** How sure the averages are, in a sentence. */
export function correlationNote(correlation: Correlation): string {
  const seeds = new Set(correlation.rankings.map((ranking) => ranking.seed)).size;
  const runs = Math.max(...correlation.models.map((cell) => cell.spearman.n), 0);
  if (correlation.models.some((cell) => cell.sameSeed))
    return 'Some pairs of models have no two runs with different seeds: those runs share their seed, which may make them more alike.';
  if (runs <= 1) return 'One pair of runs a cell: how far pairs differ is not known.';
  return `Means over pairs of runs with different seeds (${formatCount(seeds)} seeds, up to ${formatCount(runs)} pairs), ± one standard deviation between pairs. Pairs share runs: the mean is less sure than that many independent pairs would make it.`;
}

export const OVERLAP_HEADINGS = ['Rankings', 'First picks', 'Share in both', 'By chance', 'Jaccard'];

/** Overlaps as cells, under OVERLAP_HEADINGS. */
export function overlapRows(overlaps: readonly OverlapSummary[]): string[][] {
  return overlaps.map(({ a, b, method, budget, share, byChance, jaccard }) => [
    `${a === b ? `runs of ${a}` : `${a} and ${b}`}${method === undefined ? '' : `, ${method}`}`,
    formatCount(budget),
    formatCorrelationSpread(share),
    byChance.toFixed(2),
    jaccard.toFixed(2),
  ]);
}

/** A warning where pools that were drawn by different seeds have little in common. */
export function commonNote({ examples, largestPool }: Correlation): string[] {
  if (examples >= 0.5 * largestPool) return [];
  return [
    `Only ${formatCount(examples)} of up to ${formatCount(largestPool)} examples are in all pools, and are compared: give the runs the same pool.`,
  ];
}

/** The comparison as text for a terminal: a matrix of models for each method, convergence, and overlaps. */
export function formatCorrelation(correlation: Correlation): string {
  const { rankings, models, convergence, examples } = correlation;
  const lines = [
    `${formatCount(examples)} examples, ${rankings.length} rankings`,
    ...commonNote(correlation),
  ];
  for (const method of methodsOf(correlation)) {
    const names = modelsOf(rankings, method);
    for (const [title, measure] of [
      ['Spearman', 'spearman'],
      ['Pearson', 'pearson'],
    ] as const) {
      const cells = names.map((a) => names.map((b) => cellOf(models, method, a, b)?.[measure]));
      if (cells.flat().every((cell) => cell === undefined)) continue;
      lines.push('', `${title}, ${plainText(method)}`);
      lines.push(
        ...textTable(
          ['', ...names.map(plainText)],
          names.map((name, i) => [plainText(name), ...cells[i].map(formatCorrelationSpread)]),
        ),
      );
    }
  }
  lines.push('', correlationNote(correlation));
  if (convergence.length > 0) {
    lines.push('', 'Convergence (Spearman with the final ranking)');
    lines.push(
      ...textTable(
        ['model', 'method', 'epoch', 'own end', 'reference'],
        convergence.map((point) => [
          plainText(point.model),
          plainText(point.method),
          String(point.epoch),
          formatCorrelationSpread(point.own),
          formatCorrelationSpread(point.reference),
        ]),
      ),
    );
  }
  const shared = overlapSummary(correlation);
  if (shared.length > 0) {
    lines.push('', 'What the first picks have in common');
    lines.push(
      ...textTable(
        OVERLAP_HEADINGS,
        overlapRows(shared).map((row) => row.map(plainText)),
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The comparison as CSV files, by name: every pair, means over runs, convergence, overlaps. */
export function correlationCsv(correlation: Correlation): Record<string, string> {
  const { rankings, spearman, pearson, models, convergence, overlaps } = correlation;
  const label = (r: ComparedRanking) => [r.name, r.method, r.model, r.seed, r.epoch];
  const pairs = rankings.flatMap((a, i) =>
    rankings.slice(0, i).map((b, j) => [...label(b), ...label(a), spearman[i][j], pearson[i][j]]),
  );
  const spread = (s: Spread | undefined) => [s?.n, s?.mean, s?.std];
  const labels = (end: string) =>
    ['name', 'method', 'model', 'seed', 'epoch'].map((name) => `${name}_${end}`);
  return {
    'pairs.csv': csvText([...labels('a'), ...labels('b'), 'spearman', 'pearson'], pairs),
    'models.csv': csvText(
      [
        'method',
        'a',
        'b',
        'pairs',
        'spearman_mean',
        'spearman_std',
        'pearson_pairs',
        'pearson_mean',
        'pearson_std',
      ],
      models.map((cell) => [cell.method, cell.a, cell.b, ...spread(cell.spearman), ...spread(cell.pearson)]),
    ),
    'convergence.csv': csvText(
      ['method', 'model', 'epoch', 'runs', 'own_mean', 'own_std', 'pairs', 'reference_mean', 'reference_std'],
      convergence.map((p) => [p.method, p.model, p.epoch, ...spread(p.own), ...spread(p.reference)]),
    ),
    'overlaps.csv': csvText(
      ['a', 'b', 'budget', 'intersection', 'share', 'by_chance', 'jaccard'],
      overlaps.map((o) => [o.a, o.b, o.budget, o.intersection, o.share, o.byChance, o.jaccard]),
    ),
  };
}
