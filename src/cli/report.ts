import type { Command } from 'commander';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, resolvedOptions } from './options';

export interface ReportCommandOptions extends CommonOptions {
  out?: string;
  csv?: string;
  markdown?: string;
  texts?: string;
  datasetsDir?: string;
  examples: boolean;
}

const EXAMPLES = `
Examples:
  svp report runs/quickstart-2026-01-31T120000Z
  svp report sweep --markdown results.md --csv results.csv
  svp report runs/least-confidence runs/random --out compared.html`;

/** Declares `svp report RUN…`: the page of finished runs, drawn from their records. */
export function registerReport(program: Command, context: CliContext): void {
  const command = program
    .command('report')
    .summary('draw the page of finished runs or of a sweep from their records')
    .description(
      'Reads finished runs and writes one self-contained HTML page: tables, charts, a map, examples. Needs no network.',
    )
    .argument(
      '<runs...>',
      'folders of svp active, coreset, sweep or quickstart (or their records); several are compared',
    )
    .option('--out <file>', 'where the page goes (default: report.html in the first folder)')
    .option('--csv <file>', 'also write every measurement, a line for each run and budget')
    .option('--markdown <file>', 'also write the tables and findings as Markdown')
    .option(
      '--no-examples',
      'leave out the map and the examples, which need the runs’ files and their data set',
    )
    .option('--texts <file>', 'the texts of the pool, one a line, where it is of texts')
    .option('--datasets-dir <folder>', 'where converted data sets are kept (default: the cache)');
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (runs: string[], _options: unknown, self: Command) => {
      const options = await resolvedOptions<ReportCommandOptions>(self);
      const { runReport } = require('./report-run') as typeof import('./report-run');
      await runReport(runs, options, context);
    });
}
