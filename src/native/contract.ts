/**
 * The addon's surface, typed. The wrappers beside this file are its only callers. `CONTRACT` is checked three ways: the
 * compiler holds its lengths against the functions below, the loader holds it against the addon that was found, and a
 * test compares the names with both.
 */

import { FASTTEXT_CONTRACT, type FastTextOperations } from './fasttext-contract';
import { IMAGE_CONTRACT, type ImageOperations } from './image-contract';
import { SHARED_MEMORY_CONTRACT, type SharedMemoryOperations } from './shared-memory-contract';

/** Counters of a running job, read without stopping it. */
export interface NativeProgress {
  done: number;
  total: number;
  /** Of done: units that an earlier run had finished. */
  resumed: number;
  /** Share of the estimated work, 0 … 1; 0 for jobs whose units all cost the same (use done / total). */
  fraction: number;
  /** k-centers: the current covering radius; −1 for other jobs and before there is one. */
  radius: number;
}

/** A job on a thread of its own. After cancel() the promise rejects within 250 ms, unless the job ended first. */
export interface NativeJob<Result> {
  promise: Promise<Result>;
  cancel(): void;
  progress(): NativeProgress;
}

/** What can run on this machine. */
export interface AddonDescription {
  /** The instruction set that a call would use now (SVP_INSTRUCTION_SET forces one). */
  instructionSet: string;
  availableInstructionSets: string[];
  /** Processors this process may use: the thread count where `threads` is 0. */
  threads: number;
}

/** Where a call runs; src/native/device.ts makes it. */
export interface NativeDevice {
  /** 'auto', 'cpu', 'cuda' or 'cuda:0,1'. */
  device: string;
  /** Path of the CUDA library. */
  library: string;
  /** For tests; '' leaves everything to the library. */
  settings: string;
}

/** The devices that the CUDA library can use. */
export interface CudaDescription {
  version: string;
  devices: { name: string; computeCapability: string; memoryBytes: number }[];
}

/** One selection: of the whole pool, or of one class of it. */
export interface NativeKCenterRun {
  /** Rows of the class, ascending; null for the whole pool. */
  rows: Uint32Array | null;
  budget: number;
  initial: Uint32Array;
  /** The first picks, before the greedy rule takes over; at least one where there is no initial pool. */
  first: Uint32Array;
}

/** A finished selection and the steps of it that are checked. */
export interface NativeKCenterVerifyRun {
  /** Rows that compete for a pick; the picks that are checked are among them. */
  rows: Uint32Array;
  /** The initial pool, then the picks, in order. */
  centers: Uint32Array;
  /** Positions in `centers` of the picks to be checked, ascending, above 0. */
  steps: Uint32Array;
}

export interface NativeKCenterOptions {
  cosine: boolean;
  /** −1: no stopping radius. */
  radius: number;
  threads: number;
  /** '' for none. */
  checkpoint: string;
  checkpointEveryMs: number;
  /** How the first picks were drawn; a checkpoint must agree with it. */
  identity: string;
  /** As the parameter of that name elsewhere. */
  instructionSet: string;
  /** For tests; 'automatic' and 0 leave the choice to the engine. */
  filter: 'automatic' | 'dense' | 'projected';
  filterColumns: number;
  block: number;
  wake: number;
  device: NativeDevice;
}

export interface NativeKCenterResult {
  /** Picks made, per run. */
  picked: number[];
  resumedPicks: number;
  backend: string;
  /** Why not CUDA, where it was wanted or left open; else empty. */
  deviceNote: string;
  instructionSet: string;
  threads: number;
  seconds: number;
  loadSeconds: number;
  wakeSeconds: number;
  updateSeconds: number;
  blockSeconds: number;
  rounds: number;
  epochs: number;
  woken: number;
  pairs: number;
  pairsRefined: number;
  exact: number;
  filterColumns: number;
  peakBytes: number;
}

/**
 * The exported functions. Inputs are read while the job runs, outputs (`output…`) are written by it and belong to the
 * wrapper until the promise settles. `threads` 0 means one per processor.
 * `instructionSet` is SVP_INSTRUCTION_SET as the caller's environment has it; empty: the best.
 */
export interface Operations extends FastTextOperations, ImageOperations, SharedMemoryOperations {
  describe(instructionSet: string): AddonDescription;

  /** Throws with the reason where there is no library or no device. Starts CUDA: a second, the first time. */
  cudaDevices(device: NativeDevice): CudaDescription;

  pairwiseDistances(
    a: Float32Array,
    aRows: number,
    b: Float32Array,
    bRows: number,
    columns: number,
    cosine: boolean,
    squared: boolean,
    threads: number,
    output: Float64Array,
    instructionSet: string,
    device: NativeDevice,
  ): NativeJob<void>;

