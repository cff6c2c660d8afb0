import { Command } from 'commander';
import { addNetworkOptions, networksOf, validationPart } from '../../../src/cli/network-options';
import { addRecipeOptions, RECIPE_ATTRIBUTES, recipeFrom } from '../../../src/cli/recipe-options';
import { RECIPE_KEYS } from '../../../src/training/recipe';

const parse = (declare: (command: Command) => Command, ...args: string[]) =>
  declare(new Command().exitOverride().configureOutput({ writeErr: () => {} }))
    .parse(args, { from: 'user' })
    .opts();

const EVERYTHING = [
  ...['--optimizer', 'adamw', '-e', '3', '-l', '0.01', '--schedule', 'cosine', '--warm-up-epochs', '0.5'],
  ...['--final-learning-rate', '1e-5', '--reference-batch-size', '256', '--stop-at-epoch', '2', '-b', '64'],
  ...['--accumulate', '4', '--momentum', '0.8', '--beta1', '0.8', '--beta2', '0.99', '--epsilon', '1e-6'],
  ...['--weight-decay', '0.1', '--label-smoothing', '0.1', '--patience', '3', '--min-delta', '0.01'],
  ...['--nesterov', '--decay-batch-norm', '--no-decay-biases', '--no-augmentation'],
];
const MEANT = {
  ...{ optimizer: 'adamw', epochs: [3], learningRates: [0.01], schedule: 'cosine', warmUpEpochs: 0.5 },
  ...{ finalLearningRate: 1e-5, referenceBatchSize: 256, stopAtEpoch: 2, batchSize: 64, accumulate: 4 },
  ...{ momentum: 0.8, beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1, labelSmoothing: 0.1 },
  ...{ patience: 3, minDelta: 0.01, nesterov: true, decayBatchNorm: true, decayBiases: false },
  augment: false,
};

test('every option of a recipe has its place on the command line', () => {
  expect(recipeFrom(parse(addRecipeOptions, ...EVERYTHING))).toEqual(MEANT);
  expect(Object.keys(MEANT).sort()).toEqual([...RECIPE_KEYS].sort());
  expect(RECIPE_ATTRIBUTES).toHaveLength(RECIPE_KEYS.length);
});

test('what is not said is left to the recipe', () => {
  expect(recipeFrom(parse(addRecipeOptions))).toEqual({});
  expect(recipeFrom(parse(addRecipeOptions, '--no-nesterov', '--augmentation'))).toEqual({
    nesterov: false,
    augment: true,
  });
});

test('the proxy has the same options', () => {
  const short: Record<string, string> = { '-e': '--epochs', '-l': '--learning-rate', '-b': '--batch-size' };
  const proxied = EVERYTHING.map((arg) =>
    (short[arg] ?? arg).replace(/^--(no-)?(?=[a-z])/, (_, no = '') => `--${no}proxy-`),
  );
  const options = parse(addNetworkOptions, '--label-smoothing', '0.2', '--proxy-arch', 'preact8', ...proxied);
  expect(networksOf(options as never)).toEqual({
    target: { arch: 'preact20', labelSmoothing: 0.2 },
    proxy: { arch: 'preact8', ...MEANT },
  });
  expect(networksOf(parse(addNetworkOptions) as never)).toEqual({ target: { arch: 'preact20' } });
});

test.each([
  ['--schedule', 'linear'],
  ['--optimizer', 'lion'],
  ['--accumulate', '0'],
  ['--label-smoothing', '-1'],
  ['--proxy-patience', '0'],
])('%s %s is refused', (...args) => {
  expect(() => parse(addNetworkOptions, ...args)).toThrow(expect.objectContaining({ exitCode: 1 }));
});

test.each([
  ['200', 200],
  ['0.1', 0.1],
  ['.25', 0.25],
  [' 10 % ', '10 %'],
  ['12.5%', '12.5%'],
])('validation %p', (text, meant) => {
  expect(validationPart(text)).toBe(meant);
});

test.each(['-1', '1.5', 'all', '', '%', '1e3'])('validation %p is refused', (text) => {
  expect(() => validationPart(text)).toThrow(/share/);
});
