import * as path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, resolvedOptions, wholeNumber } from './options';

interface CorrelateCommandOptions extends CommonOptions {
  budget?: number[];
  reference?: string;
  poolSize?: number;
  out?: string;
}

const EXAMPLES = `
Examples:
  svp correlate proxy/entropy.npy target/entropy.npy
  svp correlate preact8#1=a.npy preact8#2=b.npy preact20#1=c.npy preact20#2=d.npy
  svp correlate runs/proxy runs/target --reference preact20
  svp correlate sweep --out sweep/correlation`;

/** "10%" → 0.1, "500" → 500: what `correlate` takes. */
function budget(text: string, previous: number[] = []): number[] {
  const trimmed = text.trim();
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(trimmed);
  const value = share ? Number(share[1]) / 100 : /^\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  // One pick alone is not worth comparing, and 1 means all of them to correlate().
  const fits = share ? value > 0 && value <= 1 : value >= 2;
  if (!fits) throw new InvalidArgumentError('It must be a number of at least 2, or a percentage (10%).');
  return [...previous, value];
}

/** Declares `svp correlate`. */
export function registerCorrelate(program: Command, context: CliContext): void {
  const command = program
    .command('correlate')
    .summary('compare rankings of the same examples by several models, runs or epochs')
    .description(
      'Spearman’s and Pearson’s correlations, convergence over epochs, and what the first picks have in common.',
    )
    .argument(
      '<rankings...>',
      'scores (.npy), orders (.index), folders of runs, trainings or sweeps; MODEL#SEED@EPOCH= before one labels it',
    )
    .option(
      '--budget <count>',
      'compare this many first picks, a number or a percentage; repeatable (default: 10%, 30%, 50%)',
      budget,
    )
    .option('--reference <model>', 'the model whose final rankings the others converge to')
    .option(
      '--pool-size <n>',
      'examples of the pool, where orders alone do not say',
      wholeNumber(2, 2 ** 32 - 1),
    )
    .option('--out <folder>', 'write correlation.json, CSV files and a page with a heat map there');
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (rankings: string[], _options: unknown, self: Command) => {
      await runCorrelate(rankings, await resolvedOptions<CorrelateCommandOptions>(self), context);
    });
}

async function runCorrelate(
  operands: string[],
  given: CorrelateCommandOptions,
  context: CliContext,
): Promise<void> {
  const { readRankings, withUniqueNames } =
    require('./correlate-inputs') as typeof import('./correlate-inputs');
  const { correlate } = require('../analysis/correlate') as typeof import('../analysis/correlate');
  const { correlationCsv, formatCorrelation } =
    require('../analysis/correlation-table') as typeof import('../analysis/correlation-table');
  const { printData, printJson, prepareOutput, toJson, writeOutput } =
    require('./output') as typeof import('./output');
  const { createDisplay } = require('./progress-display') as typeof import('./progress-display');
  const { ensureFolder } = require('../core/atomic-file') as typeof import('../core/atomic-file');

  const read = [];
  const sources: string[] = [];
  for (const operand of operands) {
    for (const ranking of await readRankings(operand)) {
      read.push(ranking);
      sources.push(operand);
    }
  }
  const rankings = withUniqueNames(read, sources);
  const names = [
    'correlation.json',
    'pairs.csv',
    'models.csv',
    'convergence.csv',
    'overlaps.csv',
    'correlation.html',
  ];
  const files = given.out === undefined ? [] : names.map((name) => path.join(given.out as string, name));
  if (given.dryRun) {
    const plan = rankings.map(({ name, method, scores, order }) => ({
      name,
      method,
      examples: scores?.length ?? order?.length,
    }));
    if (given.json) return printJson(context, { dryRun: true, rankings: plan, out: files });
    return printData(
      context,
      `Would compare:\n${plan.map((p) => `  ${p.name}, ${p.method}, ${p.examples} examples\n`).join('')}${files.map((file) => `Would write ${file}\n`).join('')}`,
    );
  }
  if (given.out !== undefined) {
    await ensureFolder(given.out);
    for (const file of files) await prepareOutput(file, given);
  }
  const display = createDisplay(context, given);
  try {
    const result = await correlate(rankings, {
      ...(given.budget ? { budgets: given.budget } : {}),
      ...(given.reference === undefined ? {} : { reference: given.reference }),
      ...(given.poolSize === undefined ? {} : { poolSize: given.poolSize }),
      signal: context.signal,
      onProgress: display.onProgress,
    });
    if (given.out !== undefined) {
      const { renderCorrelationReport } =
        require('../report/correlation-report') as typeof import('../report/correlation-report');
      const texts: Record<string, string> = {
        'correlation.json': `${toJson(result)}\n`,
        'correlation.html': await renderCorrelationReport(result, commandLine(operands, given)),
        ...correlationCsv(result),
      };
      for (const name of names) await writeOutput(path.join(given.out, name), texts[name]);
    }
    display.finish();
    if (given.json) return await printJson(context, result);
    await printData(context, formatCorrelation(result));
    if (given.out !== undefined) display.note(`Written: ${files.join(', ')}`);
  } finally {
    display.finish();
  }
}

/** The command that makes the same comparison again. */
function commandLine(operands: readonly string[], given: CorrelateCommandOptions): string {
  const quoted = (text: string) =>
    /^[\w@%+=:,./#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return [
    'svp correlate',
    ...operands.map(quoted),
    ...(given.budget ?? []).map((b) => `--budget ${b <= 1 ? `${b * 100}%` : b}`),
    ...(given.reference === undefined ? [] : [`--reference ${quoted(given.reference)}`]),
  ].join(' ');
}
