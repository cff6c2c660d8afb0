import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ScorePoolOptions } from '../experiments/score-options';
import type { ScoreOutput } from '../experiments/score-plan';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, finiteNumber, resolvedOptions, wholeNumber } from './options';

/** `svp score` as commander hands it over; see docs/reference/cli.md. */
export interface ScoreCommandOptions extends CommonOptions {
  outputs?: ScoreOutput[];
  out?: string;
  topK?: number;
  topKBy?: NonNullable<ScorePoolOptions['topKBy']>;
  temperature?: number;
  batchSize?: number;
  threads?: number;
  device: 'auto' | 'cpu' | 'cuda';
  inputConfig?: string;
  datasetsDir?: string;
  resume?: boolean;
  strict?: boolean;
}

const EXAMPLES = `
Examples:
  svp score model.onnx photos --outputs entropy,features --out scores
  svp score model.onnx pool.npy --outputs top-k --top-k 1000 --out scores
  svp score runs/a/checkpoint_best_model.svp fashion-mnist --outputs logits --out scores --resume
  svp score resnet.onnx photos --input-config resnet.json --outputs margin --out scores --dry-run`;

/** Spellings of the outputs. Case, '-' and '_' do not matter. */
const OUTPUTS: Record<string, ScoreOutput> = {
  logits: 'logits',
  features: 'features',
  entropy: 'entropy',
  leastconfidence: 'leastConfidence',
  margin: 'margin',
  topk: 'topK',
};

/** Declares `svp score`: a model over a pool. */
export function registerScore(program: Command, context: CliContext): void {
  const command = program
    .command('score')
    .summary('run a model over a pool: logits, features, uncertainty, the most uncertain rows')
    .description(
      'Runs a model over a pool and writes what svp select takes, as it comes.\n\n' +
        'MODEL is an ONNX file or a checkpoint of svp train. POOL is a .npy, .npz or IDX file, a folder of images, a .csv\n' +
        'file of texts, or a data set by its name (fashion-mnist, fashion-mnist/test).',
    )
    .argument('<model>', 'an ONNX model, or a checkpoint')
    .argument('<pool>', 'an array file, a folder of images, or a data set')
    .option(
      '--outputs <names>',
      'what to write, with commas between: logits, features, entropy, least-confidence, margin, top-k',
      outputNames,
    )
    .option('--out <folder>', 'where the outputs go')
    .option('--top-k <m>', 'also write the m most uncertain rows, most uncertain first', wholeNumber(0))
    .addOption(
      new Option('--top-k-by <measure>', 'what top-k ranks by (default: the first measure, else entropy)')
        .choices(['entropy', 'least-confidence', 'margin'])
        .argParser(measureName),
    )
    .option(
      '--temperature <t>',
      'divide the logits by this first (default: 1)',
      finiteNumber(Number.MIN_VALUE),
    )
    .option('--batch-size <n>', 'items a batch (default: up to 256 and 20 MB)', wholeNumber(1, 65_536))
    .option('--threads <n>', 'threads of ONNX Runtime (default: one a processor)', wholeNumber(1, 1024))
    .addOption(
      new Option('--device <name>', 'where an ONNX model runs')
        .choices(['auto', 'cpu', 'cuda'])
        .default('auto'),
    )
    .option(
      '--input-config <file>',
      'JSON: size, layout, mean, std and output names of a model from elsewhere',
    )
    .option('--datasets-dir <folder>', 'where converted data sets are kept (default: the cache)')
    .option('--resume', 'go on from what an interrupted pass left in --out')
    .option('--strict', 'an item that cannot be read ends the pass');
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, pool: string, _options: unknown, self: Command) => {
      const options = await resolvedOptions<ScoreCommandOptions>(self);
      const { runScore } = require('./score-run') as typeof import('./score-run');
      await runScore(model, pool, options, context);
    });
}

/** For commander: "entropy,top-k", also given several times. */
function outputNames(text: string, previous: ScoreOutput[] | undefined): ScoreOutput[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return [...(previous ?? []), ...names.map(outputName)];
}

function outputName(name: string): ScoreOutput {
  const plain = name.toLowerCase().replace(/[-_]/g, '');
  if (Object.hasOwn(OUTPUTS, plain)) return OUTPUTS[plain];
  throw new InvalidArgumentError(
    `"${name}" is none of logits, features, entropy, least-confidence, margin, top-k.`,
  );
}

function measureName(text: string): ScoreCommandOptions['topKBy'] {
  const name = outputName(text);
  if (name === 'entropy' || name === 'leastConfidence' || name === 'margin') return name;
  throw new InvalidArgumentError('It must be entropy, least-confidence or margin.');
}
