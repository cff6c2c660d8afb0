import * as path from 'node:path';
import { capitalised, datasetLabel, listed, methodKey, methodLabel } from '../analysis/core-set-names';
import type { Correlation } from '../analysis/correlate';
import { protocolTable } from '../analysis/protocol-table';
import { protocolVerdict } from '../analysis/protocol-verdict';
import type { RunSummary, TrialSet } from '../analysis/read-trials';
import { type SeriesGroup, seriesGroups } from '../analysis/series';
import { formatCount, formatShare, formatTime, NBSP } from '../analysis/units';
import type { DatasetRecord } from '../core/run-record';
import type { SelectionView } from '../core/selection-view';
import { SvpError } from '../errors';
import type { Chart } from './chart';
import { drawCharts } from './chart-figures';
import { convergenceCharts, correlationHeatMaps } from './correlation-report';
import { featureMapPanels } from './feature-map';
import { type Html, html } from './html';
import { methodNote } from './method-notes';
import { type PageSection, renderPage, SOURCE } from './page';
import { accuracyByBudget, accuracyByTime, againstRandomChart, classBalanceChart } from './protocol-charts';
import { protocolHtmlTables } from './protocol-tables';
import { coverageChart, viewGalleries } from './selection-sections';
import { runCurves } from './training-curves';

/** What a page may show beside the figures of the runs. */
export interface ProtocolReportParts {
  view?: SelectionView;
  correlation?: Correlation;
}

const fact = (name: string, value: Html | string) => html`<dt>${name}</dt><dd>${value}</dd>\n`;

/** The name of a protocol, for a title and within a sentence. */
const protocolName = ({ protocol }: Pick<SeriesGroup, 'protocol'>) =>
  protocol === 'active' ? 'active learning' : 'core-set selection';

/** What was done, in one paragraph a group. */
function summary(group: SeriesGroup): Html {
  const { series, budgets, pool, target, full } = group;
  const methods = listed([...new Set(series.map((one) => methodLabel(one.method)))]);
  const proxies = listed([...new Set(series.flatMap((one) => (one.oracle ? [] : (one.proxy ?? []))))]);
  const seeds = [...new Set(series.flatMap((one) => one.seeds))];
  const shares = budgets.map((budget) => `${formatShare(budget / pool)}${NBSP}%`);
  const how =
    group.protocol === 'active'
      ? 'Starting from a few random labels, each round a model chose what to label next, and was trained anew.'
      : 'A model trained on the whole pool ranked it, and the first of the ranking were kept.';
  return html`<p>${how} Methods: ${methods}${proxies === '' ? '' : `; proxies: ${proxies}`}. The target, ${target}, was trained on ${listed(shares)} of ${formatCount(pool)} examples of ${datasetLabel(group.dataset)}${full ? ', and on all of them' : ''}, and tested on ${formatCount(group.test)} others; ${seeds.length === 1 ? `one seed (${seeds[0]})` : `${formatCount(seeds.length)} seeds`}.</p>
`;
}

function groupCharts(group: SeriesGroup, g: number, classNames: readonly string[]): Chart[] {
  return [
    accuracyByBudget(group, g),
    againstRandomChart(group, g),
    accuracyByTime(group, g),
    classBalanceChart(group, g, classNames),
  ].filter((chart) => chart !== undefined);
}

