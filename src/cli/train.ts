import { type Command, Option } from 'commander';
import type { TrainOptions } from '../experiments/train';
import type { CliContext, CommonOptions, Display } from './context';
import { validationPart } from './network-options';
import { addCommonOptions, resizedCacheOption, resolvedOptions, wholeNumber } from './options';
import { addRecipeOptions, recipeFrom } from './recipe-options';
import { addTextOptions, isTextTraining, runTrainText } from './train-text';

/** `svp train` as commander hands it over. The long names are the reference's. */
interface TrainCommandOptions extends CommonOptions {
  dataset: string;
  datasetsDir?: string;
  imageSize?: number;
  resizedCache?: number;
  arch: string;
  width?: number;
  forgetting?: boolean;
  recordCorrectness?: boolean;
  tensorboard?: string | boolean;
  validation: number | string;
  subset?: string;
  seed: number;
  checkpoint: 'best' | 'all' | 'last';
  resume?: boolean;
  runDir?: string;
}

const EXAMPLES = `
Examples:
  svp train                                      preact20 on Fashion-MNIST, a short schedule
  svp train --arch preact8 --width 8 --epochs 1 --epochs 4 --learning-rate 0.01 --learning-rate 0.1
  svp train --subset runs/a/selected.index --epochs 5 --json
  svp train --optimizer adamw --schedule cosine --epochs 30 --warm-up-epochs 1 --label-smoothing 0.1
  svp train --epochs 30 --validation 10% --patience 5
  svp train --run-dir runs/long --epochs 30 --checkpoint last
  svp train --run-dir runs/long --epochs 30 --checkpoint last --resume
  svp train --arch fasttext --train-file train.csv --test-file test.csv --normalize`;

/** Declares `svp train`: one training run. */
export function registerTrain(program: Command, context: CliContext): void {
  const command = program
    .command('train')
    .summary('train one network, with the options of the paper’s reference code')
    .description('Trains a network on a data set, or on the part of it that an index file names.')
    .option('--dataset <name|path>', 'data set, by name or by the path of its files', 'fashion-mnist')
    .option('--datasets-dir <folder>', 'where data sets lie and converted ones are kept (default: the cache)')
    .option(
      '--image-size <pixels>',
      'side to which images in files are cut (default: 224)',
      wholeNumber(8, 4096),
    )
    .addOption(resizedCacheOption())
    .option('-a, --arch <name>', 'network', 'preact20')
    .option(
      '--width <channels>',
      'channels of the first section (default: the network’s own)',
      wholeNumber(1, 4096),
    );
  addRecipeOptions(command)
    .addOption(new Option('--no-augment', 'the same as --no-augmentation').hideHelp())
    .option('--forgetting', 'count forgetting events; leaves forgetting.npy')
    .option('--record-correctness', 'record which examples were right in each epoch; leaves correctness.npy')
    .option(
      '--tensorboard [folder]',
      'write scalars for TensorBoard (default folder: tensorboard in --run-dir)',
    )
    .option(
      '--validation <size>',
      'examples held out to report validation accuracy on, at random by seed: a number or a share',
      validationPart,
      0,
    )
    .option('--subset <file>', 'train on these rows of the train split only (an index file)')
    .option(
      '--seed <n>',
      'seed of the weights, the order and the crops',
      wholeNumber(-(2 ** 31), 2 ** 31 - 1),
      0,
    )
    .addOption(
      new Option('--checkpoint <which>', 'epochs that leave a checkpoint: best, all or last')
        .choices(['best', 'all', 'last'])
        .default('best'),
    )
    .option('--resume', 'go on from the last whole epoch in --run-dir')
    .option('--run-dir <folder>', 'where the run goes (default: runs/train-TIME)');
  addTextOptions(command);
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (_options: unknown, self: Command) => {
      const options = await resolvedOptions<TrainCommandOptions>(self);
      if (isTextTraining(self)) return runTrainText(self, context);
      await runTrain(options, self.getOptionValue('augment') === false, context);
    });
}

