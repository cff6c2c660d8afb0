import { type Command, InvalidArgumentError, Option } from 'commander';
import type { NetworkChanges } from '../experiments/protocol-options';
import { finiteNumber, wholeNumber } from './options';

/** Options that describe the target and the proxy, as commander hands them over. The long names are the reference's. */
export interface NetworkCommandOptions {
  arch: string;
  width?: number;
  optimizer: 'sgd';
  epochs?: number[];
  learningRate?: number[];
  batchSize?: number;
  momentum?: number;
  weightDecay?: number;
  augmentation: boolean;
  proxyArch?: string;
  proxyWidth?: number;
  proxyEpochs?: number[];
  proxyLearningRate?: number[];
  proxyBatchSize?: number;
  proxyMomentum?: number;
  proxyWeightDecay?: number;
}

/** For commander: an option that gathers its values into a list. */
export const gathered =
  <Value>(parse: (text: string) => Value) =>
  (text: string, previous: Value[] | undefined): Value[] => [...(previous ?? []), parse(text)];

/** For commander: a number of rows, or a share of the pool. */
export function size(text: string): number | string {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  if (/^\d+(?:\.\d*)?\s*%$/.test(trimmed)) return trimmed;
  throw new InvalidArgumentError('It must be a number of examples, or a percentage of the pool such as 10%.');
}

const SEED: [number, number] = [-(2 ** 31), 2 ** 31 - 1];
export const seedNumber = wholeNumber(...SEED);

/** Declares the target's options, and the same for the proxy, whose defaults are the target's. */
export function addNetworkOptions(command: Command): Command {
  return command
    .option('-a, --arch <name>', 'the target network', 'preact20')
    .option('--width <channels>', 'channels of its first section (default: its own)', wholeNumber(1, 4096))
    .addOption(new Option('--optimizer <name>', 'optimizer').choices(['sgd']).default('sgd'))
    .option(
      '-e, --epochs <n>',
      'epochs at the learning rate given with it; repeat for a stepwise schedule. Alone, once: epochs in all',
      gathered(wholeNumber(0, 1e6)),
    )
    .option(
      '-l, --learning-rate <rate>',
      'learning rate of the epochs given with it; repeatable',
      gathered(finiteNumber(0)),
    )
    .option('-b, --batch-size <n>', 'examples a step (default: 128)', wholeNumber(1))
    .option('--momentum <m>', 'momentum (default: 0.9)', finiteNumber(0))
    .option('--weight-decay <w>', 'weight decay (default: 0.0005)', finiteNumber(0))
    .option('--augmentation', 'random crop and flip (the default)', true)
    .option('--no-augmentation', 'train on the images as they are')
    .option('--proxy-arch <name>', 'the network that chooses (default: the target’s)')
    .option('--proxy-width <channels>', 'channels of its first section', wholeNumber(1, 4096))
    .option('--proxy-epochs <n>', 'as --epochs, for the proxy', gathered(wholeNumber(0, 1e6)))
    .option('--proxy-learning-rate <rate>', 'as --learning-rate, for the proxy', gathered(finiteNumber(0)))
    .option('--proxy-batch-size <n>', 'as --batch-size, for the proxy', wholeNumber(1))
    .option('--proxy-momentum <m>', 'as --momentum, for the proxy', finiteNumber(0))
    .option('--proxy-weight-decay <w>', 'as --weight-decay, for the proxy', finiteNumber(0));
}

/** The keys that have a value. */
export function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

/** The two networks of a command: what is not said of the proxy is the target's, its width included. */
export function networksOf(o: NetworkCommandOptions): { target: NetworkChanges; proxy?: NetworkChanges } {
  const target: NetworkChanges = given({
    arch: o.arch,
    width: o.width,
    epochs: o.epochs,
    learningRates: o.learningRate,
    batchSize: o.batchSize,
    momentum: o.momentum,
    weightDecay: o.weightDecay,
    augment: o.augmentation,
  });
  const proxy: NetworkChanges = given({
    arch: o.proxyArch,
    width: o.proxyWidth,
    epochs: o.proxyEpochs,
    learningRates: o.proxyLearningRate,
    batchSize: o.proxyBatchSize,
    momentum: o.proxyMomentum,
    weightDecay: o.proxyWeightDecay,
  });
  return { target, ...(Object.keys(proxy).length > 0 ? { proxy } : {}) };
}
