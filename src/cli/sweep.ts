import type { Command } from 'commander';
import type { SweepResult } from '../experiments/sweep';
import type { CliContext, CommonOptions } from './context';
import { given as defined } from './network-options';
import { addCommonOptions, resolvedOptions } from './options';

interface SweepCommandOptions extends CommonOptions {
  datasetsDir?: string;
  runDir?: string;
}

const EXAMPLES = `
Examples:
  svp sweep docs/results/fashion-mnist-small.yaml --dry-run
  svp sweep docs/results/fashion-mnist-small.yaml          again after a stop: what is done is skipped`;

/** Declares `svp sweep CONFIG`: both protocols over methods, proxies and seeds. */
export function registerSweep(program: Command, context: CliContext): void {
  const command = program
    .command('sweep')
    .summary('many runs from one configuration: methods, proxies, budgets, seeds')
    .description(
      'Runs active learning and core-set selection for every combination that a YAML file names. What is done is skipped; runs ' +
        'that need the same training share it.',
    )
    .argument('<configuration>', 'a YAML file')
    .option('--datasets-dir <folder>', 'where converted data sets are kept (default: the cache)')
    .option('--run-dir <folder>', 'where the sweep goes, and goes on (default: runs/sweep-NAME)');
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (configuration: string, _options: unknown, self: Command) => {
      await runSweep(configuration, await resolvedOptions<SweepCommandOptions>(self), context);
    });
}

async function runSweep(
  configuration: string,
  given: SweepCommandOptions,
  context: CliContext,
): Promise<void> {
  const { sweep } = require('../experiments/sweep') as typeof import('../experiments/sweep');
  const { createDisplay } = require('./progress-display') as typeof import('./progress-display');
  const { printData, printJson } = require('./output') as typeof import('./output');
  if (given.dryRun) return printPlan(configuration, given, context);
  const display = createDisplay(context, given);
  let result: SweepResult;
  try {
    result = await sweep({
      configuration,
      command: ['svp', ...process.argv.slice(2)].join(' '),
      signal: context.signal,
      ...defined({ runDirectory: given.runDir, cacheDirectory: given.datasetsDir, force: given.force }),
      onProgress: display.onProgress,
      onNote: (text) => display.note(text),
      onRunDirectory: (folder) => {
        context.resumable = true;
        context.stopHint = `Go on by the same command; what is finished in ${folder} is not repeated.`;
      },
    });
  } finally {
    display.finish();
  }
  context.resumable = false;
  const { record, runDirectory, failures } = result;
  if (given.json) await printJson(context, { ...record, runDirectory });
  else {
    const { formatSeconds } = require('./progress-display') as typeof import('./progress-display');
    const done = record.runs.filter((run) => run.state === 'done').length;
    await printData(
      context,
      `${done} of ${record.runs.length} runs done in ${formatSeconds(record.totalSeconds)}\nrun folder  ${runDirectory}\n`,
    );
  }
  // The others have been run; the first failure decides the exit code.
  if (failures.length > 0) throw failures[0].error;
}

async function printPlan(file: string, given: SweepCommandOptions, context: CliContext): Promise<void> {
  const { sweepPlan } = require('../experiments/sweep') as typeof import('../experiments/sweep');
  const { formatSeconds } = require('./progress-display') as typeof import('./progress-display');
  const { printData, printJson } = require('./output') as typeof import('./output');
  const { configuration, runs, estimatedSeconds } = await sweepPlan({
    configuration: file,
    ...defined({ cacheDirectory: given.datasetsDir }),
  });
  if (given.json) {
    const { name, dataset, seeds } = configuration;
    const ids = runs.map(({ id }) => id);
    return printJson(context, {
      dryRun: true,
      name,
      dataset,
      seeds,
      runs: ids,
      estimatedSeconds: Math.round(estimatedSeconds),
    });
  }
  const lines = runs.map(({ id, oracle }) => `  ${id}${oracle ? ' (the target is its own proxy)' : ''}\n`);
  await printData(
    context,
    `${configuration.name}: ${runs.length} runs on ${configuration.dataset}\n${lines.join('')}` +
      `About ${formatSeconds(estimatedSeconds)} in all on two cores. Nothing was written.\n`,
  );
}
