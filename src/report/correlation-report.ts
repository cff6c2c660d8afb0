import { capitalised, methodLabel } from '../analysis/core-set-names';
import type { Correlation } from '../analysis/correlate';
import {
  cellOf,
  commonNote,
  correlationNote,
  formatCorrelationSpread,
  formatCorrelationValue,
  methodsOf,
  modelsOf,
  OVERLAP_HEADINGS,
  overlapRows,
} from '../analysis/correlation-table';
import { overlapSummary } from '../analysis/overlap-summary';
import { formatCount } from '../analysis/units';
import type { Chart } from './chart';
import { drawCharts } from './chart-figures';
import { heatMapChart } from './heat-map';
import { type Html, html } from './html';
import { lineChart } from './line-chart';
import { renderPage, SOURCE } from './page';
import { listStyle } from './series-style';
import { figuresTable } from './tables';

/** Names for an id: lower-case letters and digits. */
const slug = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');

/** A cell for each pair of models, one chart a method and measure. */
export function correlationHeatMaps(correlation: Correlation): Chart[] {
  const { rankings, models } = correlation;
  return methodsOf(correlation).flatMap((method, m) => {
    const names = modelsOf(rankings, method);
    return (['spearman', 'pearson'] as const).flatMap((measure) => {
      const cells = names.map((a) => names.map((b) => cellOf(models, method, a, b)?.[measure]));
      const known = cells.flat().filter((cell) => cell !== undefined && Number.isFinite(cell.mean));
      if (known.length === 0) return [];
      const least = Math.min(...known.map((cell) => cell!.mean));
      const title =
        measure === 'spearman' ? 'Spearman’s rank correlation' : 'Pearson’s correlation of scores';
      return [
        heatMapChart({
          id: `${measure}-${m}-${slug(method)}`,
          title: `${title}: ${methodLabel(method)}`,
          caption:
            `${names.length === 1 ? 'Between runs of one model' : 'Between models; on the diagonal, between runs of one model'}. 1 is the same ranking, 0 none in common. ` +
            'Where a cell beside the diagonal is as dark as those on it, one model ranks for the other as well as another run of it would.',
          alternative: `Heat map of ${title} by ${methodLabel(method)}: ${models
            .filter((cell) => cell.method === method && cell[measure] !== undefined)
            .map((cell) => `${cell.a} with ${cell.b} ${formatCorrelationSpread(cell[measure])}`)
            .join('; ')}.`,
          rows: names,
          square: true,
          columns: names.map((_name, i) => String(i + 1)),
          values: cells.map((row) => row.map((cell) => cell?.mean)),
          text: formatCorrelationValue,
          domain: [Math.min(0, least), 1],
          corner: 'Model',
        }),
      ];
    });
  });
}

/** How rankings settle over epochs: a line for each model, one chart a method and measure. */
export function convergenceCharts({ convergence }: Correlation): Chart[] {
  const methods = [...new Set(convergence.map((point) => point.method))];
  return methods.flatMap((method, m) =>
    (['own', 'reference'] as const).flatMap((against) => {
      const points = convergence.filter((p) => p.method === method && Number.isFinite(p[against]?.mean));
      const models = [...new Set(points.map((point) => point.model))];
      if (points.length < 2) return [];
      const epochs = [...new Set(points.map((point) => point.epoch))].sort((a, b) => a - b);
      const of = (model: string) => points.filter((point) => point.model === model);
      const end =
        against === 'own' ? 'the run’s own final ranking' : 'the final rankings of the reference model';
      return [
        lineChart({
          id: `convergence-${against}-${m}-${slug(method)}`,
          title: `Convergence over epochs, to ${against === 'own' ? 'its own end' : 'the reference'}: ${methodLabel(method)}`,
          caption: `Spearman’s correlation of the ranking after each epoch with ${end}. Bars are one standard deviation between runs.`,
          alternative: `Line chart of the correlation with ${end} by epoch. First and last: ${models
            .map((model) => {
              const curve = of(model);
              const value = (i: number) => formatCorrelationValue(curve[i][against]!.mean);
              return `${model} ${value(0)} and ${value(curve.length - 1)}`;
            })
            .join('; ')}.`,
          xTitle: 'Epoch',
          yTitle: 'Spearman’s correlation',
          series: models.map((model, i) => ({
            label: model,
            style: listStyle(i),
            points: of(model).map((point) => {
              const { mean, std } = point[against]!;
              return {
                x: point.epoch,
                y: mean,
                ...(std === undefined ? {} : { low: mean - std, high: mean + std }),
              };
            }),
          })),
          ...(epochs.length <= 10 ? { ticks: epochs } : {}),
          text: formatCorrelationValue,
          within: [-1, 1.02],
          figures: {
            headings: ['Epoch', ...models],
            rows: epochs.map((epoch) => [
              String(epoch),
              ...models.map((model) =>
                formatCorrelationSpread(of(model).find((point) => point.epoch === epoch)?.[against]),
              ),
            ]),
          },
        }),
      ];
    }),
  );
}

