/**
 * What decides a training, as a hash: two trainings with the same key are the same training, so one of them need not be
 * run. Spellings do not count: a schedule is its learning rate for each epoch, and what is left out is its default.
 */
import { createHash } from 'node:crypto';
import { examplesHash, isImageFiles, isTextDataset, type Splits } from '../data/examples';
import { resolveRecipe } from '../training/recipe';
import { recipeIdentity } from '../training/recipe-identity';
import { FASTTEXT } from './fasttext-names';
import type { Network } from './network';
import type { TrainJob } from './training-host';

/** Hex digits of a key: 80 bits, short enough for a folder's name. */
const KEY_DIGITS = 20;

/** Raised when the same job gives other weights than it did in an earlier version of the package. */
const TRAINING_VERSION = 1;

function hashOf(...parts: (string | NodeJS.ArrayBufferView | undefined)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    // Lengths keep neighbouring parts apart.
    hash.update(`${part === undefined ? 'none' : typeof part === 'string' ? part.length : part.byteLength};`);
    if (part === undefined) continue;
    if (typeof part === 'string') hash.update(part);
    else hash.update(new Uint8Array(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength));
  }
  return hash.digest('hex');
}

/** A hash of all examples and labels; about a second per gigabyte. `labels: false` leaves the training labels out. */
export function datasetIdentity({ train, test }: Splits, { labels = true } = {}): string {
  if (isTextDataset(train) || isImageFiles(train) || isTextDataset(test) || isImageFiles(test)) {
    return hashOf(examplesHash(train, { labels }), examplesHash(test)).slice(0, KEY_DIGITS);
  }
  const shape = [train.height, train.width, train.channels, train.classes, train.mean, train.std];
  return hashOf(
    JSON.stringify(shape),
    train.images,
    labels ? train.labels : undefined,
    test.images,
    test.labels,
  ).slice(0, KEY_DIGITS);
}

/** A network and its recipe with every default filled in, as plain data. */
export function networkIdentity(network: Network): Record<string, unknown> {
  const { arch, width } = network;
  if (arch === FASTTEXT) return { arch, width: width ?? null, ...fastTextIdentity(network) };
  const recipe = resolveRecipe(network, 'network');
  const { stopAtEpoch, patience, minDelta, schedule } = recipe;
  const { rates, ...more } = recipeIdentity(recipe);
  // Where it ends, a stepwise schedule does not know how it would have gone on.
  const cut = schedule.kind === 'steps' ? schedule.rates.slice(0, stopAtEpoch) : schedule.rates;
  return {
    arch,
    width: width ?? null,
    rates: cut,
    ...more,
    ...(schedule.kind !== 'steps' && stopAtEpoch !== undefined && { stopAtEpoch }),
    ...(patience !== undefined && { patience, minDelta }),
  };
}

/** As it always was, of options that fastText does not look at, too: runs of the past stay valid. */
function fastTextIdentity({ epochs, learningRates, ...network }: Network): Record<string, unknown> {
  return {
    rates: epochs.flatMap((count, i) => new Array<number>(count).fill(learningRates[i])),
    batchSize: network.batchSize ?? 128,
    momentum: network.momentum ?? 0.9,
    weightDecay: network.weightDecay ?? 5e-4,
    augment: network.augment ?? true,
  };
}

/** Whether two networks resolve to the same training on the same rows. */
export function sameNetwork(a: Network, b: Network): boolean {
  return JSON.stringify(networkIdentity(a)) === JSON.stringify(networkIdentity(b));
}

/**
 * The key of a training.
 * @param data the data set's identity
 * @param parent the key of the training whose weights it starts from
 */
export function trainingKey(data: string, job: TrainJob, parent?: string): string {
  const plan = {
    version: TRAINING_VERSION,
    data,
    ...networkIdentity(job),
    weightSeed: parent === undefined ? job.weightSeed : undefined,
    seed: job.seed,
    evaluateEveryEpoch: job.evaluateEveryEpoch ?? true,
    parent,
  };
  const { indices, validation, testIndices, labels } = job;
  return hashOf(
    JSON.stringify(plan),
    indices,
    validation?.length ? validation : undefined,
    testIndices,
    labels?.rows,
    labels?.classes,
  ).slice(0, KEY_DIGITS);
}

/** A hash of row numbers in their order. */
export function rowsIdentity(rows: Uint32Array): string {
  return hashOf(rows).slice(0, KEY_DIGITS);
}
