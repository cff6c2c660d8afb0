import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { openRegularFile, readAt } from '../data/formats/byte-stream';
import type { Model } from '../models/model';
import { type InputConfig, parseInputConfig, readInputConfig } from '../scoring/input-config';
import { ModelScorer } from '../scoring/model-scorer';
import { OnnxScorer, type OnnxScorerOptions } from '../scoring/onnx-scorer';
import type { Scorer } from '../scoring/scorer';

export interface OpenScorerOptions extends Omit<OnnxScorerOptions, 'config'> {
  inputConfig?: InputConfig | string;
}

export interface OpenScorer {
  scorer: Scorer;
  /** Hash of everything that the model computes from: a resumed pass refuses another. */
  fingerprint(): Promise<string>;
}

/**
 * Opens what scores a pool: a model in memory, an `.onnx` file or a checkpoint of this package (both in a
 * child process). Files are told apart by their first bytes.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_CHECKPOINT, SVP_E_OPTION, SVP_E_DEVICE, SVP_E_RUNTIME, SVP_E_ABORT
 */
export async function openScorer(model: Model | string, options: OpenScorerOptions): Promise<OpenScorer> {
  const { inputConfig, ...onnx } = options;
  const config =
    typeof inputConfig === 'string' ? await readInputConfig(inputConfig) : parseInputConfig(inputConfig);
  if (typeof model !== 'string') {
    return { scorer: new ModelScorer(model, config), fingerprint: async () => hashOfModel(model) };
  }
  if (!(await isCheckpoint(model))) {
    const scorer = await OnnxScorer.open(model, { ...onnx, config });
    return { scorer, fingerprint: () => hashOfFiles([model, ...scorer.externalFiles]) };
  }
  const { CheckpointScorer } = require('./checkpoint-scorer') as typeof import('./checkpoint-scorer');
  const scorer = await CheckpointScorer.open(model, config, options.signal);
  return { scorer, fingerprint: () => hashOfFiles([model]) };
}

async function isCheckpoint(file: string): Promise<boolean> {
  const { handle } = await openRegularFile(file);
  const start = Buffer.alloc(8);
  await readAt(handle, start, 0).finally(() => handle.close());
  return start.toString('latin1') === 'SVPCKPT\n';
}

async function hashOfFiles(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

function hashOfModel(model: Model): string {
  const hash = createHash('sha256').update(JSON.stringify([model.arch, model.inputShape, model.classes]));
  for (const { name, shape, data } of model.weights()) {
    hash
      .update(JSON.stringify([name, shape]))
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