/** What the first picks share, as a table. */
export function overlapTable(correlation: Correlation): Html | undefined {
  const shared = overlapSummary(correlation);
  if (shared.length === 0) return undefined;
  return figuresTable('What the first picks have in common', OVERLAP_HEADINGS, overlapRows(shared));
}

/** The finding in a sentence: between models against between runs of one, of the first method that has both. */
export function correlationFinding({ models }: Correlation): string {
  for (const method of new Set(models.map((cell) => cell.method))) {
    const cells = models.filter((cell) => cell.method === method && Number.isFinite(cell.spearman.mean));
    const mean = (list: typeof cells) => list.reduce((sum, c) => sum + c.spearman.mean, 0) / list.length;
    const within = cells.filter((cell) => cell.a === cell.b);
    const between = cells.filter((cell) => cell.a !== cell.b);
    if (between.length === 0) continue;
    const name = capitalised(methodLabel(method));
    const across = `${name}: rankings by different models correlate with ${formatCorrelationValue(mean(between))} on average`;
    return within.length === 0
      ? `${across} (Spearman).`
      : `${across}, those by different runs of one model with ${formatCorrelationValue(mean(within))} (Spearman).`;
  }
  return 'Rankings of the same examples, compared.';
}

/**
 * The page of a comparison: heat maps over models, convergence over epochs, overlaps.
 * @param command how to repeat it
 * @throws SvpError SVP_E_RUNTIME if the chart library is not installed
 */
export async function renderCorrelationReport(correlation: Correlation, command: string): Promise<string> {
  const { rankings, examples } = correlation;
  const heat = await drawCharts(correlationHeatMaps(correlation));
  const curves = await drawCharts(convergenceCharts(correlation));
  const table = overlapTable(correlation);
  const infinite = rankings.filter((ranking) => ranking.infinite > 0);
  return renderPage({
    title: `${formatCount(rankings.length)} rankings of ${formatCount(examples)} examples`,
    over: 'Correlation of rankings',
    finding: correlationFinding(correlation),
    lead: html`<p>${[...commonNote(correlation), correlationNote(correlation)].join(' ')}</p>${
      infinite.length > 0 &&
      html`<p class="quiet">Examples that were never learned have an infinite score in ${formatCount(infinite.length)} of the rankings: they come first in the ranks, and are left out of Pearson’s correlations.</p>`
    }`,
    sections: [
      heat.length > 0 ? { id: 'models', heading: 'Between models', body: html`${heat}` } : undefined,
      curves.length > 0 ? { id: 'epochs', heading: 'Over epochs', body: html`${curves}` } : undefined,
      table && {
        id: 'overlap',
        heading: 'The same first picks',
        body: html`<p>How many of the first picks two rankings share, beside what two random choices would.</p>${table}`,
      },
      {
        id: 'made',
        heading: 'How this was made',
        body: html`<dl class="facts"><dt>Command</dt><dd><code>${command}</code></dd></dl>`,
      },
    ],
    footer: `Made by selection-via-proxy. ${SOURCE} Figures 2, 3 and 6 to 13 there are of this kind.`,
  });
}
