import * as path from 'node:path';
import { type CoreSetFigures, coreSetFigures } from '../analysis/core-set-figures';
import { capitalised, datasetLabel, listed, methodKey, methodLabel } from '../analysis/core-set-names';
import { readCoreSetRecord } from '../analysis/core-set-record';
import { type CoreSetTable, coreSetTable } from '../analysis/core-set-table';
import { formatCount, formatFactor, formatPercent, formatShare, formatTime, NBSP } from '../analysis/units';
import { writeFileAtomically } from '../core/atomic-file';
import type { CoreSetRecord, ModelRecord } from '../core/run-record';
import { coreSetCharts } from './charts';
import { galleries } from './gallery';
import { type Html, html } from './html';
import { methodNote } from './method-notes';
import { renderPage, SOURCE } from './page';
import { coreSetHtmlTable } from './tables';

/** The report's name in a run folder. */
export const REPORT_FILE = 'report.html';

const epochs = (count: number) => `${formatCount(count)} ${count === 1 ? 'epoch' : 'epochs'}`;

/** What was done, in one paragraph. */
function summary(record: CoreSetRecord, figures: CoreSetFigures): Html {
  const { dataset, proxy, target, fraction } = record;
  const methods = listed([...new Set(figures.byProxy.map((subset) => methodLabel(subset.row.method)))]);
  const kept = Math.max(...figures.subsets.filter((s) => s.kind !== 'full').map((s) => s.row.examples), 0);
  const asked =
    methods === ''
      ? ''
      : ` It was then asked which ${formatShare(fraction)}${NBSP}% of the images (${formatCount(kept)}) to keep, by ${methods}.`;
  const random = figures.random === undefined ? '' : ', on a random choice of the same size';
  const oracle =
    figures.oracles.length === 0 ? '' : ', and on what the target itself would have chosen, the oracle';
  return html`<p>A small network, the proxy (${proxy.arch}, ${epochs(proxy.epochs)}), was trained on the whole pool of ${formatCount(dataset.pool)} training images of ${datasetLabel(dataset.name)} in ${formatTime(proxy.trainSeconds)}.${asked} The larger network that is really wanted, the target (${target.arch}, ${epochs(target.epochs)}), was trained on the full pool, on each choice${random}${oracle}, and tested on ${formatCount(dataset.test)} other images.</p>`;
}

function tile(name: string, figure: string, note: string): Html {
  return html`<li><span class="name">${name}</span><b>${figure}</b><span>${note}</span></li>`;
}

/** The four figures to remember. */
function tiles(figures: CoreSetFigures): Html {
  const { full, random, byProxy } = figures;
  const best = byProxy[0];
  const accuracy = (fraction: number) => `${formatPercent(fraction)}${NBSP}%`;
  return html`<ul class="tiles">
${tile('Full pool', accuracy(full.row.testAccuracy), `test accuracy, ${formatTime(full.row.endToEndSeconds)}`)}
${random && tile('Random', accuracy(random.row.testAccuracy), `test accuracy, ${formatTime(random.row.endToEndSeconds)}`)}
${
  best &&
  tile(
    capitalised(methodLabel(best.row.method)),
    accuracy(best.row.testAccuracy),
    `best by proxy, ${formatTime(best.row.endToEndSeconds)}`,
  )
}
${best && tile('Speed-up', `${formatFactor(best.row.speedUp)}×`, 'over the full pool')}
</ul>`;
}

