import * as path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { SvpError } from '../errors';
import type { QuickstartOptions } from '../experiments/quickstart';
import type { CliContext, CommonOptions, Display } from './context';
import { addCommonOptions, resolvedOptions, wholeNumber } from './options';

/** `svp quickstart` as commander hands it over; see docs/guides/quickstart.md. */
interface QuickstartCommandOptions extends CommonOptions {
  fast?: boolean;
  seed: number;
  pool?: number;
  fraction?: number;
  runDir?: string;
  settings?: string;
}

const EXAMPLES = `
Examples:
  svp quickstart                     a few minutes: table, run folder and report.html
  svp quickstart --fast              the same in under a minute, with fewer images
  svp quickstart --seed 1 --run-dir runs/second
  svp quickstart --fraction 0.3 --pool 20000
  svp quickstart --dry-run           the plan with a guess of its time`;

/** Declares `svp quickstart`: the demonstration that `npm start` runs. */
export function registerQuickstart(program: Command, context: CliContext): void {
  const command = program
    .command('quickstart')
    .summary('core-set selection via proxy on real images, with a report')
    .description(
      'Trains a small proxy on Fashion-MNIST, lets four methods keep half of the images by it, trains the larger target\n' +
        'on the full pool, on each half and on the half that the target itself would choose, and compares accuracy and time.',
    )
    .option('--fast', 'fewer images, under a minute on two cores')
    .option('--seed <n>', 'seed of every random choice', wholeNumber(-(2 ** 31), 2 ** 31 - 1), 0)
    .option('--pool <n>', 'images to choose from, at random out of the train split', wholeNumber(2))
    .option('--fraction <share>', 'share of the pool that each method keeps (default: 0.5)', share)
    .option('--run-dir <folder>', 'where the run goes (default: runs/quickstart-TIME)')
    // For tests and experiments: any of the profile's settings, as JSON.
    .addOption(new Option('--settings <json>', 'settings over those of the profile').hideHelp());
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (_options: unknown, self: Command) => {
      await runQuickstart(await resolvedOptions<QuickstartCommandOptions>(self), context);
    });
}

function share(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value > 0 && value <= 1))
    throw new InvalidArgumentError('It must be a number above 0 and at most 1.');
  return value;
}

async function runQuickstart(given: QuickstartCommandOptions, context: CliContext): Promise<void> {
  const { quickstart } = require('../experiments/quickstart') as typeof import('../experiments/quickstart');
  const { formatCoreSetTable } =
    require('../analysis/core-set-table') as typeof import('../analysis/core-set-table');
  const { renderCoreSetReport } =
    require('../report/core-set-report') as typeof import('../report/core-set-report');
  const { writeFileAtomically } = require('../core/atomic-file') as typeof import('../core/atomic-file');
  const { createDisplay, formatSeconds } =
    require('./progress-display') as typeof import('./progress-display');
  const { printData, printJson } = require('./output') as typeof import('./output');

  const options = toOptions(given, context);
  if (given.dryRun) return printPlan(options, given, context);
  const display: Display = createDisplay(context, given);
  let folder: string | undefined;
  try {
    const { record, runDirectory } = await quickstart({
      ...options,
      onProgress: display.onProgress,
      onNote: (text) => display.note(text),
      onRunDirectory: (made) => {
        folder = made;
      },
    });
    const report = path.join(runDirectory, 'report.html');
    await writeFileAtomically(report, await renderCoreSetReport(record));
    display.finish();
    if (given.json) return await printJson(context, { runDirectory, report, ...record });
    await printData(context, `${formatCoreSetTable(record).trimEnd()}\n`);
    display.note(`\nRun folder: ${runDirectory}`);
    display.note(`Report: ${report}`);
    display.note(`Time: ${formatSeconds(record.totalSeconds)}`);
  } catch (error) {
    display.finish();
    if (context.signal.aborted && folder !== undefined) {
      context.stopHint =
        `Nothing is left half-written; ${folder} keeps what was finished and can be deleted. ` +
        'Run svp quickstart again to start over.';
    }
    throw error;
  }
}

function toOptions(given: QuickstartCommandOptions, context: CliContext): QuickstartOptions {
  let settings: QuickstartOptions['settings'] = {};
  if (given.settings !== undefined) {
    try {
      settings = JSON.parse(given.settings);
    } catch (cause) {
      throw new SvpError('SVP_E_OPTION', `--settings is not JSON: ${(cause as Error).message}.`, {
        option: 'settings',
        cause,
      });
    }
  }
  const command = ['svp', ...process.argv.slice(2)].join(' ');
  return {
    fast: given.fast ?? false,
    seed: given.seed,
    settings: {
      ...settings,
      ...(given.pool === undefined ? {} : { pool: given.pool }),
      ...(given.fraction === undefined ? {} : { fraction: given.fraction }),
    },
    force: given.force ?? false,
    ...(given.runDir === undefined ? {} : { runDirectory: given.runDir }),
    command,
    signal: context.signal,
  };
}

async function printPlan(
  options: QuickstartOptions,
  given: QuickstartCommandOptions,
  context: CliContext,
): Promise<void> {
  const { quickstartSettings } =
    require('../experiments/quickstart') as typeof import('../experiments/quickstart');
  const { quickstartPlan } =
    require('../experiments/quickstart-plan') as typeof import('../experiments/quickstart-plan');
  const { StagePlan } = require('../experiments/stage-plan') as typeof import('../experiments/stage-plan');
  const { formatSeconds } = require('./progress-display') as typeof import('./progress-display');
  const { printData, printJson } = require('./output') as typeof import('./output');
  const settings = quickstartSettings(options);
  const { budget, stages } = quickstartPlan(settings);
  const seconds = StagePlan.guess(stages);
  if (given.json) {
    return printJson(context, {
      dryRun: true,
      ...settings,
      budget,
      estimatedSeconds: Math.round(seconds),
      stages: stages.map(({ name, units, secondsPerUnit }) => ({
        name,
        estimatedSeconds: Number((units * secondsPerUnit).toFixed(1)),
      })),
    });
  }
  const lines = stages.map(
    ({ name, units, secondsPerUnit }, i) =>
      `  ${i + 1}. ${name}, about ${formatSeconds(units * secondsPerUnit)}`,
  );
  await printData(
    context,
    `${settings.dataset}: a pool of ${settings.pool} images, of which each method keeps ${budget}; ` +
      `${settings.test} test images.\n${lines.join('\n')}\n` +
      `About ${formatSeconds(seconds)} in all on two cores. Nothing was written.\n`,
  );
}
