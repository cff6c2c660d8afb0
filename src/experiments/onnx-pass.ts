import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type Dataset, isTextDataset } from '../data/examples';
import { examplesPool } from '../data/pools/examples-pool';
import type { Model } from '../models/model';
import { findMethod } from '../selection/registry';
import { exportOnnx } from './export-onnx';
import { scorePool } from './score-pool';
import type { JobHooks, ScoreJob, ScoreOutcome } from './training-host';

/** Selection methods that look at logits, as the scoring pass calls their measures. */
const MEASURE_OF: Record<string, 'entropy' | 'leastConfidence' | 'margin'> = {
  entropy: 'entropy',
  'least-confidence': 'leastConfidence',
  margin: 'margin',
};

/**
 * The selection pass by ONNX Runtime: the model is exported to a temporary file, scored with the evaluation transform, and the
 * file removed. `seconds` are those of the pass and of the export. Scores agree with the training runtime's to about 1e-4.
 * @throws SvpError as `exportOnnx` and `scorePool`
 */
export async function scoreByOnnx(
  model: Model,
  dataset: Dataset,
  rows: Uint32Array,
  job: ScoreJob,
  hooks: JobHooks,
): Promise<ScoreOutcome> {
  const startedAt = performance.now();
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-onnx-'));
  try {
    const file = path.join(folder, 'model.onnx');
    const { classNames } = dataset;
    const normalization = isTextDataset(dataset)
      ? {}
      : { normalization: { mean: dataset.mean, std: dataset.std } };
    await exportOnnx(model, file, { ...normalization, classNames });
    const methods = (job.measures ?? []).map((name) => findMethod(name).name);
    const result = await scorePool({
      model: file,
      pool: examplesPool(dataset, rows),
      outputs: [...methods.map((name) => MEASURE_OF[name]), ...(job.features ? ['features' as const] : [])],
      ...(job.batchSize === undefined ? {} : { batchSize: job.batchSize }),
      ...(hooks.signal ? { signal: hooks.signal } : {}),
      ...(hooks.onProgress ? { onProgress: hooks.onProgress } : {}),
    });
    return {
      ...(methods.length > 0
        ? {
            scores: Object.fromEntries(
              methods.map((name) => [name, result[MEASURE_OF[name]] as Float32Array]),
            ),
          }
        : {}),
      ...(job.features ? { features: result.features! } : {}),
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
