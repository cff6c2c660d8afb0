import { z } from 'zod';
import { SvpError } from '../errors';
import {
  type OptimizerOptions,
  optimizerShape,
  type ResolvedOptimizer,
  resolveOptimizer,
} from './optimizer-options';
import { type ResolvedSchedule, resolveSchedule, type ScheduleOptions, scheduleShape } from './schedule';

/** How a network is trained, apart from what on: one set of options for the library, the experiments and the command line. */
export interface Recipe extends OptimizerOptions, ScheduleOptions {
  /** Examples of a mini-batch. Default 128. */
  batchSize?: number;
  /**
   * Mini-batches whose gradients are added up to one step, which is then that of one batch of all of them (but for batch norm,
   * whose statistics stay those of each). Default 1.
   */
  accumulate?: number;
  /** This share of each target, 0 … 1, is spread evenly over all classes (PyTorch's label_smoothing). Default 0. */
  labelSmoothing?: number;
  /**
   * Images in memory: random crop with padding 4 and horizontal flip; images in files: random resized crop and flip; texts
   * stay as they are. Default true.
   */
  augment?: boolean;
  /** End after this epoch of the schedule, whose rates stay those of the whole: the paper's partially trained proxies. */
  stopAtEpoch?: number;
  /** End once validation accuracy has not risen for so many epochs. Default: never. Needs validation examples. */
  patience?: number;
  /** With patience: only a rise by more than this counts. A fraction; default 0. */
  minDelta?: number;
}

/** For schemas of options: each key, optional. */
export const recipeShape = {
  ...optimizerShape,
  ...scheduleShape,
  batchSize: z.int().min(1).max(1_000_000).optional(),
  accumulate: z.int().min(1).max(1_000_000).optional(),
  labelSmoothing: z.number().min(0).max(1).optional(),
  augment: z.boolean().optional(),
  stopAtEpoch: z.int().min(1).optional(),
  patience: z.int().min(1).optional(),
  minDelta: z.number().min(0).max(1).optional(),
};

export const RECIPE_KEYS = Object.keys(recipeShape) as (keyof Recipe)[];

/** The part of some options that is a recipe: those of its keys that have a value. */
export function recipeOf(options: Recipe): Recipe {
  const given = RECIPE_KEYS.filter((key) => options[key] !== undefined);
  return Object.fromEntries(given.map((key) => [key, options[key]]));
}

/** A recipe with every default filled in and its parts held against each other. */
export interface ResolvedRecipe extends ResolvedOptimizer {
  schedule: ResolvedSchedule;
  batchSize: number;
  accumulate: number;
  labelSmoothing: number;
  augment: boolean;
  stopAtEpoch?: number;
  patience?: number;
  minDelta: number;
}

/**
 * @param where the call, for messages
 * @throws SvpError SVP_E_OPTION for options that contradict each other
 */
export function resolveRecipe(o: Recipe, where: string): ResolvedRecipe {
  const { batchSize = 128, accumulate = 1 } = o;
  const schedule = resolveSchedule(o, batchSize * accumulate, where);
  const fail = (option: string, message: string): never => {
    throw new SvpError('SVP_E_OPTION', `${where}: option ${option}: ${message}`, { option });
  };
  const epochs = schedule.rates.length;
  if (o.stopAtEpoch !== undefined && o.stopAtEpoch > epochs) {
    fail('stopAtEpoch', `the schedule has ${epochs} epochs. Give a number from 1 to ${epochs}.`);
  }
  if (o.minDelta !== undefined && o.patience === undefined) {
    fail('minDelta', 'says what counts as a rise for patience: give that, too.');
  }
  return {
    ...resolveOptimizer(o, where),
    schedule,
    batchSize,
    accumulate,
    labelSmoothing: o.labelSmoothing ?? 0,
    augment: o.augment ?? true,
    ...(o.stopAtEpoch !== undefined && o.stopAtEpoch < epochs && { stopAtEpoch: o.stopAtEpoch }),
    ...(o.patience !== undefined && { patience: o.patience }),
    minDelta: o.minDelta ?? 0,
  };
}
