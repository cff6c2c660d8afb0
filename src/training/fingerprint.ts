import { createHash } from 'node:crypto';
import { type Dataset, hashExamples, isImageFiles, isTextDataset } from '../data/examples';
import type { Model } from '../models/model';
import type { ResolvedRecipe } from './recipe';
import { recipeIdentity } from './recipe-identity';

/** Everything besides the model's first weights that decides how a training goes. */
export interface TrainingPlan {
  model: Model;
  dataset: Dataset;
  /** Rows trained on, in the order given. */
  rows: Uint32Array;
  /** Rows held out. */
  validation?: Uint32Array;
  recipe: ResolvedRecipe;
  seed: number;
  trackForgetting: boolean;
}

/**
 * A hash by which a checkpoint knows its own training: architecture, options, rows, labels and pixels. One pass over the
 * data, about a second per gigabyte. `stopAtEpoch` is not in it: until then the training is the whole one, and can go on.
 */
export function trainingFingerprint(plan: TrainingPlan): string {
  const { model, dataset, rows, validation, recipe, seed, trackForgetting } = plan;
  const hash = createHash('sha256');
  const { arch, width, inputShape, classes } = model;
  // Of images in memory as it always was, so that older checkpoints stay valid.
  const pixels = isTextDataset(dataset) || isImageFiles(dataset) ? undefined : dataset;
  const { mean, std } = pixels ?? {};
  const network = { arch, width, inputShape, classes };
  const { rates, batchSize, momentum, weightDecay, augment, ...more } = recipeIdentity(recipe);
  const options = { mean, std, rates, batchSize, momentum, weightDecay, augment, seed, trackForgetting };
  const { patience, minDelta } = recipe;
  const early = patience === undefined ? {} : { patience, minDelta };
  hash.update(JSON.stringify({ ...network, ...options, ...more, ...early }));
  const views = pixels ? [rows, pixels.labels, pixels.images] : [rows];
  if (patience !== undefined && validation) views.push(validation);
  for (const { buffer, byteOffset, byteLength } of views) {
    hash.update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  if (!pixels) hashExamples(hash, dataset);
  return hash.digest('hex');
}
