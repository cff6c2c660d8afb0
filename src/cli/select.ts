import { type Command, Option } from 'commander';
import type { SelectOptions } from '../selection/select';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, deviceName, finiteNumber, resolvedOptions, wholeNumber } from './options';

/** `svp select` as commander hands it over; see docs/reference/cli.md. */
export interface SelectCommandOptions extends CommonOptions {
  method?: string;
  budget?: string;
  features?: string;
  logits?: string;
  forgetting?: string;
  poolSize?: number;
  initial?: string;
  seed: number;
  threads?: number;
  out?: string;
  start?: number | 'random';
  randomInitial?: number;
  metric?: 'euclidean' | 'cosine';
  radius?: number;
  labels?: string;
  assignments?: string;
  device?: SelectOptions['device'];
  checkpoint?: string;
  resume?: boolean;
}

const EXAMPLES = `
Examples:
  svp select features.npy --method k-centers --budget 10% --start 0 --out a.index
  svp select features.npy --method k-centers --budget 500 --initial a.index --json
  svp select --logits logits.npy --method entropy --budget 1000
  svp select --forgetting counts.npy --method forgetting-events --budget 50% --out hard.index
  svp select --method random --pool-size 60000 --budget 5% --seed 1
  svp select archive.npz:features --method k-centers --budget 10% --dry-run`;

/** Declares `svp select`: the engine on files. */
export function registerSelect(program: Command, context: CliContext): void {
  const command = program
    .command('select')
    .summary('pick rows of a pool: features, logits or forgetting counts in, row numbers out')
    .description(
      'Picks rows of a pool and prints their numbers, one a line, in the order of selection.\n\n' +
        'FEATURES is a .npy file of n × d features, or a member of a .npz archive (file.npz:name).',
    )
    .argument('[features]', 'n × d features, .npy or .npz')
    .option(
      '--budget <count>',
      'how many rows to pick: a number, or a percentage of the pool (10%), rounded to the nearest row',
    )
    .option('--method <name>', 'random, least-confidence, margin, entropy, forgetting-events or k-centers')
    .option('--logits <file>', 'n × classes logits, for least-confidence, margin and entropy')
    .option('--forgetting <file>', 'n forgetting counts, for forgetting-events; inf for never learned')
    .option('--pool-size <n>', 'rows of the pool, for random without a file', wholeNumber(0, 2 ** 32 - 1))
    .option('--initial <file>', 'rows that are labelled already (an index file): never picked, not counted')
    .option('--seed <n>', 'seed of every random choice', wholeNumber(-(2 ** 31), 2 ** 31 - 1), 0)
    .option('--threads <n>', 'threads to work with (default: one a processor)', wholeNumber(1, 1024))
    .option('--out <file>', 'write the indices there (default: stdout)')
    .option('--start <row>', 'k-centers: the first pick, or random (the default, by --seed)', startRow)
    .option(
      '--random-initial <n>',
      "k-centers: this many random picks first, as in the paper's core-sets; they count",
      wholeNumber(),
    )
    .addOption(
      new Option('--metric <name>', 'k-centers: distance (default: euclidean)').choices([
        'euclidean',
        'cosine',
      ]),
    )
    .option(
      '--radius <r>',
      'k-centers: stop once every row is within this distance of a pick',
      finiteNumber(0),
    )
    .option('--labels <file>', 'k-centers: the class of each row; selects within each class')
    .option(
      '--assignments <file>',
      "k-centers: also write, for each row, its nearest center's position (text, or .npy)",
    )
    .option(
      '--device <name>',
      'k-centers: where to compute: auto, cpu, cuda, or cuda:0,1 (default: auto)',
      deviceName,
    )
    .option('--checkpoint <file>', 'k-centers: save the state there now and then')
    .option('--resume', 'k-centers: go on from --checkpoint');
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (features: string | undefined, _options: unknown, self: Command) => {
      const options = await resolvedOptions<SelectCommandOptions>(self);
      const { runSelect } = require('./select-run') as typeof import('./select-run');
      await runSelect(features, options, context);
    });
}

function startRow(text: string): number | 'random' {
  return text.trim().toLowerCase() === 'random' ? 'random' : wholeNumber(0, 2 ** 32 - 1)(text);
}
