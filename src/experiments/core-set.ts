import { z } from 'zod';
import type { CoreSetRunRecord } from '../core/core-set-run-record';
import { parseOptions } from '../core/options';
import { readIndexFile } from '../data/formats/index-file';
import { coreSetConfiguration, coreSetPlan } from './core-set-plan';
import { CoreSetRun, selectedFile } from './core-set-run';
import { checkResume, type ProtocolOptions, protocolShape, type Size } from './protocol-options';
import { coreSetStages } from './protocol-stages';
import type { SelectionLine, TrainingLine } from './run-directory';
import { RunState } from './run-state';
import { StagePlan } from './stage-plan';
import { openWorkbench, type Workbench } from './workbench';

export interface CoreSetOptions extends ProtocolOptions {
  /** How many examples to keep; several for several subsets out of one ranking. */
  subset?: Size | Size[];
  /** Default 'forgetting-events'. */
  method?: string;
  /** k-centers: how many of the picks are random at first. Default a fiftieth of the pool, as the paper's 1,000 of 50,000. */
  initialSubset?: Size;
  /** The same number of each class in every subset. Default false. */
  balanced?: boolean;
  /** Train the target on the whole pool, too: what the subsets stand beside. Default false. */
  fullTarget?: boolean;
}

export interface CoreSetResult {
  /** Rows of the train split, first pick first; of several subsets the largest. */
  selected: Uint32Array;
  /** Every subset, by rising size. */
  subsets: Uint32Array[];
  method: string;
  /** The lines of proxy.csv, selection.csv and (unless trainTarget is false) target.csv; of several the largest subset's. */
  proxy: TrainingLine;
  selection: SelectionLine;
  target?: TrainingLine;
  record: CoreSetRunRecord;
  runDirectory?: string;
}

const any = z.any().optional();
const flag = z.boolean().optional();
const schema = z.object({
  ...protocolShape,
  subset: any,
  method: z.string().optional(),
  initialSubset: any,
  balanced: flag,
  fullTarget: flag,
});

/**
 * Core-set selection via proxy (Selection via Proxy, sections 2.2 and 2.3): trains the proxy on the whole pool, lets the
 * method rank the pool by it, and trains the target on the first `subset` examples, for each of several sizes.
 *
 * Random needs no proxy: none is trained, and its line has zeros. Images are scored with the evaluation transform. With a run
 * folder it can be killed at any moment and goes on by `resume`.
 * @returns the choice, and everything measured: accuracies as fractions, times in seconds
 * @throws SvpError SVP_E_OPTION, SVP_E_BUDGET (a subset larger than the pool), SVP_E_EXISTS, SVP_E_WRITE, SVP_E_CHECKPOINT
 *   (resume with other options), SVP_E_RUNTIME (no TensorFlow), SVP_E_NONFINITE (a proxy that diverged), SVP_E_ABORT
 */
export async function coreSet(options: CoreSetOptions): Promise<CoreSetResult> {
  const given = parseOptions(schema, options, 'coreSet') as CoreSetOptions;
  checkResume(given);
  const bench = await openWorkbench(given);
  try {
    return await coreSetAt(bench, given);
  } finally {
    await bench.close();
  }
}

/**
 * The same at a workbench that its caller closes.
 * @param trainings where trainings are kept that other runs may share; default the run's own folder
 */
export async function coreSetAt(
  bench: Workbench,
  options: CoreSetOptions,
  trainings?: string,
): Promise<CoreSetResult> {
  const given = parseOptions(schema, options, 'coreSet') as CoreSetOptions;
  const plan = await coreSetPlan(given, bench);
  const state = await RunState.open('coreset', given, coreSetConfiguration(plan, bench.name));
  const { directory } = state;
  if (directory) given.onRunDirectory?.(directory.folder);
  if (directory && state.finished) {
    const record = state.finished as CoreSetRunRecord;
    const files = record.subsets.map(({ examples }) => directory.file(selectedFile(examples)));
    return resultOf(record, await Promise.all(files.map(readIndexFile)), directory.folder);
  }
  try {
    const testExamples = plan.testIndices?.length ?? bench.splits.test.count;
    const stages = new StagePlan(coreSetStages(plan, testExamples), given.onProgress);
    const run = new CoreSetRun(bench, plan, state, stages, given, trainings ?? state.trainings);
    const { record, subsets } = await run.perform();
    return resultOf(record, subsets, directory?.folder);
  } finally {
    await directory?.sweep();
  }
}

function resultOf(record: CoreSetRunRecord, subsets: Uint32Array[], folder?: string): CoreSetResult {
  const last = record.subsets[record.subsets.length - 1];
  const { proxy, inferenceSeconds, rankingSeconds } = record;
  const randomInitial = Math.min(record.randomInitial, last.examples);
  return {
    selected: subsets[subsets.length - 1],
    subsets,
    method: record.method,
    proxy: lineOf(proxy),
    selection: {
      nexamples: last.examples,
      current_nexamples: randomInitial,
      new_nexamples: last.examples - randomInitial,
      total_time: inferenceSeconds + rankingSeconds,
      inference_time: inferenceSeconds,
      ranking_time: rankingSeconds,
    },
    ...(last.target ? { target: lineOf(last.target) } : {}),
    record,
    ...(folder === undefined ? {} : { runDirectory: folder }),
  };
}

/** A training as a line of a table; zeros where none was needed. */
function lineOf(training: CoreSetRunRecord['proxy']): TrainingLine {
  return {
    nexamples: training?.examples ?? 0,
    train_accuracy: training?.trainAccuracy ?? Number.NaN,
    dev_accuracy: training?.validationAccuracy ?? Number.NaN,
    test_accuracy: training?.testAccuracy ?? Number.NaN,
    train_time: training?.trainSeconds ?? 0,
    dev_time: training?.validationSeconds ?? 0,
    test_time: training?.testSeconds ?? 0,
  };
}
