import type { Command } from 'commander';
import type { ActiveLearningOptions, ActiveLearningResult } from '../experiments/active-learning';
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

/** `svp active` as commander hands it over. The long names are the reference's. */
interface ActiveCommandOptions extends ProtocolCommandOptions {
  initialSubset?: number | string;
  round?: (number | string)[];
  evalTargetAt?: (number | string)[];
  balanced?: boolean;
  warmStart?: boolean;
  ask?: string;
}

const EXAMPLES = `
Examples:
  svp active --proxy-arch preact8                  2 % labelled at first, then to 10, 20, 30, 40 and 50 %
  svp active --initial-subset 1000 --round 4000 --round 5000 --selection-method k-centers --proxy-arch preact8
  svp active --run-dir runs/a --eval-target-at 10% --eval-target-at 50% --proxy-epochs 2
  svp active --run-dir runs/a --resume             the same options, after a stop
  svp active --run-dir runs/b --precomputed-selection runs/a --arch preact56
  svp active --run-dir runs/c --ask to-label.csv --round 200   writes the list, exits with 75; again with --resume`;

/** Declares `svp active`: active learning via proxy. */
export function registerActive(program: Command, context: CliContext): void {
  const command = program
    .command('active')
    .summary('active learning via proxy: what to label next')
    .description(
      'Labels some examples at random; then, round by round, trains a small proxy on what is labelled and lets it choose what ' +
        'to label next; trains the target on the outcome.',
    );
  addProtocolOptions(
    command,
    (own) =>
      methodOptions(own, 'least-confidence')
        .option(
          '--initial-subset <size>',
          'labelled at first, at random: a number or a share (default: 2%)',
          size,
        )
        .option(
          '-r, --round <size>',
          'examples that a round adds; repeatable (default: 8%, then four times 10%)',
          gathered(size),
        )
        .option(
          '--eval-target-at <size>',
          'train the target when so many are labelled; repeatable (default: at the end)',
          gathered(size),
        )
        .option('--balanced', 'as many of each class among the initial examples')
        .option('--warm-start', 'each proxy starts from the weights of the one before')
        .option(
          '--ask <file>',
          'labels are hidden: write what is to be labelled to this file, and read it back',
        ),
    'active',
  )
    .addHelpText('after', EXAMPLES)
    .action(async (_options: unknown, self: Command) => {
      await runActive(await resolvedOptions<ActiveCommandOptions>(self), context);
    });
}

async function runActive(given: ActiveCommandOptions, context: CliContext): Promise<void> {
  const { activeLearning } =
    require('../experiments/active-learning') as typeof import('../experiments/active-learning');
  const { printData, printJson } = require('./output') as typeof import('./output');
  const options: ActiveLearningOptions = {
    ...protocolOptions(given, context),
    ...defined({
      initialSubset: given.initialSubset,
      rounds: given.round,
      evalTargetAt: given.evalTargetAt,
      balanced: given.balanced,
      warmStart: given.warmStart,
    }),
  };
  if (given.dryRun) return printPlan(options, given, context);
  if (given.ask !== undefined) {
    const { askByFile } = require('./ask-file') as typeof import('./ask-file');
    options.labels = askByFile(given.ask, given);
  }
  const result = await withDisplay(given, context, (hooks) => activeLearning({ ...options, ...hooks }));
  if (given.json) return printJson(context, summaryOf(result));
  await printData(context, `${tableOf(result)}run folder  ${result.runDirectory}\n`);
}

function summaryOf({ record, runDirectory }: ActiveLearningResult): object {
  const { method, oracle, rounds, targets, proxy, target, totalSeconds, overheadSeconds } = record;
  const figures = { proxy, target, rounds, targets, totalSeconds, overheadSeconds };
  return {
    runDirectory,
    method,
    oracle,
    ...figures,
    labelled: rounds.at(-1)?.labelledAfter ?? record.initial,
  };
}

function tableOf({ record }: ActiveLearningResult): string {
  const { formatSeconds } = require('./progress-display') as typeof import('./progress-display');
  return textTable(
    ['labelled', 'share', 'target accuracy', 'selection', 'target training', 'end to end'],
    record.targets.map((t) => [
      String(t.examples),
      percent(t.examples / record.dataset.pool),
      percent(t.testAccuracy),
      formatSeconds(t.selectionSeconds),
      formatSeconds(t.trainSeconds),
      formatSeconds(t.endToEndSeconds),
    ]),
  );
}

async function printPlan(
  options: ActiveLearningOptions,
  given: ActiveCommandOptions,
  context: CliContext,
): Promise<void> {
  const { activeConfiguration, activePlan } =
    require('../experiments/active-plan') as typeof import('../experiments/active-plan');
  const { activeStages } =
    require('../experiments/protocol-stages') as typeof import('../experiments/protocol-stages');
  const { openWorkbench } = require('../experiments/workbench') as typeof import('../experiments/workbench');
  const { printData, printJson } = require('./output') as typeof import('./output');
  // A dry run keeps nothing.
  const { resizedCache: _notMade, ...reading } = options;
  const bench = await openWorkbench(reading);
  try {
    const plan = await activePlan(options, bench);
    const stages = activeStages(plan, plan.testIndices?.length ?? bench.splits.test.count);
    const { lines, seconds } = stageLines(stages);
    if (given.json) {
      const configuration = activeConfiguration(plan, bench.name);
      return printJson(context, { dryRun: true, ...configuration, estimatedSeconds: Math.round(seconds) });
    }
    const { pool, initial, rounds, method } = plan;
    const last = rounds.reduce((a, b) => a + b, initial.length);
    await printData(
      context,
      `${bench.name}: a pool of ${pool.length}, of which ${initial.length} are labelled at first and ${last} in the end, by ${method.name}.\n${lines}`,
    );
  } finally {
    await bench.close();
  }
}
