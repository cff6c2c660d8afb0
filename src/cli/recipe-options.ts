import { type Command, Option } from 'commander';
import type { Recipe } from '../experiments/network';
import { finiteNumber, gathered, wholeNumber } from './options';

interface Flag {
  /** The recipe's name of it. */
  key: keyof Recipe;
  /** As on the command line, without dashes before it: "warm-up-epochs". */
  flag: string;
  short?: string;
  /** What follows it. */
  value: string;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: commander hands each parser its own earlier value.
  parse?: (text: string, previous: any) => unknown;
  choices?: readonly string[];
}

interface Switch {
  key: keyof Recipe;
  flag: string;
  on: string;
  off: string;
  /** What holds where neither is given. */
  usually: boolean;
}

/** Options of a recipe that take a value, in the order of the help. The first names are the reference's. */
const FLAGS: readonly Flag[] = [
  {
    ...{ key: 'optimizer', flag: 'optimizer', value: '<name>', text: 'optimizer (default: sgd)' },
    choices: ['sgd', 'adam', 'adamw'],
  },
  {
    ...{ key: 'epochs', flag: 'epochs', short: 'e', value: '<n>', parse: gathered(wholeNumber(0, 1e6)) },
    text: 'epochs at the learning rate given with it; repeat for a stepwise schedule. Alone, once: epochs in all',
  },
  {
    ...{ key: 'learningRates', flag: 'learning-rate', short: 'l', value: '<rate>' },
    text: 'learning rate of the epochs given with it; repeatable',
    parse: gathered(finiteNumber(0)),
  },
  {
    ...{
      key: 'schedule',
      flag: 'schedule',
      value: '<name>',
      text: 'how the learning rate goes (default: steps)',
    },
    choices: ['steps', 'cosine', 'cifar', 'imagenet', 'amazon'],
  },
  {
    ...{ key: 'warmUpEpochs', flag: 'warm-up-epochs', value: '<n>', parse: finiteNumber(0) },
    text: 'epochs over which the learning rate rises from 0, step by step (default: 0)',
  },
  {
    ...{ key: 'finalLearningRate', flag: 'final-learning-rate', value: '<rate>', parse: finiteNumber(0) },
    text: 'learning rate at the end of a cosine (default: 0)',
  },
  {
    ...{ key: 'referenceBatchSize', flag: 'reference-batch-size', value: '<n>', parse: wholeNumber(1) },
    text: 'learning rates are for steps of so many examples, and scaled to those of this training',
  },
  {
    ...{ key: 'stopAtEpoch', flag: 'stop-at-epoch', value: '<n>', parse: wholeNumber(1) },
    text: 'end after this epoch of the schedule',
  },
  {
    ...{ key: 'batchSize', flag: 'batch-size', short: 'b', value: '<n>', parse: wholeNumber(1) },
    text: 'examples a step (default: 128)',
  },
  {
    ...{ key: 'accumulate', flag: 'accumulate', value: '<n>', parse: wholeNumber(1) },
    text: 'batches whose gradients are added up to one step (default: 1)',
  },
  {
    ...{ key: 'momentum', flag: 'momentum', value: '<m>', parse: finiteNumber(0) },
    text: 'momentum (default: 0.9)',
  },
  {
    ...{ key: 'beta1', flag: 'beta1', value: '<b>', parse: finiteNumber(0) },
    text: 'adam, adamw: share of the mean gradient that stays (default: 0.9)',
  },
  {
    ...{ key: 'beta2', flag: 'beta2', value: '<b>', parse: finiteNumber(0) },
    text: 'adam, adamw: share of the mean square that stays (default: 0.999)',
  },
  {
    ...{ key: 'epsilon', flag: 'epsilon', value: '<e>', parse: finiteNumber(0) },
    text: 'adam, adamw: added to the root of the mean square (default: 1e-8)',
  },
  {
    ...{ key: 'weightDecay', flag: 'weight-decay', value: '<w>', parse: finiteNumber(0) },
    text: 'weight decay (default: 0.0005; adam 0, adamw 0.01)',
  },
  {
    ...{ key: 'labelSmoothing', flag: 'label-smoothing', value: '<share>', parse: finiteNumber(0) },
    text: 'this share of each target is spread over all classes (default: 0)',
  },
  {
    ...{ key: 'patience', flag: 'patience', value: '<n>', parse: wholeNumber(1) },
    text: 'end once validation accuracy has not risen for so many epochs',
  },
  {
    ...{ key: 'minDelta', flag: 'min-delta', value: '<share>', parse: finiteNumber(0) },
    text: 'with --patience: only a rise by more than this counts (default: 0)',
  },
];

const SWITCHES: readonly Switch[] = [
  {
    ...{ key: 'nesterov', flag: 'nesterov', usually: false },
    ...{ on: 'Nesterov’s momentum', off: 'plain momentum' },
  },
  {
    ...{ key: 'decayBatchNorm', flag: 'decay-batch-norm', usually: false },
    ...{ on: 'weight decay on batch norm, too, as the paper’s code', off: 'no weight decay on batch norm' },
  },
  {
    ...{ key: 'decayBiases', flag: 'decay-biases', usually: true },
    ...{ on: 'weight decay on biases, too', off: 'no weight decay on biases' },
  },
  {
    ...{ key: 'augment', flag: 'augmentation', usually: true },
    ...{ on: 'random crop and flip', off: 'train on the images as they are' },
  },
];

/** commander's name of an option: "warm-up-epochs" → "warmUpEpochs". */
const attribute = (flag: string) => flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function add(
  command: Command,
  flags: string,
  { text, parse, choices }: Pick<Flag, 'text' | 'parse' | 'choices'>,
): void {
  const option = new Option(flags, text);
  if (parse) option.argParser(parse);
  if (choices) option.choices(choices);
  command.addOption(option);
}

/** Declares a recipe's options. None has a default here, so that what was not said is known: recipes have their own. */
export function addRecipeOptions(command: Command): Command {
  for (const flag of FLAGS) {
    const short = flag.short === undefined ? '' : `-${flag.short}, `;
    add(command, `${short}--${flag.flag} ${flag.value}`, flag);
  }
  for (const { flag, on, off, usually } of SWITCHES) {
    command.option(`--${flag}`, usually ? `${on} (the default)` : on);
    command.option(`--no-${flag}`, usually ? off : `${off} (the default)`);
  }
  return command;
}

/** Declares the same for the proxy, whose defaults are the target's. */
export function addProxyRecipeOptions(command: Command): Command {
  for (const { short: _, flag, text: _text, ...rest } of FLAGS) {
    add(command, `--proxy-${flag} ${rest.value}`, { ...rest, text: `as --${flag}, for the proxy` });
  }
  for (const { flag } of SWITCHES) {
    command.option(`--proxy-${flag}`, `as --${flag}, for the proxy`);
    command.option(`--no-proxy-${flag}`, `as --no-${flag}, for the proxy`);
  }
  return command;
}

/** commander's names of a recipe's options. */
export const RECIPE_ATTRIBUTES = [...FLAGS, ...SWITCHES].map(({ flag }) => attribute(flag));

/** The recipe that the command line gives, or that it gives the proxy: what is not said is left out. */
export function recipeFrom(options: object, prefix: '' | 'proxy-' = ''): Recipe {
  const values = options as Record<string, unknown>;
  const pairs = [...FLAGS, ...SWITCHES].map(({ key, flag }) => [key, values[attribute(`${prefix}${flag}`)]]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}
