import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, resolvedOptions, wholeNumber } from './options';

/** `svp verify` as commander hands it over; see docs/reference/cli.md. */
export interface VerifyCommandOptions extends CommonOptions {
  steps: number | 'all';
  rows?: number | 'all';
  initial?: string;
  labels?: string;
  metric?: 'euclidean' | 'cosine';
  randomInitial?: number;
  seed: number;
  threads?: number;
}

const EXAMPLES = `
Examples:
  svp select features.npy --method k-centers --budget 10% --json > a.json
  svp verify features.npy a.json
  svp verify features.npy a.index --steps 5 --rows all
  svp verify features.npy b.index --initial a.index --metric cosine`;

/** Declares `svp verify`: a finished k-centers selection against its definition. */
export function registerVerify(program: Command, context: CliContext): void {
  const command = program
    .command('verify')
    .summary('check a k-centers selection by brute force: was each pick the farthest row at its moment?')
    .description(
      'Checks random steps of a finished k-centers selection by brute force in float64: was each pick the row farthest\n' +
        'from all centers before it, and is its radius that distance, to the bit? Exit code 3 when a step is wrong.\n\n' +
        'SELECTION is what svp select --method k-centers wrote: its --json object, or its index file (picks only).',
    )
    .argument('<features>', 'n × d features, .npy or .npz, as given to svp select')
    .argument('<selection>', 'the object of svp select --json, or an index file')
    .option('--steps <n>', 'how many picks to check, at random and the last, or all', countOrAll, 20)
    .option(
      '--rows <n>',
      'how many rows compete at each step, at random, or all (default: all, or what a minute allows)',
      countOrAll,
    )
    .option('--initial <file>', 'the initial pool of the selection (default: what the object names)')
    .option(
      '--labels <file>',
      'the class of each row, for a selection by class (default: what the object names)',
    )
    .addOption(
      new Option('--metric <name>', 'distance (default: what the object names, else euclidean)').choices([
        'euclidean',
        'cosine',
      ]),
    )
    .option(
      '--random-initial <n>',
      'this many first picks were random (default: what the object names, else 0)',
      wholeNumber(),
    )
    .option('--seed <n>', 'seed of the draws of steps and rows', wholeNumber(-(2 ** 31), 2 ** 31 - 1), 0)
    .option('--threads <n>', 'threads to work with (default: one a processor)', wholeNumber(1, 1024));
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (features: string, selection: string, _options: unknown, self: Command) => {
      const options = await resolvedOptions<VerifyCommandOptions>(self);
      const { runVerify } = require('./verify-run') as typeof import('./verify-run');
      await runVerify(features, selection, options, context);
    });
}

function countOrAll(text: string): number | 'all' {
  if (text.trim().toLowerCase() === 'all') return 'all';
  try {
    return wholeNumber(1)(text);
  } catch {
    throw new InvalidArgumentError('It must be a whole number of at least 1, or all.');
  }
}
