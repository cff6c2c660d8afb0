import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { SvpError } from '../errors';
import type { Outputs } from '../models/model';
import { fromOutputType, toInputType } from './onnx/elements';
import type { OnnxDevice, OnnxModel, OnnxRun, OnnxValue } from './onnx/messages';
import type { ScorerBatch } from './scorer';

/** The runtime's own package, typed; nothing else of this package imports it. */
type OnnxRuntime = typeof import('onnxruntime-node');

const PACKAGE = 'onnxruntime-node';
/**
 * Its threads wait actively for a fifth of a millisecond, not for a whole one, and not between two batches: the
 * processors are also those of whoever decodes the next batch and scores the last.
 */
const WAITING = { force_spinning_stop: '1', intra_op: { spin_duration_us: '200' } };
let loaded: OnnxRuntime | undefined;

/**
 * ONNX Runtime, loaded at the first call. Scoring loads it in a child process: its `run` blocks.
 * @throws SvpError SVP_E_RUNTIME
 */
function onnxRuntime(): OnnxRuntime {
  if (loaded) return loaded;
  try {
    loaded = require('onnxruntime-node') as OnnxRuntime;
    // Its own lines on stderr repeat what its exceptions say.
    loaded.env.logLevel = 'fatal';
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new SvpError(
      'SVP_E_RUNTIME',
      `ONNX Runtime, which scores .onnx models, does not load: ${reason} Run npm run setup, then svp doctor.`,
      { cause },
    );
  }
  return loaded;
}

/** What `svp doctor` shows of ONNX Runtime. */
export interface OnnxStatus {
  loaded: boolean;
  version?: string;
  /** Execution providers that can be used. */
  providers?: string[];
  /** Why `cuda` is not among them. */
  cudaReason?: string;
  reason?: string;
}

/** The folder of the runtime's shared libraries for this platform. */
function libraryFolder(): string | undefined {
  const root = path.dirname(createRequire(__filename).resolve(`${PACKAGE}/package.json`));
  const bin = path.join(root, 'bin');
  const abi = existsSync(bin) ? readdirSync(bin).find((name) => name.startsWith('napi-')) : undefined;
  return abi && path.join(bin, abi, process.platform, process.arch);
}

/** Undefined where CUDA may be tried; else why not. The npm package brings the provider only where its install script ran. */
function cudaAbsence(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return 'ONNX Runtime for Node has its CUDA provider on Linux x64 only';
  }
  const folder = libraryFolder();
  const missing = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'].find(
    (name) => !folder || !existsSync(path.join(folder, name)),
  );
  return (
    missing &&
    `its CUDA provider (${missing}) is not installed: run node node_modules/${PACKAGE}/script/install --onnxruntime-node-install=cuda12`
  );
}

