import { z } from 'zod';
import { type Recipe, recipeShape } from '../training/recipe';
import { FASTTEXT } from './fasttext-names';

export type { Recipe } from '../training/recipe';

/** A network and how it is trained. */
export interface Network extends Recipe {
  arch: string;
  /** Channels of the first section; the architecture's own when absent. */
  width?: number;
  /** epochs[i] epochs at learningRates[i]; of a cosine one of each. */
  epochs: number[];
  learningRates: number[];
}

/** The paper's model and a schedule that suits a CPU; the paper's own is 181 epochs. */
export const DEFAULT_TARGET: Network = {
  arch: 'preact20',
  epochs: [1, 3, 1],
  learningRates: [0.01, 0.1, 0.01],
  batchSize: 128,
  momentum: 0.9,
  weightDecay: 5e-4,
  augment: true,
};

/** The keys of a network, each optional. */
export const networkChangesShape = {
  arch: z.string().optional(),
  width: z.int().min(1).optional(),
  ...recipeShape,
};

export const networkShape = z
  .strictObject({
    ...networkChangesShape,
    arch: z.string(),
    epochs: z.array(z.int().min(0)).min(1),
    learningRates: z.array(z.number().gt(0)).min(1),
  })
  .refine((network) => network.epochs.length === network.learningRates.length, {
    message: 'epochs and learningRates must be of the same length: epochs[i] epochs at learningRates[i]',
  });

/**
 * Guesses of the cost of one image in seconds, for the estimate of the time left until the run has measured its own:
 * training steps of the usual networks on two cores at 28 × 28, per channel of the first section.
 */
const TRAIN_SECONDS_PER_WEIGHTED_IMAGE = 1.4e-4;

/** The same of fastText, for a text of some hundred words. */
const TRAIN_SECONDS_PER_TEXT = 1e-4;

/** Blocks of a residual network by its name's number: preact8 has 3, preact20 has 9. */
function depthOf(arch: string): number {
  return Number(/\d+/.exec(arch)?.[0] ?? 20);
}

/** Seconds that training on one image may take, before anything is measured. */
export function guessTrainSeconds({ arch, width }: Network): number {
  if (arch === FASTTEXT) return TRAIN_SECONDS_PER_TEXT;
  return TRAIN_SECONDS_PER_WEIGHTED_IMAGE * depthOf(arch) * ((width ?? 16) / 16);
}

/** Seconds that scoring one image may take: a forward pass is about a third of a step. */
export function guessScoreSeconds(network: Network): number {
  return guessTrainSeconds(network) / 3;
}

/** Epochs that are trained, unless validation accuracy ends it before: all of the schedule, or up to `stopAtEpoch`. */
export function epochsOf({ epochs, stopAtEpoch }: Pick<Network, 'epochs' | 'stopAtEpoch'>): number {
  const all = epochs.reduce((sum, count) => sum + count, 0);
  return Math.min(stopAtEpoch ?? all, all);
}
