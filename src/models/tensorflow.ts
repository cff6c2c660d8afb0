import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import * as util from 'node:util';
import { SvpError } from '../errors';

/** The training runtime's own package, typed; nothing else of this package imports it. */
export type TensorFlow = typeof import('@tensorflow/tfjs-node-gpu');

/** One tensor that TensorFlow's binding returns: its number there, its shape, its element type (TF_DataType). */
export interface BindingTensor {
  id: number;
  shape: number[];
  dtype: number;
}

/** An attribute of a TensorFlow operation; `type` is a TF_AttrType of the C API. */
export interface Attribute {
  name: string;
  type: number;
  value: string | number | boolean | readonly number[];
}

/** The part of the binding's surface that `Kernels` calls: TensorFlow's eager C API, one operation at a time. */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, data: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array;
  executeOp(
    name: string,
    attributes: readonly Attribute[],
    inputs: number[],
    outputs: number,
  ): BindingTensor[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  TF_Version: string;
}

/** What `svp doctor` shows of the training runtime. */
export interface TensorFlowStatus {
  loaded: boolean;
  /** Of the TensorFlow library under the binding: "2.19.1". */
  version?: string;
  /** Of the npm package that binds it. */
  bindingVersion?: string;
  device?: 'cpu' | 'gpu';
  /** Why it did not load, and what to do. */
  reason?: string;
}

const PACKAGE = '@tensorflow/tfjs-node-gpu';

/**
 * Read by TensorFlow when it starts; what the user has set stays. Measured on two Zen 3 cores (docs/guides/training.md):
 * oneDNN's convolutions take half of Eigen's time or less on processors where TensorFlow leaves them off (no AVX-512), and
 * its own pool allocator keeps memory where malloc would give each 6 MB activation back to the system and fault it in anew.
 */
function runtimeEnvironment(): Record<string, string> {
  return {
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_CPU_ALLOCATOR_USE_BFC: 'true',
    TF_NUM_INTRAOP_THREADS: String(availableParallelism()),
  };
}

/**
 * What to start a process with that is for training: the runtime's own settings, and one that only counts before the process
 * begins. With glibc's tunable the allocator's pools lie on pages of 2 MiB, which makes a step 10 to 20 % faster (a step
 * walks over a few hundred megabytes, and the processor's table of 4 KiB pages does not reach that far).
 */
export function trainingEnvironment(): Record<string, string> {
  return { ...runtimeEnvironment(), GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };
}

function setEnvironment(): void {
  for (const [name, value] of Object.entries(runtimeEnvironment())) process.env[name] ??= value;
}

/** Node 23 removed functions of `util` that tfjs-node 4.22 calls while it loads and runs. */
function restoreRemovedFunctions(): void {
  const restored: Record<string, (value: unknown) => boolean> = {
    isArray: Array.isArray,
    isBoolean: (value) => typeof value === 'boolean',
    isFunction: (value) => typeof value === 'function',
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isNumber: (value) => typeof value === 'number',
    isObject: (value) => value !== null && typeof value === 'object',
    isString: (value) => typeof value === 'string',
    isUndefined: (value) => value === undefined,
  };
  // The module object that `require('util')` gives, not the import's frozen namespace.
  const target = createRequire(__filename)('node:util') as Record<string, unknown>;
  for (const [name, value] of Object.entries(restored)) {
    if (typeof (util as Record<string, unknown>)[name] !== 'function') target[name] = value;
  }
}

/** What to do, from what the loader complains of. */
function remedy(reason: string): string {
  if (/Cannot find module '@tensorflow/.test(reason)) {
    return 'The package is not installed: run npm ci --ignore-scripts, then npm run setup.';
  }
  if (/tfjs_binding|libtensorflow|The Node\.js native addon module/.test(reason)) {
    return 'Its library is not set up: run npm run setup, which fetches and binds it.';
  }
  return 'Run npm run setup, then svp doctor.';
}

let loaded: TensorFlow | undefined;

/**
 * The training runtime, loaded at the first call (about a second); importing this package does not load it.
 * @throws SvpError SVP_E_RUNTIME when it is missing or does not load, with what to do
 */
export function tensorflow(): TensorFlow {
  if (loaded) return loaded;
  setEnvironment();
  restoreRemovedFunctions();
  try {
    loaded = require('@tensorflow/tfjs-node-gpu') as TensorFlow;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new SvpError(
      'SVP_E_RUNTIME',
      `TensorFlow, which training and scoring need, does not load: ${reason} ${remedy(reason)}`,
      { cause },
    );
  }
  return loaded;
}

/**
 * TensorFlow's eager C API under tfjs.
 * @throws SvpError SVP_E_RUNTIME
 */
export function tensorflowBinding(): Binding {
  const backend = tensorflow().backend() as unknown as { binding?: Binding };
  if (typeof backend.binding?.executeOp !== 'function') {
    throw new SvpError(
      'SVP_E_RUNTIME',
      `${PACKAGE} loaded without its native backend. Run npm run setup, then svp doctor.`,
    );
  }
  return backend.binding;
}

/** Where TensorFlow's library lies that keeps its list of operations; undefined where it was put together in another way. */
export function tensorflowLibrary(): string | undefined {
  const package_ = path.dirname(createRequire(__filename).resolve(`${PACKAGE}/package.json`));
  const names = ['libtensorflow_framework.so.2', 'libtensorflow_framework.2.dylib'];
  return names.map((name) => path.join(package_, 'deps', 'lib', name)).find((file) => existsSync(file));
}

/** The runtime's state; never throws. Loads the runtime. */
export function tensorflowStatus(): TensorFlowStatus {
  try {
    const binding = tensorflowBinding();
    return {
      loaded: true,
      version: binding.TF_Version,
      bindingVersion: tensorflow().version['tfjs-node'],
      device: binding.isUsingGpuDevice() ? 'gpu' : 'cpu',
    };
  } catch (error) {
    return { loaded: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
