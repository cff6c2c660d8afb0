import * as path from 'node:path';
import type { Command } from 'commander';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, resolvedOptions } from './options';

interface ReportCommandOptions extends CommonOptions {
  out?: string;
}

/** Declares `svp report RUN`: the page of a finished run, drawn again from its record. */
export function registerReport(program: Command, context: CliContext): void {
  const command = program
    .command('report')
    .summary('draw the page of a finished run again from its record')
    .description(
      'Reads core-set.json in a run folder and writes one self-contained HTML page: table, charts, pictures. Needs no network.',
    )
    .argument('<run>', 'a run folder of svp quickstart, or its core-set.json')
    .option('--out <file>', 'where the page goes (default: report.html in the run folder)');
  addCommonOptions(command).action(async (run: string, _options: unknown, self: Command) => {
    await runReport(run, await resolvedOptions<ReportCommandOptions>(self), context);
  });
}

async function runReport(run: string, given: ReportCommandOptions, context: CliContext): Promise<void> {
  const { readCoreSetRecord } =
    require('../analysis/core-set-record') as typeof import('../analysis/core-set-record');
  const { formatCoreSetTable } =
    require('../analysis/core-set-table') as typeof import('../analysis/core-set-table');
  const { REPORT_FILE, writeCoreSetReport } =
    require('../report/core-set-report') as typeof import('../report/core-set-report');
  const { prepareOutput, printData, printJson } = require('./output') as typeof import('./output');

  const record = await readCoreSetRecord(run);
  const beside = run.endsWith('.json') ? path.dirname(run) : run;
  const out = await prepareOutput(given.out ?? path.join(beside, REPORT_FILE), given);
  if (!given.dryRun) await writeCoreSetReport(run, out);
  if (given.json)
    return printJson(context, { report: out, dryRun: given.dryRun ?? false, rows: record.rows });
  await printData(context, `${formatCoreSetTable(record).trimEnd()}\n`);
  if (!given.quiet) context.stderr.write(`${given.dryRun ? 'Would write' : 'Report:'} ${out}\n`);
}
