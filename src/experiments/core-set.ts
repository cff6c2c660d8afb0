import { z } from 'zod';
import { throwIfAborted } from '../core/abort';
import { parseOptions } from '../core/options';
import type { OnProgress } from '../core/progress';
import type { ImageSplits } from '../data/dataset';
import { checkArch } from '../models/registry';
import { checkBudget } from '../selection/budget';
import { findMethod } from '../selection/registry';
import {
  type CoreSetContext,
  chooseSubset,
  selectionLine,
  splitPool,
  trainingLine,
  trainNetwork,
  writeChoice,
  writeTrainingPart,
} from './core-set-steps';
import { loadSource, sourceOf } from './dataset-source';
import { DEFAULT_TARGET, type Network, networkShape } from './network';
import { openTrainingHost } from './open-training-host';
import { RunDirectory, type SelectionLine, type TrainingLine } from './run-directory';
import type { JobHooks } from './training-host';

export interface CoreSetOptions {
  /** A data set's name (`datasetNames()`), or images in memory. */
  dataset: string | ImageSplits;
  /** How many examples to keep. */
  subset: number;
  /** Default 'forgetting-events'. */
  method?: string;
  /** Default: preact20 for five epochs. */
  target?: Partial<Network>;
  /** The model that chooses; what is not given is the target's. */
  proxy?: Partial<Network>;
  /** Examples held out of the pool to report validation accuracy on. Default 0. */
  validation?: number;
  /** Random part of the train split to choose from. Default: all of it. */
  pool?: number;
  /** k-centers: how many of the picks are random at first. Default a fiftieth of the pool, as the paper's 1,000 of 50,000. */
  initialSubset?: number;
  /** Train the target on the choice (default), or only choose. */
  trainTarget?: boolean;
  seed?: number;
  cacheDirectory?: string;
  /** Leave a run folder. Default: none. */
  runDirectory?: string;
  force?: boolean;
  /** Train in a child process (default true). */
  isolate?: boolean;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

export interface CoreSetResult {
  /** Rows of the train split, first pick first. */
  selected: Uint32Array;
  method: string;
  /** The lines of proxy.csv, selection.csv and (unless trainTarget is false) target.csv. */
  proxy: TrainingLine;
  selection: SelectionLine;
  target?: TrainingLine;
  runDirectory?: string;
}

const any = z.any().optional();
const schema = z.object({
  dataset: z.any(),
  subset: z.any(),
  method: z.string().optional(),
  target: any,
  proxy: any,
  validation: z.int().min(0).optional(),
  pool: z.int().min(1).optional(),
  initialSubset: z.int().min(0).optional(),
  trainTarget: z.boolean().optional(),
  seed: z.int().optional(),
  cacheDirectory: z.string().optional(),
  runDirectory: z.string().optional(),
  force: z.boolean().optional(),
  isolate: z.boolean().optional(),
  signal: any,
  onProgress: any,
});

const networks = z.object({ target: networkShape, proxy: networkShape });

/**
 * Core-set selection via proxy (Selection via Proxy, sections 2.2 and 2.3): trains the proxy on the whole pool, lets the
 * method choose `subset` examples by it, and trains the target on those.
 *
 * Random needs no proxy: none is trained, and its line has zeros. Images are scored with the evaluation transform.
 * @returns the choice, and the lines of the run's tables: accuracies as fractions, times in seconds
 * @throws SvpError SVP_E_OPTION, SVP_E_BUDGET (a subset larger than the pool), SVP_E_EXISTS, SVP_E_WRITE, SVP_E_RUNTIME
 *   (no TensorFlow), SVP_E_NONFINITE (a proxy that diverged), SVP_E_ABORT
 */
export async function coreSet(options: CoreSetOptions): Promise<CoreSetResult> {
  const given = parseOptions(schema, options, 'coreSet') as CoreSetOptions;
  const { seed = 0, signal } = given;
  const method = findMethod(given.method ?? 'forgetting-events');
  const target = { ...DEFAULT_TARGET, ...given.target };
  const proxy = { ...target, ...given.proxy };
  parseOptions(networks, { target, proxy }, 'coreSet');
  checkArch(target.arch);
  checkArch(proxy.arch);
  throwIfAborted(signal);

  const source = sourceOf(given.dataset, given.cacheDirectory);
  const splits = await loadSource(source, { ...(signal ? { signal } : {}) });
  const split = splitPool(splits.train, seed, given.pool, given.validation);
  const budget = checkBudget(given.subset, split.pool.length);
  const initial = given.initialSubset ?? Math.round(split.pool.length / 50);

  const run =
    given.runDirectory === undefined
      ? undefined
      : await RunDirectory.create('coreset', given.runDirectory, given.force);
  await run?.writeJson('config.json', {
    command: 'coreset',
    dataset: splits.train.name.replace(/\/train$/, ''),
    method: method.name,
    subset: budget,
    seed,
    validation: split.validation.length,
    pool: split.pool.length,
    initialSubset: initial,
    target,
    proxy,
  });
  await run?.writeIndices('train.index', split.pool);
  await run?.writeIndices('dev.index', split.validation);

  const host = openTrainingHost(source, given.isolate ?? true);
  try {
    const context: CoreSetContext = { host, ...split, seed };
    const hooks = (stage: string): JobHooks => ({
      ...(signal ? { signal } : {}),
      onProgress: (progress) => given.onProgress?.({ ...progress, stage }),
    });
    const outcome =
      method.needs === 'nothing'
        ? undefined
        : await trainNetwork(
            context,
            proxy,
            split.pool,
            { keepAs: 'proxy', trackForgetting: method.needs === 'forgetting' },
            hooks('training the proxy'),
          );
    if (run && outcome) await writeTrainingPart(run, 'proxy', outcome, { ...split, rows: split.pool });

    const chooser = outcome && { key: 'proxy', outcome };
    const choice = await chooseSubset(
      context,
      method.name,
      budget,
      chooser,
      initial,
      hooks(`choosing by ${method.name}`),
    );
    if (run) await writeChoice(run, choice);
    await host.release('proxy');

    const result: CoreSetResult = {
      selected: choice.rows,
      method: method.name,
      proxy: outcome ? trainingLine(outcome, split.pool.length) : untrained(),
      selection: selectionLine(choice),
      ...(run ? { runDirectory: run.folder } : {}),
    };
    if (given.trainTarget ?? true) {
      const trained = await trainNetwork(context, target, choice.rows, {}, hooks('training the target'));
      if (run) await writeTrainingPart(run, 'target', trained, { ...split, rows: choice.rows });
      result.target = trainingLine(trained, choice.rows.length);
    }
    return result;
  } finally {
    await host.close();
    await run?.sweep();
  }
}

/** The proxy's line where the method needs none. */
function untrained(): TrainingLine {
  return {
    nexamples: 0,
    train_accuracy: Number.NaN,
    dev_accuracy: Number.NaN,
    test_accuracy: Number.NaN,
    train_time: 0,
    dev_time: 0,
    test_time: 0,
  };
}