/** The runtime's state; never throws. Loads its library into this process. */
export function onnxStatus(): OnnxStatus {
  try {
    const { env } = onnxRuntime();
    const cudaReason = cudaAbsence();
    return {
      loaded: true,
      version: env.versions.node ?? env.versions.common,
      providers: cudaReason === undefined ? ['cuda', 'cpu'] : ['cpu'],
      ...(cudaReason === undefined ? {} : { cudaReason }),
    };
  } catch (error) {
    return { loaded: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A loaded model; its calls block the process. */
export interface OnnxSession {
  model: Omit<OnnxModel, 'metadata' | 'producer' | 'externalFiles'>;
  run(batch: ScorerBatch, wanted: OnnxRun): Promise<Outputs>;
}

/**
 * Loads a model. The caller has looked through the file first (onnx/model-file.ts).
 * @throws SvpError SVP_E_FORMAT (ONNX Runtime cannot use it; its own words are kept), SVP_E_MEMORY, SVP_E_DEVICE, SVP_E_RUNTIME
 */
export async function openSession(file: string, threads: number, device: OnnxDevice): Promise<OnnxSession> {
  const runtime = onnxRuntime();
  const { session, provider, providerReason } = await create(runtime, file, threads, device);
  const describe = (values: readonly InferenceSession.ValueMetadata[]): OnnxValue[] =>
    values.map((value) =>
      value.isTensor
        ? { name: value.name, type: value.type, shape: [...value.shape] }
        : { name: value.name, shape: [] },
    );
  return {
    model: {
      inputs: describe(session.inputMetadata),
      outputs: describe(session.outputMetadata),
      provider,
      providerReason,
      version: runtime.env.versions.node ?? runtime.env.versions.common,
    },
    run: (batch, wanted) => runBatch(runtime, session, file, batch, wanted),
  };
}

async function create(runtime: OnnxRuntime, file: string, threads: number, device: OnnxDevice) {
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    extra: { session: WAITING },
  };
  const absence = device === 'cpu' ? 'the processor was asked for' : cudaAbsence();
  let reason = absence ?? '';
  if (absence === undefined) {
    try {
      const session = await runtime.InferenceSession.create(file, {
        ...options,
        executionProviders: ['cuda', 'cpu'],
      });
      return { session, provider: 'cuda' as const, providerReason: 'its CUDA provider is installed' };
    } catch (error) {
      reason = (error as Error).message;
    }
  }
  if (device === 'cuda') {
    throw new SvpError('SVP_E_DEVICE', `ONNX Runtime cannot use CUDA here: ${reason}.`, { option: 'device' });
  }
  try {
    const session = await runtime.InferenceSession.create(file, { ...options, executionProviders: ['cpu'] });
    return { session, provider: 'cpu' as const, providerReason: reason };
  } catch (cause) {
    const said = (cause as Error).message;
    const memory = /bad_?alloc|out of memory|failed to allocate/i.test(said);
    throw new SvpError(
      memory ? 'SVP_E_MEMORY' : 'SVP_E_FORMAT',
      `ONNX Runtime cannot ${memory ? 'hold' : 'use'} the model ${file}. It says: ${said}`,
      { file, cause },
    );
  }
}

async function runBatch(
  { Tensor: MakeTensor }: OnnxRuntime,
  session: InferenceSession,
  file: string,
  batch: ScorerBatch,
  wanted: OnnxRun,
): Promise<Outputs> {
  const names = Object.entries(wanted.outputs) as [keyof Outputs, string][];
  const length = batch.itemShape.reduce((a, b) => a * b, 1);
  const step = wanted.fixedBatch ?? batch.size;
  const parts: Partial<Record<keyof Outputs, Float32Array>> = {};
  for (let from = 0; from < batch.size; from += step) {
    const size = Math.min(step, batch.size - from);
    const whole = from === 0 && size === step && step === batch.size;
    let values = whole
      ? batch.values
      : (batch.values.subarray(from * length, (from + size) * length) as ScorerBatch['values']);
    if (size < step) values = padded(values, step * length);
    const tensor = new MakeTensor(
      wanted.type as 'float32',
      toInputType(values, wanted.type) as Float32Array,
      [step, ...batch.itemShape],
    );
    const fetches = [...new Set(names.map(([, name]) => name))];
    let given: InferenceSession.ReturnType;
    try {
      given = await session.run({ [wanted.input]: tensor }, fetches);
    } catch (cause) {
      throw runError(file, batch.itemShape, step, cause);
    }
    for (const [output, name] of names) {
      const data = rowsOf(given[name] as Tensor, name, step);
      const columns = data.length / step;
      if (whole) parts[output] = data;
      else {
        parts[output] ??= new Float32Array(batch.size * columns);
        (parts[output] as Float32Array).set(data.subarray(0, size * columns), from * columns);
      }
    }
  }
  return parts;
}

/** A model of one batch size gets its last batch filled up with zeros; those rows are dropped again. */
function padded(values: ScorerBatch['values'], length: number): ScorerBatch['values'] {
  const full = new (values.constructor as new (n: number) => ScorerBatch['values'])(length);
  full.set(values as never);
  return full;
}

/** An output's values; its first dimension must be the batch. */
function rowsOf({ data, dims }: Tensor, name: string, size: number): Float32Array {
  if (dims.length < 2 || dims[0] !== size) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `The model's output "${name}" has the shape (${dims.join(', ')}) for a batch of ${size}: one row an example is needed. ` +
        'Name another output in the input configuration.',
    );
  }
  return fromOutputType(data, name);
}

function runError(file: string, itemShape: readonly number[], size: number, cause: unknown): SvpError {
  const said = (cause as Error).message ?? String(cause);
  const memory = /bad_?alloc|out of memory|failed to allocate/i.test(said);
  const shape = /invalid (rank|dimension)|got invalid|unexpected input|dimension|shape/i.test(said);
  return new SvpError(
    memory ? 'SVP_E_MEMORY' : shape ? 'SVP_E_SHAPE' : 'SVP_E_RUNTIME',
    `${file} does not run on a batch of ${size} items of ${itemShape.join(' × ')}.${memory ? ' Use a smaller batch.' : ''} ONNX Runtime says: ${said}`,
    { file, cause },
  );
}
