import { promises as fs } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { SvpError } from '../errors';
import type { TrainTextOptions } from '../experiments/train-text';
import type { CliContext, CommonOptions, Display } from './context';
import { wholeNumber } from './options';
import { RECIPE_ATTRIBUTES } from './recipe-options';

/** Of `svp train`: what text takes besides, and what it takes of the rest. */
interface TextCommandOptions extends CommonOptions {
  trainFile?: string[];
  testFile?: string;
  textFormat?: 'labelled' | 'csv';
  normalize?: boolean;
  labelColumn?: number;
  textColumns?: number[];
  header?: boolean;
  dim?: number;
  wordNgrams?: number;
  buckets?: number;
  minCount?: number;
  shuffle: boolean;
  threads?: number;
  epochs?: number[];
  learningRate?: number[];
  recordCorrectness?: boolean;
  tensorboard?: string | boolean;
  validation: number | string;
  subset?: string;
  seed: number;
  resume?: boolean;
  runDir?: string;
}

/** Options that only text has, and options that text has not. */
const TEXT_ONLY = [
  ...['trainFile', 'testFile', 'textFormat', 'normalize', 'labelColumn', 'textColumns', 'header'],
  ...['dim', 'wordNgrams', 'buckets', 'minCount', 'shuffle', 'threads'],
];
const NOT_FOR_TEXT = [
  ...['dataset', 'datasetsDir', 'resizedCache', 'width', 'augment', 'checkpoint'],
  ...RECIPE_ATTRIBUTES.filter((name) => name !== 'epochs' && name !== 'learningRate'),
];

function columns(text: string): number[] {
  return text.split(',').map((one) => {
    if (!/^\d{1,5}$/.test(one.trim()))
      throw new InvalidArgumentError('It must be numbers from 0, as in 1,2.');
    return Number(one);
  });
}

/** Adds the options of `--arch fasttext` to `svp train`. */
export function addTextOptions(command: Command): void {
  command
    .option(
      '--train-file <file>',
      'fasttext: labelled text, plain or gzip; repeat for several',
      (file: string, sofar: string[] | undefined) => [...(sofar ?? []), file],
    )
    .option('--test-file <file>', 'fasttext: text to test on, of the same format')
    .option('--text-format <format>', 'fasttext: labelled or csv (default: by the name of the file)')
    .option('--normalize', 'fasttext: lower case, punctuation apart, as the paper’s scripts do')
    .option('--label-column <n>', 'fasttext, csv: column of the label (default: 0)', wholeNumber(0, 65535))
    .option(
      '--text-columns <list>',
      'fasttext, csv: columns of the text, as in 1,2 (default: all others)',
      columns,
    )
    .option('--header', 'fasttext, csv: the first record names the columns')
    .option('--dim <n>', 'fasttext: length of the embeddings (default: 10)', wholeNumber(1, 4096))
    .option('--word-ngrams <n>', 'fasttext: longest n-gram of words (default: 2)', wholeNumber(1, 64))
    .option(
      '--buckets <n>',
      'fasttext: n-grams are hashed into these (default: 10000000)',
      wholeNumber(1, 2 ** 30),
    )
    .option(
      '--min-count <n>',
      'fasttext: words below it have no embedding (default: 1)',
      wholeNumber(0, 2 ** 31),
    )
    .option('--no-shuffle', 'fasttext: present the examples in the order of the file')
    .option(
      '--threads <n>',
      'fasttext: threads; with 1 a run can be repeated to the bit',
      wholeNumber(1, 1024),
    );
}

const given = (command: Command, name: string) =>
  ['cli', 'config'].includes(command.getOptionValueSource(name) ?? '');

/**
 * Whether the command trains on text.
 * @throws SvpError SVP_E_OPTION for options of the other kind of training
 */
export function isTextTraining(command: Command): boolean {
  const text = command.opts().arch === 'fasttext';
  const wrong = (text ? NOT_FOR_TEXT : TEXT_ONLY).find((name) => given(command, name));
  if (wrong !== undefined) {
    const long = command.options.find(
      (option) => option.attributeName() === wrong && given(command, wrong),
    )?.long;
    throw new SvpError(
      'SVP_E_OPTION',
      text
        ? `${long ?? wrong} has no meaning for --arch fasttext.`
        : `${long ?? wrong} is for --arch fasttext alone.`,
      { option: wrong },
    );
  }
  return text;
}

