import path from 'node:path';
import { Worker } from 'node:worker_threads';

/** What a model gives for one batch, by output name. */
export type SessionOutputs = Record<string, { dims: number[]; data: Float32Array }>;

/** Runs a model, a file or its bytes, in ONNX Runtime on the processor: what an exported model is held against. */
export async function runOnnx(
  model: string | Uint8Array,
  input: { name?: string; dims: readonly number[]; data: Float32Array | Int32Array },
): Promise<SessionOutputs> {
  const worker = new Worker(path.join(__dirname, 'onnx-worker.cjs'), {
    workerData: { model, name: 'input', ...input },
  });
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`ONNX Runtime's thread ended with ${code}`)));
    });
  } finally {
    await worker.terminate();
  }
}

/** batch × height × width × channels to batch × channels × height × width. */
export function channelsFirst(data: Float32Array, dims: readonly number[]): Float32Array {
  const [, height, width, channels] = dims;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const c = i % channels;
    const pixel = Math.floor(i / channels) % (height * width);
    const b = Math.floor(i / (channels * height * width));
    out[(b * channels + c) * height * width + pixel] = data[i];
  }
  return out;
}
