import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { formatCoreSetTable } from '../analysis/core-set-table';
import type { Correlation } from '../analysis/correlate';
import { formatProtocols, protocolsMarkdown, trialsCsv } from '../analysis/protocol-text';
import { readTrials, type TrialSet } from '../analysis/read-trials';
import { seriesGroups } from '../analysis/series';
import { SvpError } from '../errors';
import type { ProtocolReportParts } from '../report/protocol-report';
import { reportFile, writeReport } from '../report/write-report';
import type { CliContext } from './context';
import { prepareOutput, printData, printJson, writeOutput } from './output';
import type { ReportCommandOptions } from './report';

/** Runs `svp report`. */
export async function runReport(
  runs: string[],
  given: ReportCommandOptions,
  context: CliContext,
): Promise<void> {
  const set = await readTrials(runs);
  const [only] = set.runs;
  const quickstart = runs.length === 1 && only.kind === 'quickstart' ? only.record : undefined;
  const groups = seriesGroups(set.trials).filter((group) => group.series.length > 0);
  const out = await prepareOutput(given.out ?? reportFile(runs), given);
  const others: [string, string][] = [];
  if (given.csv !== undefined) others.push([await prepareOutput(given.csv, given), trialsCsv(set.trials)]);
  if (given.markdown !== undefined)
    others.push([await prepareOutput(given.markdown, given), protocolsMarkdown(groups)]);
  if (!given.dryRun) {
    const parts = quickstart ? {} : await partsOf(set, given, context);
    await writeReport(runs, out, parts);
    for (const [file, text] of others) await writeOutput(file, text);
  }
  const files = [out, ...others.map(([file]) => file)];
  if (given.json) {
    const [csv, markdown] = [given.csv, given.markdown];
    return printJson(context, {
      report: out,
      ...(csv === undefined ? {} : { csv }),
      ...(markdown === undefined ? {} : { markdown }),
      dryRun: given.dryRun ?? false,
      ...(quickstart ? { rows: quickstart.rows } : { groups }),
    });
  }
  await printData(
    context,
    quickstart ? `${formatCoreSetTable(quickstart).trimEnd()}\n` : formatProtocols(groups),
  );
  if (!given.quiet) context.stderr.write(`${given.dryRun ? 'Would write' : 'Report:'} ${files.join(', ')}\n`);
}

/** The map and examples of the runs, and the correlations that lie beside its record. */
async function partsOf(
  set: TrialSet,
  given: ReportCommandOptions,
  context: CliContext,
): Promise<ProtocolReportParts> {
  const folder = set.sources[0].folder;
  const correlation = await correlationIn(folder);
  if (!given.examples) return correlation ? { correlation } : {};
  const { selectionView } =
    require('../experiments/selection-view') as typeof import('../experiments/selection-view');
  const texts = given.texts === undefined ? undefined : await readTexts(given.texts);
  const protocols = set.sources.filter(
    ({ folder: source }) => !set.runs.some((run) => run.folder === source && run.kind === 'quickstart'),
  );
  const view =
    protocols.length === 0
      ? undefined
      : await selectionView(
          protocols.map((source) => source.folder),
          {
            ...(texts ? { texts } : {}),
            ...(given.datasetsDir === undefined ? {} : { cacheDirectory: given.datasetsDir }),
            signal: context.signal,
          },
        );
  return { ...(view ? { view } : {}), ...(correlation ? { correlation } : {}) };
}

/** What `svp correlate --out` has left in the run's folder, or in its folder `correlation`. */
async function correlationIn(folder: string): Promise<Correlation | undefined> {
  for (const name of ['correlation.json', path.join('correlation', 'correlation.json')]) {
    const text = await fs.readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const { parseCorrelation } =
      require('../analysis/correlation-file') as typeof import('../analysis/correlation-file');
    return parseCorrelation(text, path.join(folder, name));
  }
  return undefined;
}

/** One text a line; a class before a tab is told with it. */
async function readTexts(file: string): Promise<{ texts: string[]; classNames: string[] }> {
  const content = await fs.readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SvpError('SVP_E_FILE', `Cannot read the texts ${file} (${cause.code}).`, { file, cause });
  });
  const lines = content.replace(/\n$/, '').split(/\r?\n/);
  const parts = lines.map((line) => /^(?:([^\t]*)\t)?(.*)$/s.exec(line) as RegExpExecArray);
  return { texts: parts.map((part) => part[2]), classNames: parts.map((part) => part[1] ?? '') };
}
