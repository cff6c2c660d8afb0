import { types } from 'node:util';
import { z } from 'zod';
import type { Matrix } from '../core/matrix';
import type { OnProgress } from '../core/progress';
import type { ImageDataset } from '../data/dataset';
import type { BrokenItem, PoolSource } from '../data/pool';
import { SvpError } from '../errors';
import type { Model } from '../models/model';
import { type InputConfig, inputConfigShape } from '../scoring/input-config';
import { MEASURES, type UncertaintyMeasure } from '../selection/batch-uncertainty';
import { SCORE_OUTPUTS, type ScoreOutput } from './score-plan';

/** What a pool may be given as: see `openPool` for the names and paths. */
export type Pool = ImageDataset | Matrix | PoolSource | string;

export interface ScorePoolOptions {
  /** A model in memory, the path of an `.onnx` model, or the path of a checkpoint. */
  model: Model | string;
  /** A data set, a matrix of vectors, the path of an array file, a data set's name, or a source of your own. */
  pool?: Pool;
  /** The pool, by its older name. */
  dataset?: ImageDataset;
  /** Rows to score of a data set or a matrix, in this order; default all. */
  indices?: Uint32Array;
  outputs: ScoreOutput[];
  /** How many rows `topK` holds: the most uncertain. */
  topK?: number;
  /** What top-k ranks by. Default: the first measure among the outputs, else entropy. */
  topKBy?: UncertaintyMeasure;
  /** Divides the logits before the measures. Default 1. */
  temperature?: number;
  /** Folder to write to, as the pass goes; without it arrays are returned. */
  out?: string;
  /** Go on from what an interrupted pass has left in `out`. */
  resume?: boolean;
  /** Overwrite what lies in `out`. */
  force?: boolean;
  /** An item that cannot be read ends the pass; else its outputs are NaN, and it is counted and listed. */
  strict?: boolean;
  /** Items a batch. Default: up to 256 and 20 MB. */
  batchSize?: number;
  /** Threads of ONNX Runtime; default one a processor. */
  threads?: number;
  /** For ONNX models. Default 'auto': a GPU where its provider is installed, else the processor. */
  device?: 'auto' | 'cpu' | 'cuda';
  /** What an ONNX model that this package did not make needs to be told; or a JSON file of it. */
  inputConfig?: InputConfig | string;
  /** Where converted data sets are kept; see loadDataset. */
  cacheDirectory?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

/** What a pass gave. Without `out` the arrays are here, with it their files are named. */
export interface ScorePoolResult {
  count: number;
  /** Items that could not be read; the first ten thousand by name. */
  broken: { count: number; items: BrokenItem[] };
  logits?: Matrix;
  features?: Matrix;
  entropy?: Float32Array;
  leastConfidence?: Float32Array;
  margin?: Float32Array;
  /** Most uncertain first, ties to the lowest row; items that could not be read are never among them. */
  topK?: { indices: Uint32Array; scores: Float64Array };
  /** By output, where `out` was given: paths. */
  files?: Partial<Record<ScoreOutput, string>>;
  batchSize: number;
  provider: string;
  providerReason: string;
  runtime: string;
  /** Rows that an interrupted pass had scored. */
  resumed: number;
  /** Wall clock of the pass, without loading the model. */
  seconds: number;
}

const custom = <T>(test: (value: unknown) => boolean, what: string) => z.custom<T>(test, `must be ${what}`);
const isObject = (value: unknown) => value !== null && typeof value === 'object';

/** For parseOptions. */
export const scoreOptionsShape = {
  model: z.union([
    z.string().min(1),
    custom<Model>((v) => typeof (v as Model)?.infer === 'function', 'a model, or the path of one'),
  ]),
  pool: z
    .union([z.string().min(1), custom<Exclude<Pool, string>>(isObject, 'a pool, or the path of one')])
    .optional(),
  dataset: custom<ImageDataset>(isObject, 'an ImageDataset').optional(),
  indices: custom<Uint32Array>((v) => types.isUint32Array(v), 'a Uint32Array').optional(),
  outputs: z.array(z.enum(SCORE_OUTPUTS)).min(1),
  topK: z.int().min(0).optional(),
  topKBy: z.enum(MEASURES as [UncertaintyMeasure, ...UncertaintyMeasure[]]).optional(),
  temperature: z.number().positive().optional(),
  out: z.string().min(1).optional(),
  resume: z.boolean().optional(),
  force: z.boolean().optional(),
  strict: z.boolean().optional(),
  batchSize: z.int().min(1).max(65_536).optional(),
  threads: z.int().min(1).max(1024).optional(),
  device: z.enum(['auto', 'cpu', 'cuda']).optional(),
  inputConfig: z.union([z.string().min(1), inputConfigShape.strict()]).optional(),
  cacheDirectory: z.string().min(1).optional(),
  signal: custom<AbortSignal>(
    (v) => typeof (v as AbortSignal)?.aborted === 'boolean',
    'an AbortSignal',
  ).optional(),
  onProgress: custom<OnProgress>((v) => typeof v === 'function', 'a function').optional(),
};

/** Options that exclude or need each other. @throws SvpError SVP_E_OPTION */
export function checkTogether(o: ScorePoolOptions): void {
  const refuse = (option: string, text: string): never => {
    throw new SvpError('SVP_E_OPTION', `scorePool: ${text}`, { option });
  };
  if ((o.pool === undefined) === (o.dataset === undefined)) refuse('pool', 'give one pool.');
  if (o.out === undefined && o.resume)
    refuse('resume', 'resume is for a pass that writes to a folder (out).');
  if (o.resume && o.force) refuse('resume', 'resume goes on, force starts afresh: give one of them.');
  const inMemory = typeof (o.pool ?? o.dataset) !== 'string' && !isSource(o.pool ?? o.dataset);
  if (o.indices && !inMemory) refuse('indices', 'indices are for a data set or a matrix in memory.');
}

/** Whether a pool is a source of the caller's own. */
export function isSource(pool: unknown): pool is PoolSource {
  return typeof (pool as PoolSource)?.batches === 'function';
}