/** `svp train --arch fasttext`. */
export async function runTrainText(command: Command, context: CliContext): Promise<void> {
  const o = command.opts() as TextCommandOptions;
  const { createDisplay, formatSeconds } =
    require('./progress-display') as typeof import('./progress-display');
  const { printData, printJson } = require('./output') as typeof import('./output');
  const options = await toOptions(o, context);
  if (o.dryRun) {
    const files = [...(o.trainFile ?? []), ...(o.testFile === undefined ? [] : [o.testFile])];
    const sizes = await Promise.all(files.map(sizeOf));
    const bytes = sizes.reduce((a, b) => a + b, 0);
    if (o.json) return printJson(context, { dryRun: true, arch: 'fasttext', files, bytes });
    return printData(
      context,
      `fastText on ${files.join(', ')}: ${(bytes / 1e6).toFixed(1)} MB. Nothing was written.\n`,
    );
  }
  const { trainText } = require('../experiments/train-text') as typeof import('../experiments/train-text');
  const display: Display = createDisplay(context, o);
  try {
    const result = await trainText({
      ...options,
      onProgress: display.onProgress,
      onEpoch: (epoch) => {
        const test = epoch.testAccuracy === undefined ? '' : `, test ${percent(epoch.testAccuracy)}`;
        display.note(
          `epoch ${epoch.epoch}, loss ${epoch.trainLoss.toFixed(4)}, train ${percent(epoch.trainAccuracy)}${test}, ${epoch.trainSeconds.toFixed(1)} s`,
        );
      },
      onRunDirectory: (folder) => {
        context.resumable = true;
        context.stopHint = `Go on from the last whole epoch by the same command with --run-dir ${folder} --resume.`;
      },
    });
    context.resumable = false;
    display.finish();
    if (o.json) return await printJson(context, result);
    const lines = [
      `test accuracy   ${percent(result.testAccuracy)}`,
      `train accuracy  ${percent(result.trainAccuracy)}`,
      `training time   ${formatSeconds(result.seconds)}, ${(result.wordsPerSecond / 1e6).toFixed(1)} million words a second`,
      `run folder      ${result.runDirectory}`,
    ];
    await printData(context, `${lines.join('\n')}\n`);
  } finally {
    display.finish();
  }
}

const percent = (fraction: number) =>
  Number.isFinite(fraction) ? `${(100 * fraction).toFixed(2)} %` : 'none';

async function sizeOf(file: string): Promise<number> {
  try {
    return (await fs.stat(file)).size;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new SvpError('SVP_E_FILE', `Cannot read ${file} (${code}). Check the path.`, { file, cause });
  }
}

async function toOptions(o: TextCommandOptions, context: CliContext): Promise<TrainTextOptions> {
  const one = (values: number[] | undefined, name: string) => {
    if (values !== undefined && values.length > 1) {
      throw new SvpError('SVP_E_OPTION', `--arch fasttext takes ${name} once: its rate falls linearly to 0.`);
    }
    return values?.[0];
  };
  if (!o.trainFile) {
    throw new SvpError('SVP_E_OPTION', 'Name the labelled text with --train-file.', { option: 'train-file' });
  }
  const { readIndexFile } =
    require('../data/formats/index-file') as typeof import('../data/formats/index-file');
  const { testFile, normalize, labelColumn, textColumns, header, dim, wordNgrams, buckets, minCount } = o;
  const optional = {
    testFile,
    format: o.textFormat,
    ...{ normalize, labelColumn, textColumns, header, dim, wordNgrams, buckets, minCount },
    threads: o.threads,
    epochs: one(o.epochs, '--epochs'),
    learningRate: one(o.learningRate, '--learning-rate'),
    indices: o.subset === undefined ? undefined : await readIndexFile(o.subset),
    recordCorrectness: o.recordCorrectness,
    tensorboard: o.tensorboard,
    runDirectory: o.runDir,
    resume: o.resume,
    force: o.force,
  };
  return {
    trainFile: o.trainFile,
    validation: o.validation,
    shuffle: o.shuffle,
    seed: o.seed,
    signal: context.signal,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}
