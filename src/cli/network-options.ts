import { type Command, InvalidArgumentError } from 'commander';
import type { NetworkChanges } from '../experiments/protocol-options';
import { wholeNumber } from './options';
import { addProxyRecipeOptions, addRecipeOptions, recipeFrom } from './recipe-options';

/** Options that describe the target and the proxy, as commander hands them over, and beside them those of their recipes. */
export interface NetworkCommandOptions {
  arch: string;
  width?: number;
  proxyArch?: string;
  proxyWidth?: number;
}

/** For commander: a number of rows, or a share of the pool. */
export function size(text: string): number | string {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  if (/^\d+(?:\.\d*)?\s*%$/.test(trimmed)) return trimmed;
  throw new InvalidArgumentError('It must be a number of examples, or a percentage of the pool such as 10%.');
}

/** For commander: how many examples are held out: a number of them, a fraction below 1, or a percentage. */
export function validationPart(text: string): number | string {
  const trimmed = text.trim();
  if (/^\d+(?:\.\d*)?\s*%$/.test(trimmed)) return trimmed;
  const value = /^\d*\.?\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (Number.isSafeInteger(value) || (value > 0 && value < 1)) return value;
  throw new InvalidArgumentError('It must be a whole number of examples, or a share such as 10% or 0.1.');
}

const SEED: [number, number] = [-(2 ** 31), 2 ** 31 - 1];
export const seedNumber = wholeNumber(...SEED);

/** Declares the target's options, and the same for the proxy, whose defaults are the target's. */
export function addNetworkOptions(command: Command): Command {
  addRecipeOptions(
    command
      .option('-a, --arch <name>', 'the target network', 'preact20')
      .option('--width <channels>', 'channels of its first section (default: its own)', wholeNumber(1, 4096)),
  );
  return addProxyRecipeOptions(
    command
      .option('--proxy-arch <name>', 'the network that chooses (default: the target’s)')
      .option('--proxy-width <channels>', 'channels of its first section', wholeNumber(1, 4096)),
  );
}

/** The keys that have a value. */
export function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

/** The two networks of a command: what is not said of the proxy is the target's, its width included. */
export function networksOf(o: NetworkCommandOptions): { target: NetworkChanges; proxy?: NetworkChanges } {
  const target: NetworkChanges = { ...given({ arch: o.arch, width: o.width }), ...recipeFrom(o) };
  const proxy: NetworkChanges = {
    ...given({ arch: o.proxyArch, width: o.proxyWidth }),
    ...recipeFrom(o, 'proxy-'),
  };
  return { target, ...(Object.keys(proxy).length > 0 ? { proxy } : {}) };
}
