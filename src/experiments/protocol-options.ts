/** What active learning and core-set selection have in common: options, networks, the split of the data. */
import { z } from 'zod';
import type { OnProgress } from '../core/progress';
import type { DatasetRecord } from '../core/run-record';
import { inputOf, type Splits } from '../data/examples';
import { SvpError } from '../errors';
import { DEFAULT_TARGET, type Network } from './network';
import { type NetworkChanges, resolveNetwork } from './resolve-network';
import type { ScoringRuntime } from './training-host';

export type { NetworkChanges } from './resolve-network';

/** A number of rows, or a share of the pool: 1000, '10%'. */
export type Size = number | string;

/** Options of every protocol. */
export interface ProtocolOptions {
  /** A data set's name (`datasetNames()`), the path of one, or one in memory. */
  dataset: string | Splits;
  /** Default: preact20 for five epochs. */
  target?: NetworkChanges;
  /** The model that chooses; what is not given is the target's. */
  proxy?: NetworkChanges;
  /** Train the target on what was chosen (default), or only choose. */
  trainTarget?: boolean;
  /** Take what an earlier run chose: its folder. No proxy is trained; pool, validation and test set are that run's. */
  precomputedSelection?: string;
  /** Random part of the train split to choose from. Default: all of it. */
  pool?: number;
  /**
   * Held out of the pool to report validation accuracy on: a number of examples, a fraction of the train split below 1, or
   * '10%'. Default 0.
   */
  validation?: number | string;
  /** Random part of the test split to test on. Default: all of it. */
  test?: number;
  /** Of every random choice, the initial weights and the orders. Default 0. */
  seed?: number;
  /** Test and validate after every epoch (default), or only after the last: no learning curves, and less time. */
  evaluateEveryEpoch?: boolean;
  /** What runs the proxy over the pool: the training runtime (default), or ONNX Runtime on an export of it. */
  scoring?: ScoringRuntime;
  cacheDirectory?: string;
  /** Folders of images: read smaller copies with a shorter side of so many pixels, kept in the cache; see LoadOptions. Default: none. */
  resizedCache?: number;
  /** Where the run goes. Default: nowhere, unless leaveRunDirectory. */
  runDirectory?: string;
  /** Leave a run folder, `runs/<protocol>-<UTC time>` unless runDirectory names it. */
  leaveRunDirectory?: boolean;
  /** Write into a folder that is not empty. */
  force?: boolean;
  /** Go on with the run in runDirectory: what it has finished is not repeated. */
  resume?: boolean;
  /** Train in a child process (default true), so that this one's event loop stays free. */
  isolate?: boolean;
  /** How the record says that it was made. */
  command?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** One line for each finished stage. */
  onNote?: (text: string) => void;
  /** Called once the run's folder is there. */
  onRunDirectory?: (folder: string) => void;
}

const any = z.any().optional();
const text = z.string().min(1).optional();
const flag = z.boolean().optional();

/** Of the options above, for the schemas of the protocols. */
export const protocolShape = {
  dataset: z.any(),
  target: any,
  proxy: any,
  trainTarget: flag,
  precomputedSelection: text,
  pool: z.int().min(1).optional(),
  validation: z.union([z.number().min(0), z.string()]).optional(),
  test: z.int().min(1).optional(),
  seed: z.int().optional(),
  evaluateEveryEpoch: flag,
  scoring: z.enum(['tensorflow', 'onnx']).optional(),
  cacheDirectory: text,
  resizedCache: any,
  runDirectory: text,
  leaveRunDirectory: flag,
  force: flag,
  resume: flag,
  isolate: flag,
  command: z.string().optional(),
  signal: any,
  onProgress: any,
  onNote: any,
  onRunDirectory: any,
};

/**
 * The two networks with everything filled in: the target from the defaults, the proxy from the target.
 * @throws SvpError SVP_E_OPTION
 */
export function resolveNetworks(
  given: Pick<ProtocolOptions, 'target' | 'proxy'>,
  where: string,
): { target: Network; proxy: Network } {
  const target = resolveNetwork(DEFAULT_TARGET, given.target ?? {}, `${where}: target`);
  return { target, proxy: resolveNetwork(target, given.proxy ?? {}, `${where}: proxy`) };
}

/** @throws SvpError SVP_E_OPTION: a network that stops by validation accuracy, and no examples to measure it on */
export function checkPatience(networks: readonly Network[], validation: number, where: string): void {
  if (validation > 0 || networks.every(({ patience }) => patience === undefined)) return;
  throw new SvpError(
    'SVP_E_OPTION',
    `${where}: option patience: needs validation examples to watch. Give validation, too.`,
    { option: 'patience' },
  );
}

/** @throws SvpError SVP_E_OPTION: `resume` without a folder, or together with `force` */
export function checkResume({ resume, force, runDirectory }: ProtocolOptions): void {
  if (!resume) return;
  const fail = (message: string): never => {
    throw new SvpError('SVP_E_OPTION', message, { option: 'resume' });
  };
  if (runDirectory === undefined) fail('To resume, name the run’s folder (runDirectory, --run-dir).');
  if (force) fail('To resume goes on with a run, to force starts it anew: give one of them.');
}

/** What a record says of the data. */
export function datasetRecord(
  name: string,
  { train, test }: Splits,
  pool: number,
  tested?: number,
): DatasetRecord {
  const { classes, classNames } = train;
  const input = inputOf(train);
  // A text is an image of one row to the report.
  const [height, width, channels] = input.kind === 'text' ? [1, input.length, 1] : input.shape;
  return { name, pool, test: tested ?? test.count, classes, classNames, height, width, channels };
}
