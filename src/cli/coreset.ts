import type { Command } from 'commander';
import type { CoreSetOptions, CoreSetResult } from '../experiments/core-set';
import type { CliContext } from './context';
import { given as defined, size } from './network-options';
import { gathered, resolvedOptions } from './options';
import {
  addProtocolOptions,
  methodOptions,
  type ProtocolCommandOptions,
  percent,
  protocolOptions,
  stageLines,
  textTable,
  withDisplay,
} from './protocol-command';

/** `svp coreset` as commander hands it over. The long names are the reference's. */
interface CoreSetCommandOptions extends ProtocolCommandOptions {
  subset?: (number | string)[];
  initialSubset?: number | string;
  balanced?: boolean;
  fullTarget?: boolean;
}

const EXAMPLES = `
Examples:
  svp coreset --subset 50% --proxy-arch preact8                       by forgetting events
  svp coreset --subset 30% --subset 50% --subset 70% --full-target --selection-method entropy --proxy-epochs 2
  svp coreset --run-dir runs/a --resume --subset 50% --proxy-arch preact8
  svp coreset --run-dir runs/b --precomputed-selection runs/a --arch preact56`;

/** Declares `svp coreset`: core-set selection via proxy. */
export function registerCoreSet(program: Command, context: CliContext): void {
  const command = program
    .command('coreset')
    .summary('core-set selection via proxy: what to keep')
    .description(
      'Trains a small proxy on everything, ranks the examples by it, and trains the target on the first of them.',
    );
  addProtocolOptions(
    command,
    (own) =>
      methodOptions(own, 'forgetting-events')
        .option(
          '--subset <size>',
          'how many to keep: a number or a share; repeatable (default: 50%)',
          gathered(size),
        )
        .option('--initial-subset <size>', 'k-centers: random picks at first (default: 2%)', size)
        .option('--balanced', 'as many of each class in every subset')
        .option('--full-target', 'train the target on everything, too'),
    'coreset',
  )
    .addHelpText('after', EXAMPLES)
    .action(async (_options: unknown, self: Command) => {
      await runCoreSet(await resolvedOptions<CoreSetCommandOptions>(self), context);
    });
}

async function runCoreSet(given: CoreSetCommandOptions, context: CliContext): Promise<void> {
  const { coreSet } = require('../experiments/core-set') as typeof import('../experiments/core-set');
  const { printData, printJson } = require('./output') as typeof import('./output');
  const options: CoreSetOptions = {
    ...protocolOptions(given, context),
    ...defined({
      subset: given.subset ?? (given.precomputedSelection === undefined ? '50%' : undefined),
      initialSubset: given.initialSubset,
      balanced: given.balanced,
      fullTarget: given.fullTarget,
    }),
  };
  if (given.dryRun) return printPlan(options, given, context);
  const result = await withDisplay(given, context, (hooks) => coreSet({ ...options, ...hooks }));
  if (given.json) return printJson(context, summaryOf(result));
  await printData(context, `${tableOf(result)}run folder  ${result.runDirectory}\n`);
}

function summaryOf({ record, runDirectory }: CoreSetResult): object {
  const { method, oracle, balanced, proxy, inferenceSeconds, rankingSeconds, subsets, full } = record;
  const figures = { proxy, inferenceSeconds, rankingSeconds, subsets, full };
  const { totalSeconds, overheadSeconds } = record;
  return { runDirectory, method, oracle, balanced, ...figures, totalSeconds, overheadSeconds };
}

function tableOf({ record }: CoreSetResult): string {
  const { formatSeconds } = require('./progress-display') as typeof import('./progress-display');
  const { full, proxy, inferenceSeconds, rankingSeconds, dataset } = record;
  const seconds = (value: number | undefined) => (value === undefined ? '' : formatSeconds(value));
  const choosing = seconds((proxy?.trainSeconds ?? 0) + inferenceSeconds + rankingSeconds);
  const rows = record.subsets.map(({ examples, target, endToEndSeconds, speedUp }) => [
    String(examples),
    percent(examples / dataset.pool),
    percent(target?.testAccuracy),
    choosing,
    seconds(target?.trainSeconds),
    seconds(endToEndSeconds),
    speedUp === undefined ? '' : `${speedUp.toFixed(2)} x`,
  ]);
  if (full) {
    const time = seconds(full.trainSeconds);
    rows.push([String(full.examples), percent(1), percent(full.testAccuracy), '', time, time, '1.00 x']);
  }
  return textTable(
    ['kept', 'share', 'target accuracy', 'selection', 'target training', 'end to end', 'speed-up'],
    rows,
  );
}

async function printPlan(
  options: CoreSetOptions,
  given: CoreSetCommandOptions,
  context: CliContext,
): Promise<void> {
  const { coreSetConfiguration, coreSetPlan } =
    require('../experiments/core-set-plan') as typeof import('../experiments/core-set-plan');
  const { coreSetStages } =
    require('../experiments/protocol-stages') as typeof import('../experiments/protocol-stages');
  const { openWorkbench } = require('../experiments/workbench') as typeof import('../experiments/workbench');
  const { printData, printJson } = require('./output') as typeof import('./output');
  // A dry run keeps nothing.
  const { resizedCache: _notMade, ...reading } = options;
  const bench = await openWorkbench(reading);
  try {
    const plan = await coreSetPlan(options, bench);
    const stages = coreSetStages(plan, plan.testIndices?.length ?? bench.splits.test.count);
    const { lines, seconds } = stageLines(stages);
    if (given.json) {
      const configuration = coreSetConfiguration(plan, bench.name);
      return printJson(context, { dryRun: true, ...configuration, estimatedSeconds: Math.round(seconds) });
    }
    await printData(
      context,
      `${bench.name}: of a pool of ${plan.pool.length}, ${plan.budgets.join(', ')} are kept by ${plan.method.name}.\n${lines}`,
    );
  } finally {
    await bench.close();
  }
}
