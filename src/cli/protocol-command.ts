import { type Command, Option } from 'commander';
import type { ProtocolOptions } from '../experiments/protocol-options';
import type { CliContext, CommonOptions } from './context';
import {
  addNetworkOptions,
  given as defined,
  type NetworkCommandOptions,
  networksOf,
  seedNumber,
  validationPart,
} from './network-options';
import { addCommonOptions, resizedCacheOption, wholeNumber } from './options';

/** Options that `svp active` and `svp coreset` share, as commander hands them over. */
export interface ProtocolCommandOptions extends CommonOptions, NetworkCommandOptions {
  dataset: string;
  datasetsDir?: string;
  resizedCache?: number;
  pool?: number;
  test?: number;
  validation?: number | string;
  evalEveryEpoch: boolean;
  scoring: 'tensorflow' | 'onnx';
  selectionMethod?: string;
  precomputedSelection?: string;
  trainTarget: boolean;
  seed: number;
  resume?: boolean;
  runDir?: string;
}

/** Declares what both have: the data before the protocol's own options, and where the run goes after them. */
export function addProtocolOptions(
  command: Command,
  own: (command: Command) => Command,
  protocol: string,
): Command {
  const withData = command
    .option('-d, --dataset <name>', 'data set', 'fashion-mnist')
    .option('--datasets-dir <folder>', 'where converted data sets are kept (default: the cache)')
    .addOption(resizedCacheOption())
    .option('--pool <n>', 'choose from this many examples, at random by seed (default: all)', wholeNumber(1))
    .option('--test <n>', 'test on this many examples, at random by seed (default: all)', wholeNumber(1))
    .option(
      '-v, --validation <size>',
      'examples held out to report validation accuracy on: a number or a share',
      validationPart,
    );
  return addCommonOptions(
    own(addNetworkOptions(withData))
      .option('--precomputed-selection <run>', 'take what that run chose, and only train the target')
      .option('--train-target', 'train the target on what was chosen (the default)', true)
      .option('--no-train-target', 'only choose')
      .option('--eval-every-epoch', 'test after every epoch (the default)', true)
      .option('--no-eval-every-epoch', 'test after the last epoch only')
      .addOption(
        new Option('--scoring <runtime>', 'what runs the proxy over the pool')
          .choices(['tensorflow', 'onnx'])
          .default('tensorflow'),
      )
      .option('-s, --seed <n>', 'seed of every random choice, the weights and the orders', seedNumber, 0)
      .option('--resume', 'go on with the run in --run-dir')
      .option('--run-dir <folder>', `where the run goes (default: runs/${protocol}-TIME)`),
  );
}

/** The reference's way to name the method, and ours. */
export function methodOptions(command: Command, fallback: string): Command {
  return command
    .option('-m, --selection-method <name>', `how to choose (default: ${fallback})`)
    .addOption(new Option('--method <name>', 'the same as --selection-method').hideHelp());
}

/** What both protocols take of the command line. */
export function protocolOptions(
  o: ProtocolCommandOptions,
  context: CliContext,
): ProtocolOptions & { method?: string } {
  const { target, proxy } = networksOf(o);
  return {
    dataset: o.dataset,
    target,
    trainTarget: o.trainTarget,
    evaluateEveryEpoch: o.evalEveryEpoch,
    scoring: o.scoring,
    seed: o.seed,
    isolate: true,
    leaveRunDirectory: true,
    command: ['svp', ...process.argv.slice(2)].join(' '),
    signal: context.signal,
    ...defined({
      proxy,
      method: o.selectionMethod ?? (o as { method?: string }).method,
      precomputedSelection: o.precomputedSelection,
      pool: o.pool,
      test: o.test,
      validation: o.validation,
      cacheDirectory: o.datasetsDir,
      resizedCache: o.resizedCache,
      runDirectory: o.runDir,
      resume: o.resume,
      force: o.force,
    }),
  };
}

/** Runs a protocol with progress on stderr; a stop by a signal is resumable once its folder is there. */
export async function withDisplay<Result>(
  o: ProtocolCommandOptions,
  context: CliContext,
  run: (hooks: Pick<ProtocolOptions, 'onProgress' | 'onNote' | 'onRunDirectory'>) => Promise<Result>,
): Promise<Result> {
  const { createDisplay } = require('./progress-display') as typeof import('./progress-display');
  const display = createDisplay(context, o);
  try {
    const result = await run({
      onProgress: display.onProgress,
      onNote: (text) => display.note(text),
      onRunDirectory: (folder) => {
        context.resumable = true;
        context.stopHint = `Go on by the same command with --run-dir ${folder} --resume; what is finished is not repeated.`;
      },
    });
    context.resumable = false;
    return result;
  } finally {
    display.finish();
  }
}

/** What `--dry-run` prints of a plan's stages. */
export function stageLines(stages: { name: string; units: number; secondsPerUnit: number }[]): {
  lines: string;
  seconds: number;
} {
  const { formatSeconds } = require('./progress-display') as typeof import('./progress-display');
  const seconds = stages.reduce((sum, stage) => sum + stage.units * stage.secondsPerUnit, 0);
  const lines = stages.map(
    ({ name, units, secondsPerUnit }, i) =>
      `  ${i + 1}. ${name}, about ${formatSeconds(units * secondsPerUnit)}\n`,
  );
  return {
    lines: `${lines.join('')}About ${formatSeconds(seconds)} in all on two cores. Nothing was written.\n`,
    seconds,
  };
}

/** 0.123 → "12.30 %" */
export const percent = (fraction: number | undefined) =>
  fraction === undefined ? 'none' : `${(100 * fraction).toFixed(2)} %`;

/** A small table in plain text: columns as wide as they need, numbers to the right. */
export function textTable(headings: string[], rows: string[][]): string {
  const widths = headings.map((heading, c) => Math.max(heading.length, ...rows.map((row) => row[c].length)));
  const line = (cells: string[]) => cells.map((cell, c) => cell.padStart(widths[c])).join('  ');
  return `${[line(headings), ...rows.map(line)].join('\n')}\n`;
}