function fact(name: string, value: Html | string): Html {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

function modelText(model: ModelRecord): string {
  return `${model.arch}, width ${model.width}, ${formatCount(model.parameters)} parameters, ${epochs(model.epochs)}`;
}

function howMade(record: CoreSetRecord): Html {
  const { dataset, machine, proxy, target } = record;
  const made = `${new Date(record.createdAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return html`<dl class="facts">
${fact('Command', html`<code>${record.command}</code>`)}
${fact('Seed', String(record.seed))}
${fact(
  'Data set',
  `${datasetLabel(dataset.name)}: ${formatCount(dataset.pool)} images to choose from, ${formatCount(dataset.test)} to test on, ` +
    `${dataset.height} × ${dataset.width} ${dataset.channels === 1 ? 'greyscale' : 'colour'} pixels, ${dataset.classes} classes (${dataset.classNames.join(', ')})`,
)}
${fact('Proxy', `${modelText(proxy)}; test accuracy ${formatPercent(proxy.testAccuracy)}${NBSP}%`)}
${fact('Target', modelText(target))}
${fact('Machine', `${machine.processor}, ${machine.processors} ${machine.processors === 1 ? 'processor' : 'processors'}, ${machine.memoryGiB.toFixed(1)}${NBSP}GiB, ${machine.platform}, Node ${machine.node}`)}
${fact('Whole run', formatTime(record.totalSeconds))}
${fact('Finished', made)}
</dl>`;
}

function meanings(table: CoreSetTable, record: CoreSetRecord): Html {
  const methods = new Map(
    record.rows.filter((row) => row.method !== 'full').map((row) => [methodKey(row.method), row.method]),
  );
  return html`<h3>Columns</h3>
<dl class="facts">
${table.columns.map((column) => html`${fact(column.heading, column.meaning)}\n`)}</dl>
<h3>Methods</h3>
<dl class="facts">
${[...methods.values()].map((method) => html`${fact(capitalised(methodLabel(method)), methodNote(method).meaning)}\n`)}</dl>`;
}

/**
 * The report of a core-set run as one HTML page that needs nothing but itself: no script, no font, no request. It
 * works from the file system, follows the reader's light or dark scheme, and is made for phones and paper as well.
 * @param record a record that passed parseCoreSetRecord
 * @returns the whole document; all text from the record is escaped
 * @throws SvpError SVP_E_RUNTIME if the chart library is not installed
 */
export async function renderCoreSetReport(record: CoreSetRecord): Promise<string> {
  const figures = coreSetFigures(record);
  const table = coreSetTable(record, figures);
  const charts = await coreSetCharts(record, figures);
  const pictures = galleries(record);
  const title = `${datasetLabel(record.dataset.name)}: keeping ${formatShare(record.fraction)}${NBSP}% of ${formatCount(record.dataset.pool)} images`;
  return renderPage({
    title,
    over: 'Core-set selection via proxy',
    finding: table.verdict.headline,
    lead: html`${summary(record, figures)}
${tiles(figures)}`,
    sections: [
      { id: 'results', heading: 'Results', body: coreSetHtmlTable(table) },
      {
        id: 'reading',
        heading: 'What the figures say',
        body: html`<ul class="points">
${table.verdict.details.map((detail) => html`<li>${detail}</li>\n`)}</ul>`,
      },
      { id: 'charts', heading: 'Charts', body: charts },
      pictures && {
        id: 'images',
        heading: 'What was kept, what was dropped',
        body: html`<p>The first images of each method's ranking and the first that it would do without. Each name is the label in the data set.</p>
${pictures}`,
      },
      { id: 'meanings', heading: 'What the words mean', body: meanings(table, record) },
      { id: 'made', heading: 'How this was made', body: howMade(record) },
    ],
    footer: `Made by selection-via-proxy. ${SOURCE} All figures are what this run measured.`,
  });
}

/**
 * Reads a run folder's `core-set.json`, renders its report and writes it, whole or not at all.
 * @param run the run folder, or the path of its core-set.json
 * @param output where to write; default `report.html` beside the record
 * @returns the path written
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT (record), SVP_E_WRITE (output), SVP_E_RUNTIME (chart library missing)
 */
export async function writeCoreSetReport(run: string, output?: string): Promise<string> {
  const record = await readCoreSetRecord(run);
  const folder = run.endsWith('.json') ? path.dirname(run) : run;
  const file = output ?? path.join(folder, REPORT_FILE);
  await writeFileAtomically(file, await renderCoreSetReport(record));
  return file;
}
