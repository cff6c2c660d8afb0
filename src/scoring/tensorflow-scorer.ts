import { setImmediate as nextTurn } from 'node:timers/promises';
import { types } from 'node:util';
import { z } from 'zod';
import { throwIfAborted } from '../core/abort';
import type { Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import { type OnProgress, ProgressMeter } from '../core/progress';
import { resolveRows } from '../data/dataset';
import { exampleBatches } from '../data/example-loader';
import { checkExamples, type Dataset, inputOf, inputText } from '../data/examples';
import { SvpError } from '../errors';
import type { Model, OutputName } from '../models/model';

export interface ScorePoolOptions {
  model: Model;
  dataset: Dataset;
  /** Rows to score, in this order; default all. */
  indices?: Uint32Array;
  /** What is wanted of the model. */
  outputs: OutputName[];
  /** Default 256. The outputs do not depend on it beyond float32 rounding. */
  batchSize?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

const optionsShape = z.object({
  model: z.custom<Model>((value) => typeof (value as Model)?.infer === 'function', 'must be a model'),
  dataset: z.custom<Dataset>((value) => value !== null && typeof value === 'object', 'must be a data set'),
  indices: z.custom<Uint32Array>((value) => types.isUint32Array(value), 'must be a Uint32Array').optional(),
  outputs: z.array(z.enum(['logits', 'features'])).min(1),
  batchSize: z.int().min(1).max(65536).optional(),
  signal: z
    .custom<AbortSignal>(
      (value) => typeof (value as AbortSignal)?.aborted === 'boolean',
      'must be an AbortSignal',
    )
    .optional(),
  onProgress: z.custom<OnProgress>((value) => typeof value === 'function', 'must be a function').optional(),
});

/**
 * Runs the model over a pool: logits and final-hidden-layer features ("Selection via Proxy", section 3.1) of each image, with the
 * running statistics and the evaluation transform. Selection looks at the images themselves, never at augmented ones.
 * Batches go straight into the result: memory is the result and one batch.
 *
 * @returns for each of `outputs` a float32 matrix, one row per index
 * @throws SvpError SVP_E_OPTION, SVP_E_SHAPE (images that the model does not take), SVP_E_INDEX, SVP_E_MEMORY, SVP_E_ABORT
 */
export async function scorePool(options: ScorePoolOptions): Promise<{ logits?: Matrix; features?: Matrix }> {
  const o = parseOptions(optionsShape, options, 'scorePool');
  const { model, dataset, outputs, signal } = o;
  checkExamples(dataset);
  const given = inputOf(dataset);
  const shape = given.kind === 'text' ? [given.length] : given.shape;
  if (given.kind !== model.input.kind || shape.join() !== model.inputShape.join()) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `The pool has ${inputText(dataset)}, but the model takes ${model.inputShape.join(' × ')}.`,
    );
  }
  const indices = resolveRows(o.indices, dataset.count);
  const result: { logits?: Matrix; features?: Matrix } = {};
  if (outputs.includes('logits')) result.logits = matrix(indices.length, model.classes);
  if (outputs.includes('features')) result.features = matrix(indices.length, model.featureSize);

  const meter = new ProgressMeter(`scoring with ${model.arch}`, indices.length, 'images', o.onProgress);
  let done = 0;
  for await (const batch of exampleBatches(dataset, indices, o.batchSize ?? 256, signal)) {
    throwIfAborted(signal);
    const outcome = model.infer(batch.values, batch.size, outputs);
    for (const name of ['logits', 'features'] as const) {
      const into = result[name];
      const values = outcome[name];
      if (into && values) into.data.set(values, done * into.columns);
    }
    done += batch.size;
    meter.report(done);
    await nextTurn();
  }
  throwIfAborted(signal);
  return result;
}

function matrix(rows: number, columns: number): Matrix {
  try {
    return { data: new Float32Array(rows * columns), rows, columns };
  } catch (cause) {
    const gibibytes = ((rows * columns * 4) / 2 ** 30).toFixed(1);
    throw new SvpError(
      'SVP_E_MEMORY',
      `A result of ${rows} × ${columns} float32 values needs ${gibibytes} GiB, which there is not. Score the pool in parts.`,
      { cause },
    );
  }
}
