import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '../core/abort';
import { resolveRows } from '../data/dataset';
import { exampleBatches } from '../data/example-loader';
import type { Dataset } from '../data/examples';
import type { Model } from '../models/model';
import { correctRows } from './metrics';

/** As large as the fastest measured; the result does not depend on it. */
const BATCH_SIZE = 256;

export interface EvaluateOptions {
  model: Model;
  dataset: Dataset;
  /** Default all. */
  indices?: Uint32Array;
  signal?: AbortSignal;
}

/**
 * The share of examples that the model classifies correctly, with the evaluation transform (normalised, never augmented)
 * and the running statistics. NaN for no examples.
 * @throws SvpError SVP_E_ABORT, SVP_E_INDEX, SVP_E_SHAPE
 */
export async function evaluateAccuracy(options: EvaluateOptions): Promise<number> {
  const { model, dataset, signal } = options;
  const indices = resolveRows(options.indices, dataset.count);
  let correct = 0;
  for await (const batch of exampleBatches(dataset, indices, BATCH_SIZE, signal)) {
    throwIfAborted(signal);
    const { logits } = model.infer(batch.values, batch.size, ['logits']);
    for (const right of correctRows(logits as Float32Array, batch.labels)) correct += right;
    // A batch blocks the event loop; between two, the rest of the process has its turn.
    await nextTurn();
  }
  return correct / indices.length;
}