  /**
   * Exactly one of `features` (rows × columns) and `path` (a .npy file) is given; the other is null. Writes picks as they
   * are made: of progress().done, the indices and radii can be read at once.
   */
  kCenterGreedy(
    features: Float32Array | null,
    rows: number,
    columns: number,
    path: string | null,
    runs: NativeKCenterRun[],
    options: NativeKCenterOptions,
    outputIndices: Uint32Array,
    outputRadii: Float64Array,
    outputAssignments: Uint32Array | null,
  ): NativeJob<NativeKCenterResult>;

  /**
   * What the definition says of some steps of finished selections; features as for kCenterGreedy. Per step of all runs
   * in order: the farthest row into outputRows, its squared distance and that of the row that was picked into
   * outputSquares (two values).
   */
  kCenterVerify(
    features: Float32Array | null,
    rows: number,
    columns: number,
    path: string | null,
    runs: NativeKCenterVerifyRun[],
    cosine: boolean,
    threads: number,
    outputRows: Uint32Array,
    outputSquares: Float64Array,
    instructionSet: string,
  ): NativeJob<void>;

  /** The shape of a .npy file of features, from its header. */
  npyShape(path: string): { rows: number; columns: number; dtype: string };

  /** One output per row for each measure; null leaves a measure out. Uint16Array: the bits of float16 values. */
  uncertainty(
    logits: Float32Array | Uint16Array,
    rows: number,
    columns: number,
    from: 'logits' | 'probabilities',
    temperature: number,
    threads: number,
    entropy: Float32Array | null,
    leastConfidence: Float32Array | null,
    margin: Float32Array | null,
    instructionSet: string,
    device: NativeDevice,
  ): NativeJob<void>;

  /** The members' logits, all rows × columns. One output per row for each measure; null leaves a measure out. */
  committeeUncertainty(
    members: Float32Array[],
    rows: number,
    columns: number,
    temperature: number,
    threads: number,
    voteEntropy: Float32Array | null,
    divergence: Float32Array | null,
    instructionSet: string,
  ): NativeJob<void>;

  /**
   * Counts one mini-batch in place, or throws before counting anything. `state` per example: 0 never presented, 1 last
   * wrong and never correct, 2 last wrong but correct before, 3 last correct.
   */
  forgettingUpdate(
    indices: Uint32Array,
    correct: Uint8Array,
    presentations: Uint32Array,
    events: Uint32Array,
    state: Uint8Array,
    device: NativeDevice,
  ): void;

  /**
   * Adds this package's training operations to the TensorFlow library at the path `library`, which the process has loaded;
   * once per process. Throws with the reason where that TensorFlow does not take them.
   */
  trainingKernels(library: string, threads: number, instructionSet: string): void;
}

/** Parameter names of each operation, in order; the same list is in native/binding/addon.cc. */
export const CONTRACT = {
  describe: ['instructionSet'],
  cudaDevices: ['device'],
  pairwiseDistances: [
    'a',
    'aRows',
    'b',
    'bRows',
    'columns',
    'cosine',
    'squared',
    'threads',
    'output',
    'instructionSet',
    'device',
  ],
  kCenterGreedy: [
    'features',
    'rows',
    'columns',
    'path',
    'runs',
    'options',
    'outputIndices',
    'outputRadii',
    'outputAssignments',
  ],
  kCenterVerify: [
    'features',
    'rows',
    'columns',
    'path',
    'runs',
    'cosine',
    'threads',
    'outputRows',
    'outputSquares',
    'instructionSet',
  ],
  npyShape: ['path'],
  uncertainty: [
    'logits',
    'rows',
    'columns',
    'from',
    'temperature',
    'threads',
    'entropy',
    'leastConfidence',
    'margin',
    'instructionSet',
    'device',
  ],
  committeeUncertainty: [
    'members',
    'rows',
    'columns',
    'temperature',
    'threads',
    'voteEntropy',
    'divergence',
    'instructionSet',
  ],
  forgettingUpdate: ['indices', 'correct', 'presentations', 'events', 'state', 'device'],
  ...IMAGE_CONTRACT,
  ...SHARED_MEMORY_CONTRACT,
  ...FASTTEXT_CONTRACT,
  trainingKernels: ['library', 'threads', 'instructionSet'],
} as const satisfies {
  [Name in keyof Operations]: readonly string[] & { length: Parameters<Operations[Name]>['length'] };
};

export interface Addon extends Operations {
  contract: { name: string; parameters: string[] }[];
}
