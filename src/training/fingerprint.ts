import { createHash } from 'node:crypto';
import type { ImageDataset } from '../data/dataset';
import type { Model } from '../models/model';

/** Everything besides the model's first weights that decides how a training goes. */
export interface TrainingPlan {
  model: Model;
  dataset: ImageDataset;
  /** Rows trained on, in the order given. */
  rows: Uint32Array;
  rates: readonly number[];
  batchSize: number;
  momentum: number;
  weightDecay: number;
  augment: boolean;
  seed: number;
  trackForgetting: boolean;
}

/**
 * A hash by which a checkpoint knows its own training: architecture, options, rows, labels and pixels. One pass over the
 * data, about a second per gigabyte.
 */
export function trainingFingerprint(plan: TrainingPlan): string {
  const { model, dataset, rows, rates, batchSize, momentum, weightDecay, augment, seed, trackForgetting } =
    plan;
  const hash = createHash('sha256');
  const { arch, width, inputShape, classes } = model;
  const { mean, std } = dataset;
  const network = { arch, width, inputShape, classes };
  const options = { mean, std, rates, batchSize, momentum, weightDecay, augment, seed, trackForgetting };
  hash.update(JSON.stringify({ ...network, ...options }));
  for (const { buffer, byteOffset, byteLength } of [rows, dataset.labels, dataset.images]) {
    hash.update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
