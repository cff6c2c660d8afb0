import { types } from 'node:util';
import { z } from 'zod';
import { parseOptions } from '../core/options';
import { resolveRows } from '../data/dataset';
import { checkExamples, type Dataset, inputOf, inputText } from '../data/examples';
import { splitValidation } from '../data/split';
import { validationSize } from '../data/validation-size';
import { SvpError } from '../errors';
import type { Model } from '../models/model';
import type { EpochRecorder } from './epoch-recorder';
import type { TrainingPlan } from './fingerprint';
import { recipeShape, resolveRecipe } from './recipe';
import type { TrainModelOptions } from './types';

const object = <T>(name: string) =>
  z.custom<T>((value) => value !== null && typeof value === 'object', `must be ${name}`);
const rows = z.custom<Uint32Array>((value) => types.isUint32Array(value), 'must be a Uint32Array').optional();
const callback = <T>() =>
  z.custom<T>((value) => typeof value === 'function', 'must be a function').optional();

const optionsShape = z.object({
  model: object<Model>('a model (createModel)'),
  dataset: object<Dataset>('a data set'),
  indices: rows,
  test: object<Dataset>('a data set').optional(),
  validation: z
    .custom<Uint32Array | number | string>(
      (value) => types.isUint32Array(value) || typeof value === 'number' || typeof value === 'string',
      'must be a Uint32Array of rows, a number of them, a fraction or a percentage',
    )
    .optional(),
  ...recipeShape,
  seed: z.int().optional(),
  trackForgetting: z.boolean().optional(),
  evaluateEveryEpoch: z.boolean().optional(),
  checkpoint: z.strictObject({ path: z.string().min(1), resume: z.boolean().optional() }).optional(),
  recorder: z
    .custom<EpochRecorder>(
      (value) => typeof (value as EpochRecorder)?.epoch === 'function',
      'must be an object with an epoch method',
    )
    .optional(),
  signal: z
    .custom<AbortSignal>(
      (value) => typeof (value as AbortSignal)?.aborted === 'boolean',
      'must be an AbortSignal',
    )
    .optional(),
  onProgress: callback<NonNullable<TrainModelOptions['onProgress']>>(),
  onEpoch: callback<NonNullable<TrainModelOptions['onEpoch']>>(),
});

/** A training with its defaults filled in and its data checked. */
export interface CheckedTraining
  extends TrainingPlan,
    Pick<TrainModelOptions, 'test' | 'checkpoint' | 'recorder' | 'signal' | 'onProgress' | 'onEpoch'> {
  evaluateEveryEpoch: boolean;
}

/**
 * @throws SvpError SVP_E_OPTION, SVP_E_SHAPE (data that do not fit each other or the model), SVP_E_INDEX (rows outside the
 *   data, or rows both trained on and held out)
 */
export function checkTraining(options: TrainModelOptions): CheckedTraining {
  const o = parseOptions(optionsShape, options, 'trainModel');
  const recipe = resolveRecipe(o, 'trainModel');
  for (const [name, dataset] of [
    ['dataset', o.dataset],
    ['test', o.test],
  ] as const) {
    if (dataset) checkFits(name, dataset, o.model);
  }
  const seed = o.seed ?? 0;
  const split = heldOut(o.dataset, o.indices, o.validation, seed);
  if (recipe.patience !== undefined && !split.validation?.length) {
    throw new SvpError(
      'SVP_E_OPTION',
      'trainModel: option patience: needs validation examples to watch. Give validation, too.',
      { option: 'patience' },
    );
  }
  const { model, dataset, test, evaluateEveryEpoch = false, checkpoint, recorder } = o;
  const { signal, onProgress, onEpoch } = o;
  return {
    ...{ model, dataset, ...split, recipe, seed, evaluateEveryEpoch },
    trackForgetting: o.trackForgetting ?? false,
    ...(test && { test }),
    ...(checkpoint && { checkpoint }),
    ...(recorder && { recorder }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(onEpoch && { onEpoch }),
  };
}

function checkFits(name: string, dataset: Dataset, model: Model): void {
  checkExamples(dataset, name);
  const { input } = model;
  const given = inputOf(dataset);
  const fits =
    given.kind === 'text'
      ? input.kind === 'text' && input.length === given.length && input.symbols >= given.symbols
      : input.kind === 'image' && input.shape.join() === given.shape.join();
  if (!fits || dataset.classes > model.classes) {
    const takes =
      input.kind === 'text' ? `texts of ${input.length} characters` : `images of ${input.shape.join(' × ')}`;
    throw new SvpError(
      'SVP_E_SHAPE',
      `${name} has ${inputText(dataset)} in ${dataset.classes} classes, but the model takes ${takes} in ` +
        `${model.classes} classes. Create the model with the data's input and classes.`,
    );
  }
}

/** Rows to train on and rows held out. */
function heldOut(
  dataset: Dataset,
  indices: Uint32Array | undefined,
  validation: TrainModelOptions['validation'],
  seed: number,
): { rows: Uint32Array; validation?: Uint32Array } {
  if (validation === undefined || typeof validation === 'object') {
    return { rows: trainingRows(dataset, indices, validation), ...(validation && { validation }) };
  }
  const candidates = resolveRows(indices, dataset.count);
  const size = validationSize(validation, candidates.length);
  const split = splitValidation(dataset.labels, { size, indices: candidates, seed });
  return { rows: notEmpty(split.train), validation: split.validation };
}

/** `indices`, or everything but the validation rows. What is held out is never trained on. */
function trainingRows(dataset: Dataset, indices?: Uint32Array, validation?: Uint32Array): Uint32Array {
  const all = resolveRows(indices, dataset.count);
  if (validation === undefined) return notEmpty(all);
  const held = new Uint8Array(dataset.count);
  for (const row of resolveRows(validation, dataset.count, 'validation')) held[row] = 1;
  if (indices === undefined) return notEmpty(all.filter((row) => held[row] === 0));
  for (const row of all) {
    if (held[row] === 1) {
      throw new SvpError('SVP_E_INDEX', `Row ${row} is both trained on and held out for validation.`, {
        row,
      });
    }
  }
  return notEmpty(all);
}

function notEmpty(rows: Uint32Array): Uint32Array {
  if (rows.length === 0)
    throw new SvpError('SVP_E_OPTION', 'There is nothing to train on: indices is empty.');
  return rows;
}
