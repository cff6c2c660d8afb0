import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExportOnnxOptions } from '../experiments/export-onnx';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, resolvedOptions, wholeNumber } from './options';

interface ExportCommandOptions extends CommonOptions {
  out: string;
  layout: 'nchw' | 'nhwc';
  opset: number;
  externalData: 'auto' | 'always' | 'never';
  dataset?: string;
  datasetsDir?: string;
  mean?: number[];
  std?: number[];
}

const EXAMPLES = `
Examples:
  svp export runs/train-1/checkpoint_best_model.svp --out proxy.onnx --dataset fashion-mnist
  svp export model.svp --out model.onnx --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225`;

/** Declares `svp export`: the model of a checkpoint as ONNX. */
export function registerExport(program: Command, context: CliContext): void {
  const command = program
    .command('export')
    .summary('write the model of a checkpoint as ONNX')
    .description(
      'Writes the model of a checkpoint as ONNX, with the outputs logits and features, for svp score and other runtimes.',
    )
    .argument('<checkpoint>', 'a checkpoint that svp train left')
    .requiredOption('--out <file>', 'where the model goes (.onnx)')
    .addOption(
      new Option('--layout <name>', 'order of the images that the file takes')
        .choices(['nchw', 'nhwc'])
        .default('nchw'),
    )
    .option('--opset <n>', 'version of the ONNX operations', wholeNumber(13, 21), 17)
    .addOption(
      new Option('--external-data <when>', 'weights in a file beside it; auto: above 2 GiB')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--dataset <name>', 'data set whose mean, deviation and class names go into the metadata')
    .option('--datasets-dir <folder>', 'where converted data sets are kept (default: the cache)')
    .option(
      '--mean <values>',
      'mean of each channel, of pixels scaled to 0 … 1, for the metadata',
      numberList,
    )
    .option('--std <values>', 'standard deviation of each channel, for the metadata', numberList);
  addCommonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (checkpoint: string, _options: unknown, self: Command) => {
      await runExport(checkpoint, await resolvedOptions<ExportCommandOptions>(self), context);
    });
}

async function runExport(
  checkpoint: string,
  given: ExportCommandOptions,
  context: CliContext,
): Promise<void> {
  const { exportOnnx, exportPlan } =
    require('../experiments/export-onnx') as typeof import('../experiments/export-onnx');
  const { prepareOutput, printData, printJson } = require('./output') as typeof import('./output');
  const out = await prepareOutput(given.out, given);
  const options = await toOptions(given, context);
  const plan = await exportPlan(checkpoint);
  const what = `${plan.arch}, ${plan.values} values of ${plan.arrays} arrays, ${plan.inputShape.join(' × ')}, ${plan.classes} classes`;
  if (given.dryRun) {
    if (given.json) return printJson(context, { dryRun: true, file: out, ...plan });
    return printData(context, `${what}: about ${plan.bytes} bytes. Nothing was written.\n`);
  }
  const written = await exportOnnx(checkpoint, out, options);
  if (given.json) return printJson(context, { ...written, ...plan, bytes: written.bytes });
  const files = written.external ? `${written.file} and ${written.external}` : written.file;
  await printData(context, `${what}\n${files}: ${written.bytes} bytes\n`);
}

async function toOptions(given: ExportCommandOptions, context: CliContext): Promise<ExportOnnxOptions> {
  const { SvpError } = require('../errors') as typeof import('../errors');
  const { layout, opset, mean, std, dataset } = given;
  if ((mean === undefined) !== (std === undefined)) {
    const missing = mean === undefined ? 'mean' : 'std';
    throw new SvpError('SVP_E_OPTION', `--mean and --std belong together: give --${missing} too.`, {
      option: `--${missing}`,
    });
  }
  const options: ExportOnnxOptions = {
    layout,
    opset,
    externalData: given.externalData === 'auto' ? 'auto' : given.externalData === 'always',
  };
  if (dataset !== undefined) {
    const { loadDataset } =
      require('../data/datasets/registry') as typeof import('../data/datasets/registry');
    const { train } = await loadDataset(dataset, {
      signal: context.signal,
      ...(given.datasetsDir !== undefined && { cacheDirectory: given.datasetsDir }),
    });
    options.normalization = { mean: train.mean, std: train.std };
    options.classNames = train.classNames;
  }
  if (mean && std) options.normalization = { mean, std };
  return options;
}

/** For commander: numbers with commas between them. */
function numberList(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!values.every(Number.isFinite)) {
    throw new InvalidArgumentError('It must be numbers with commas between them, one per channel.');
  }
  return values;
}