async function runTrain(given: TrainCommandOptions, noAugment: boolean, context: CliContext): Promise<void> {
  const { train, trainPlan } = require('../experiments/train') as typeof import('../experiments/train');
  const { createDisplay, formatSeconds } =
    require('./progress-display') as typeof import('./progress-display');
  const { printData, printJson } = require('./output') as typeof import('./output');
  const options = await toOptions(given, noAugment, context);
  if (given.dryRun) {
    const plan = await trainPlan(options);
    if (given.json) return printJson(context, { dryRun: true, ...plan });
    return printData(
      context,
      `${plan.dataset}: ${plan.arch} for ${plan.epochs} epochs on ${plan.examples} ${plan.length === undefined ? `images of ${plan.height} × ${plan.width} × ${plan.channels}` : `texts of ${plan.length} characters`}, ` +
        `${plan.steps} steps; ${plan.testExamples} test examples.\n` +
        `About ${formatSeconds(plan.estimatedSeconds)} on two cores. Nothing was written.\n`,
    );
  }
  const display: Display = createDisplay(context, given);
  try {
    const result = await train({
      ...options,
      onProgress: display.onProgress,
      onEpoch: (epoch) => display.note(epochText(epoch)),
      onRunDirectory: (folder) => {
        context.resumable = true;
        context.stopHint = `Go on from the last whole epoch by the same command with --run-dir ${folder} --resume.`;
      },
    });
    context.resumable = false;
    display.finish();
    if (given.json) return await printJson(context, result);
    const lines = [
      `test accuracy   ${percent(result.testAccuracy)}`,
      `train accuracy  ${percent(result.trainAccuracy)}`,
      ...(result.stoppedEarly
        ? [`ended early     after epoch ${result.epochs.length}: validation accuracy no longer rose`]
        : []),
      ...(result.best
        ? [`best epoch      ${result.best.epoch} by validation, ${percent(result.best.validationAccuracy)}`]
        : []),
      `training time   ${formatSeconds(result.seconds)}`,
      `run folder      ${result.runDirectory}`,
    ];
    await printData(context, `${lines.join('\n')}\n`);
  } finally {
    display.finish();
  }
}

const percent = (fraction: number) =>
  Number.isFinite(fraction) ? `${(100 * fraction).toFixed(2)} %` : 'none';

function epochText(epoch: import('../core/run-record').EpochRecord): string {
  const {
    epoch: n,
    learningRate,
    trainLoss,
    trainAccuracy,
    testAccuracy,
    validationAccuracy,
    trainSeconds,
  } = epoch;
  const parts = [
    `epoch ${n}`,
    `learning rate ${learningRate}`,
    `loss ${trainLoss.toFixed(4)}`,
    `train ${percent(trainAccuracy)}`,
  ];
  if (validationAccuracy !== undefined) parts.push(`validation ${percent(validationAccuracy)}`);
  if (testAccuracy !== undefined) parts.push(`test ${percent(testAccuracy)}`);
  parts.push(`${trainSeconds.toFixed(1)} s`);
  return parts.join(', ');
}

async function toOptions(
  given: TrainCommandOptions,
  noAugment: boolean,
  context: CliContext,
): Promise<TrainOptions> {
  const { readIndexFile } =
    require('../data/formats/index-file') as typeof import('../data/formats/index-file');
  const optional = {
    cacheDirectory: given.datasetsDir,
    imageSize: given.imageSize,
    resizedCache: given.resizedCache,
    width: given.width,
    forgetting: given.forgetting,
    recordCorrectness: given.recordCorrectness,
    tensorboard: given.tensorboard,
    indices: given.subset === undefined ? undefined : await readIndexFile(given.subset),
    runDirectory: given.runDir,
    resume: given.resume,
    force: given.force,
  };
  return {
    dataset: given.dataset,
    arch: given.arch,
    ...recipeFrom(given),
    ...(noAugment ? { augment: false } : {}),
    validation: given.validation,
    seed: given.seed,
    checkpoint: given.checkpoint,
    isolate: true,
    leaveRunDirectory: true,
    signal: context.signal,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}
