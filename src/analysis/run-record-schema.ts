import { z } from 'zod';
import type { ActiveRecord } from '../core/active-record';
import type { CoreSetRunRecord } from '../core/core-set-run-record';
import type { SweepRecord } from '../core/sweep-record';

const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
const seconds = z.number().nonnegative();
const fraction = z.number().min(0).max(1);
const name = z.string().min(1);

const epoch = z.object({
  epoch: positive,
  learningRate: z.number(),
  trainLoss: z.number(),
  trainAccuracy: fraction,
  testAccuracy: fraction.optional(),
  validationAccuracy: fraction.optional(),
  trainSeconds: seconds,
  testSeconds: seconds.optional(),
  validationSeconds: seconds.optional(),
});

const model = z.object({ arch: name, width: z.number(), epochs: count, parameters: count });

const training = model.extend({
  examples: count,
  testAccuracy: fraction.optional(),
  trainAccuracy: fraction.optional(),
  validationAccuracy: fraction.optional(),
  trainSeconds: seconds,
  validationSeconds: seconds,
  testSeconds: seconds,
  curve: z.array(epoch),
  reused: z.boolean().optional(),
});

const machine = z.object({
  processor: z.string(),
  processors: positive,
  memoryGiB: z.number().nonnegative(),
  node: z.string(),
  platform: z.string(),
});

/** Text data sets have no image size: 0 × 0 × 0. */
const dataset = z.object({
  name,
  pool: positive,
  test: count,
  classes: positive,
  classNames: z.array(z.string()),
  height: count,
  width: count,
  channels: count,
});

const header = {
  version: z.literal(1),
  createdAt: z
    .string()
    .refine((text) => !Number.isNaN(Date.parse(text)), { message: 'must be a date in ISO 8601' }),
  command: z.string(),
  machine,
  configuration: z.record(z.string(), z.unknown()),
  totalSeconds: seconds,
};

const active: z.ZodType<ActiveRecord> = z.object({
  ...header,
  kind: z.literal('active'),
  seed: z.number(),
  dataset,
  method: name,
  initial: count,
  balanced: z.boolean(),
  warmStart: z.boolean(),
  oracle: z.boolean(),
  precomputedSelection: z.string().optional(),
  rounds: z.array(
    z.object({
      round: positive,
      labelledBefore: count,
      labelledAfter: count,
      proxy: training.optional(),
      inferenceSeconds: seconds,
      rankingSeconds: seconds,
      classCounts: z.array(count).optional(),
    }),
  ),
  targets: z.array(training.extend({ selectionSeconds: seconds, endToEndSeconds: seconds })),
  proxy: model.optional(),
  target: model.optional(),
  overheadSeconds: seconds,
});

const coreSet: z.ZodType<CoreSetRunRecord> = z.object({
  ...header,
  kind: z.literal('core-set'),
  seed: z.number(),
  dataset,
  method: name,
  balanced: z.boolean(),
  oracle: z.boolean(),
  precomputedSelection: z.string().optional(),
  randomInitial: count,
  proxy: training.optional(),
  inferenceSeconds: seconds,
  rankingSeconds: seconds,
  subsets: z.array(
    z.object({
      examples: count,
      classCounts: z.array(count),
      target: training.optional(),
      endToEndSeconds: seconds.optional(),
      speedUp: z.number().nonnegative().optional(),
    }),
  ),
  full: training.optional(),
  overheadSeconds: seconds,
});

const sweep: z.ZodType<SweepRecord> = z.object({
  ...header,
  kind: z.literal('sweep'),
  name,
  runs: z.array(
    z.object({
      id: name,
      folder: name,
      kind: z.enum(['active', 'core-set']),
      method: name,
      proxy: z.string().optional(),
      target: z.string(),
      oracle: z.boolean(),
      seed: z.number(),
      state: z.enum(['waiting', 'done', 'failed']),
      error: z.string().optional(),
      seconds: seconds.optional(),
    }),
  ),
});

/**
 * The shapes of record.json, by its `kind`. Keys that a later version may add are dropped, not refused: an old reader
 * still shows what it knows.
 */
export const RUN_RECORDS = { active, 'core-set': coreSet, sweep } as const;