function sourceFacts(source: RunSummary): Html {
  const { machine, createdAt } = source;
  const made = `${new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return html`<dl class="facts">
${fact('Command', html`<code>${source.command}</code>`)}${source.seed === undefined ? undefined : fact('Seed', String(source.seed))}${fact(
  'Machine',
  `${machine.processor}, ${machine.processors} ${machine.processors === 1 ? 'processor' : 'processors'}, ${machine.memoryGiB.toFixed(1)}${NBSP}GiB, ${machine.platform}, Node ${machine.node}`,
)}${fact('Time in all', formatTime(source.totalSeconds))}${fact('Finished', made)}</dl>
${
  Object.keys(source.configuration).length > 0 &&
  html`<details><summary>Configuration</summary><pre>${JSON.stringify(source.configuration, null, 2)}</pre></details>`
}
`;
}

function unfinished({ waiting, failed }: TrialSet): Html | undefined {
  if (waiting.length + failed.length === 0) return undefined;
  const states = [
    waiting.length > 0 ? `${formatCount(waiting.length)} not yet done` : '',
    failed.length > 0
      ? `${formatCount(failed.length)} failed (${failed.map((run) => `${run.id}: ${run.error}`).join('; ')})`
      : '',
  ].filter((text) => text !== '');
  return html`<p class="quiet">Not all runs of the sweep are in these figures: ${listed(states)}.</p>`;
}

function meanings(groups: readonly SeriesGroup[]): Html {
  const methods = new Map(
    groups.flatMap((g) => g.series.map((s) => [methodKey(s.method), s.method] as const)),
  );
  const image = (text: string) =>
    text.replaceAll('images', 'examples').replaceAll('image', 'example').replaceAll('Images', 'Examples');
  return html`<dl class="facts">
${[...methods.values()].map((method) => fact(capitalised(methodLabel(method)), image(methodNote(method).meaning)))}${fact('Baseline', 'The target chooses for itself: as good a choice as the method can make, at the price of training the target to make it.')}${fact('Proxy', 'A smaller network, or the same trained for fewer epochs, that chooses in the target’s place.')}</dl>`;
}

function datasetOf(set: TrialSet, group: SeriesGroup): DatasetRecord | undefined {
  return set.runs
    .flatMap((run) => (run.kind === 'sweep' ? [] : [run.record.dataset]))
    .find((dataset) => dataset.name === group.dataset);
}

/**
 * The report of runs of active learning and core-set selection, or of a sweep of them, as one HTML page that needs
 * nothing but itself.
 * @param set from readTrials
 * @param parts what else to show: the map of features, galleries, correlations
 * @returns the whole document; all text from the records is escaped
 * @throws SvpError SVP_E_RUNTIME if the chart library is not installed; SVP_E_FORMAT if no target was tested
 */
export async function renderProtocolReport(set: TrialSet, parts: ProtocolReportParts = {}): Promise<string> {
  const groups = seriesGroups(set.trials).filter((group) => group.series.length > 0);
  if (groups.length === 0) {
    throw new SvpError(
      'SVP_E_FORMAT',
      'These runs trained no target: there is no accuracy to report. Train one on the selections first.',
    );
  }
  const { view, correlation } = parts;
  const charts = groups.map((group, g) => groupCharts(group, g, datasetOf(set, group)?.classNames ?? []));
  const drawn = await drawCharts(charts.flat());
  const coverage = view?.map && coverageChart(view.coverage, view.map.x.length);
  const curves = set.runs.length === 1 ? runCurves(set.runs[0]) : undefined;
  const extras = await drawCharts([coverage, curves].filter((chart) => chart !== undefined));
  const ranks = correlation
    ? await drawCharts([...correlationHeatMaps(correlation), ...convergenceCharts(correlation)])
    : [];
  const verdicts = groups.map(protocolVerdict);
  const names = [...new Set(groups.map(protocolName))];
  const title =
    set.name ??
    `${capitalised(listed(names))}: ${listed([...new Set(groups.map((g) => datasetLabel(g.dataset)))])}`;

  const sections: (PageSection | undefined)[] = [];
  let at = 0;
  for (const [g, group] of groups.entries()) {
    const table = protocolTable(group);
    const figures = drawn.slice(at, at + charts[g].length);
    at += charts[g].length;
    const several = groups.length > 1;
    sections.push({
      id: `results-${g}`,
      heading: several ? table.caption : 'Results',
      body: html`${several && summary(group)}${protocolHtmlTables(table, g)}<h3 class="apart">What the figures say</h3>
<ul class="points">
${[...(several ? [verdicts[g].headline] : []), ...verdicts[g].details].map((detail) => html`<li>${detail}</li>\n`)}</ul>
<h3 class="apart">Charts</h3>
${figures}`,
    });
  }
  const pictures = view && viewGalleries(view);
  sections.push(
    extras.length > 0
      ? {
          id: 'more',
          heading: coverage && curves ? 'Coverage and training' : coverage ? 'Coverage' : 'Training',
          body: html`${extras}`,
        }
      : undefined,
    view?.map && {
      id: 'map',
      heading: 'The selections in the space of features',
      body: featureMapPanels(view.map),
    },
    ranks.length > 0 ? { id: 'rankings', heading: 'How alike models rank', body: html`${ranks}` } : undefined,
    pictures && { id: 'examples', heading: 'What was kept, what was dropped', body: pictures },
    { id: 'meanings', heading: 'What the words mean', body: meanings(groups) },
    {
      id: 'made',
      heading: 'How this was made',
      body: html`${set.sources.map(sourceFacts)}${view && view.notes.length > 0 && html`<ul class="points">${view.notes.map((note) => html`<li>${note}</li>`)}</ul>`}<p class="quiet">To repeat it, run the command again; <code>svp report ${set.sources.map((source) => path.basename(source.folder)).join(' ')}</code> draws this page again.</p>`,
    },
  );
  return renderPage({
    title,
    over: 'Selection via proxy',
    finding:
      groups.length === 1
        ? verdicts[0].headline
        : groups.map((g, i) => `${capitalised(protocolName(g))}: ${verdicts[i].headline}`).join(' '),
    lead: html`${groups.length === 1 ? summary(groups[0]) : undefined}${unfinished(set)}`,
    sections,
    footer: `Made by selection-via-proxy. ${SOURCE} All figures are what these runs measured.`,
  });
}
