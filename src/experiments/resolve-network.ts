import { z } from 'zod';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import { checkArch } from '../models/registry';
import { ADAM_ONLY, SGD_ONLY } from '../training/optimizer-options';
import { type Recipe, resolveRecipe } from '../training/recipe';
import { isPreset } from '../training/schedule-presets';
import { FASTTEXT } from './fasttext-names';
import { epochsOf, type Network, networkChangesShape } from './network';
import { cosineSchedule, presetSchedule, resolveSchedule, type Schedule, scheduleOf } from './schedule';

/** Changes of a network: what is left out is another one's. `epochs` of one number alone is the total. */
export type NetworkChanges = Partial<Network>;

/** The paper's schedule of fastText: its learning rate falls linearly from here. */
const FASTTEXT_EPOCHS = 5;
const FASTTEXT_RATE = 0.05;
/** What a network has that fastText has no use for, but that was always part of what a run says of it. */
const FASTTEXT_KEEPS = ['batchSize', 'momentum', 'weightDecay', 'augment'] as const;
const FASTTEXT_TAKES: readonly string[] = ['arch', 'width', 'epochs', 'learningRates', ...FASTTEXT_KEEPS];

const changesShape = z.object(networkChangesShape);

/**
 * A network made of another one by some changes, checked. A schedule is taken over whole, unless the changes say epochs,
 * rates or a schedule; then they have its kind (stepwise or cosine), its warm-up and its scaling unless they say them, too.
 * Another optimizer takes nothing over that is only the other one's, weight decay and learning rates included.
 * @param where the call, for messages
 * @throws SvpError SVP_E_OPTION
 */
export function resolveNetwork(base: Network, given: NetworkChanges, where: string): Network {
  parseOptions(changesShape, given, where);
  const changes: NetworkChanges = withoutUndefined(given);
  if (changes.arch === FASTTEXT) return fastText(base, changes, where);
  const network = withoutUndefined({ ...inherited(base, changes), ...changes, ...schedule(base, changes) });
  if (network.arch !== FASTTEXT) {
    checkArch(network.arch);
    resolveRecipe(network, where);
  }
  return network;
}

function fastText(base: Network, changes: NetworkChanges, where: string): Network {
  const foreign = Object.keys(changes).find((key) => !FASTTEXT_TAKES.includes(key));
  if (foreign) {
    const message = `${where}: option ${foreign}: has no meaning for fasttext. Leave it out.`;
    throw new SvpError('SVP_E_OPTION', message, { option: foreign });
  }
  const epochs = changes.epochs ?? [FASTTEXT_EPOCHS];
  const kept = Object.fromEntries(FASTTEXT_KEEPS.map((key) => [key, base[key]]));
  // Nothing of another network's schedule or width fits it.
  const rates = changes.learningRates ?? epochs.map(() => FASTTEXT_RATE);
  return withoutUndefined({ ...kept, ...changes, arch: FASTTEXT, epochs, learningRates: rates });
}

const isAdam = (optimizer: Recipe['optimizer']) => optimizer !== undefined && optimizer !== 'sgd';

/** What stays of a network under changes that have no place for some of it. */
function inherited(base: Network, changes: NetworkChanges): Network {
  const rest: Network = { ...base };
  const without = (...keys: readonly (keyof Recipe)[]) => {
    for (const key of keys) delete (rest as NetworkChanges)[key];
  };
  const optimizer = changes.optimizer ?? base.optimizer ?? 'sgd';
  if (optimizer !== (base.optimizer ?? 'sgd')) without('weightDecay');
  without(...(optimizer === 'sgd' ? ADAM_ONLY : SGD_ONLY));
  if (changes.schedule !== undefined || changes.epochs !== undefined) without('stopAtEpoch');
  if (changes.schedule !== undefined && changes.schedule !== (base.schedule ?? 'steps')) {
    without('warmUpEpochs', 'finalLearningRate', 'referenceBatchSize');
  }
  return rest;
}

/** The stages of the changed network, and its kind: stepwise ('schedule' undefined) or cosine. */
function schedule(base: Network, changes: NetworkChanges): Schedule {
  const { epochs, learningRates } = changes;
  const kind = changes.schedule ?? base.schedule ?? 'steps';
  const optimizer = changes.optimizer ?? base.optimizer;
  // Rates of one kind of optimizer are a hundred times too large or too small for the other.
  const foreign = isAdam(optimizer) !== isAdam(base.optimizer);
  if (isPreset(kind)) return presetSchedule({ ...changes, schedule: kind });
  if (kind === 'cosine') {
    const peak = foreign ? undefined : [Math.max(...base.learningRates)];
    return cosineSchedule(
      epochs ?? [epochsOf({ ...base, stopAtEpoch: undefined })],
      learningRates ?? peak,
      optimizer,
    );
  }
  if (learningRates === undefined) {
    const total = epochs?.length === 1 ? epochs[0] : undefined;
    if (total !== undefined)
      return { ...resolveSchedule([total], undefined, optimizer), schedule: undefined };
    if (foreign || base.schedule === 'cosine') {
      const all = (epochs ?? base.epochs).reduce((sum, count) => sum + count, 0);
      return { ...scheduleOf(all, optimizer), schedule: undefined };
    }
  }
  return {
    epochs: epochs ?? base.epochs,
    learningRates: learningRates ?? base.learningRates,
    schedule: undefined,
  };
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
