import { SvpError } from '../errors';
import type { Model } from '../models/model';
import type { ExportOnnxOptions } from '../models/onnx/export';
import type { WrittenModel } from '../models/onnx/write';

export type { ExportOnnxOptions } from '../models/onnx/export';

/** What was written. */
export type ExportOnnxResult = WrittenModel;

/**
 * Writes a model, or the model of a checkpoint, as ONNX, for `svp score`, ONNX Runtime and whatever else reads it: the input
 * "input" (float32; by default batch × channels × height × width, the batch of any size), the outputs "logits" (batch × classes,
 * before the softmax) and "features" (batch × feature size, the paper's final hidden layer). Batch norm becomes part of the
 * convolution before it where there is one. Metadata under svp.* say what the input is.
 *
 * @param model a model, which stays its caller's, or the path of a checkpoint
 * @param file written whole or not at all; above 2 GiB, or when asked, with the weights in `<file>.data` beside it
 * @throws SvpError SVP_E_OPTION; SVP_E_FILE, SVP_E_CHECKPOINT for the checkpoint; SVP_E_WRITE; SVP_E_RUNTIME without TensorFlow
 */
export async function exportOnnx(
  model: Model | string,
  file: string,
  options: ExportOnnxOptions = {},
): Promise<ExportOnnxResult> {
  if (typeof file !== 'string' || file === '') {
    throw new SvpError(
      'SVP_E_OPTION',
      'exportOnnx: the second argument must be the path of the file to write.',
    );
  }
  const { writeOnnx } = require('../models/onnx/export') as typeof import('../models/onnx/export');
  if (typeof model !== 'string') {
    if (typeof model?.recordInference !== 'function') {
      throw new SvpError(
        'SVP_E_OPTION',
        'exportOnnx: the first argument must be a model or the path of a checkpoint.',
      );
    }
    return writeOnnx(model, file, options);
  }
  const { modelFromCheckpoint } =
    require('../training/checkpoint') as typeof import('../training/checkpoint');
  const loaded = await modelFromCheckpoint(model);
  try {
    return await writeOnnx(loaded, file, options);
  } finally {
    loaded.dispose();
  }
}

/** What an export of a checkpoint would write. */
export interface ExportPlan {
  arch: string;
  inputShape: readonly number[];
  classes: number;
  arrays: number;
  /** Numbers of all arrays, the running statistics included. */
  values: number;
  /** An upper bound: statistics that become part of a convolution are not written. */
  bytes: number;
}

/**
 * Reads and checks a checkpoint without loading TensorFlow.
 * @throws SvpError SVP_E_FILE, SVP_E_CHECKPOINT
 */
export async function exportPlan(checkpoint: string): Promise<ExportPlan> {
  const { loadCheckpoint } = require('../training/checkpoint') as typeof import('../training/checkpoint');
  const { arch, inputShape, classes, weights } = await loadCheckpoint(checkpoint);
  const values = weights.reduce((sum, { data }) => sum + data.length, 0);
  return { arch, inputShape, classes, arrays: weights.length, values, bytes: 4 * values };
}
