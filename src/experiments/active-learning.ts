import { z } from 'zod';
import type { ActiveRecord } from '../core/active-record';
import { parseOptions } from '../core/options';
import { readIndexFile } from '../data/formats/index-file';
import { activeConfiguration, activePlan } from './active-plan';
import { ActiveRun } from './active-run';
import type { LabelSource } from './label-book';
import { checkResume, type ProtocolOptions, protocolShape, type Size } from './protocol-options';
import { activeStages } from './protocol-stages';
import { RunState } from './run-state';
import { StagePlan } from './stage-plan';
import { openWorkbench, type Workbench } from './workbench';

export interface ActiveLearningOptions extends ProtocolOptions {
  /** Default 'least-confidence'. Any but forgetting events, which need the labels of what they choose from. */
  method?: string;
  /** Rows labelled at first, at random. Default a fiftieth of the pool, as the paper's 1,000 of 50,000. */
  initialSubset?: Size;
  /** Rows that each round adds. Default 8 % of the pool, then four times 10 %: the paper's budgets of 10, 20 … 50 %. */
  rounds?: Size[];
  /** The same number of each class among the initial rows. Default false. */
  balanced?: boolean;
  /** Each proxy starts from the weights of the one before. Default false: fresh weights each round, as in the paper. */
  warmStart?: boolean;
  /** Sizes of the labelled set at which the target is trained. Default: the last. */
  evalTargetAt?: Size[];
  /** Labels are hidden until chosen, and this is asked for them; those of the data set are not looked at. */
  labels?: LabelSource;
}

export interface ActiveLearningResult {
  /** Rows of the train split, in the order in which they were labelled. */
  labelled: Uint32Array;
  record: ActiveRecord;
  runDirectory?: string;
}

const any = z.any().optional();
const flag = z.boolean().optional();
const schema = z.object({
  ...protocolShape,
  method: z.string().optional(),
  initialSubset: any,
  rounds: z.array(z.any()).min(1).optional(),
  balanced: flag,
  warmStart: flag,
  evalTargetAt: z.array(z.any()).optional(),
  labels: z.custom<LabelSource>((value) => typeof value === 'function', 'must be a function').optional(),
});

/** The options, checked as far as they can be without the data. @throws SvpError SVP_E_OPTION */
export function checkedActiveOptions(options: ActiveLearningOptions): ActiveLearningOptions {
  const given = parseOptions(schema, options, 'activeLearning') as ActiveLearningOptions;
  checkResume(given);
  return given;
}

/**
 * Active learning via proxy (Selection via Proxy, sections 2.1 and 2.3): some rows are labelled at random; in each round a
 * proxy is trained on what is labelled, and the method chooses by it what is labelled next; the target is trained on the
 * last labelled set, or at each of `evalTargetAt`. With proxy and target the same it is the paper's baseline, and a
 * training that serves as both is run once.
 *
 * With a run folder it can be killed at any moment and goes on by `resume`: finished rounds and epochs are not repeated,
 * and the index files are those of an unbroken run.
 * @returns what was labelled, and everything measured: accuracies as fractions, times in seconds
 * @throws SvpError SVP_E_OPTION, SVP_E_BUDGET (more than the pool has), SVP_E_EXISTS, SVP_E_WRITE, SVP_E_CHECKPOINT (resume with
 *   other options), SVP_E_LABELS (from `labels`), SVP_E_RUNTIME (no TensorFlow), SVP_E_NONFINITE (a proxy that diverged), SVP_E_ABORT
 */
export async function activeLearning(options: ActiveLearningOptions): Promise<ActiveLearningResult> {
  const given = checkedActiveOptions(options);
  const bench = await openWorkbench(given);
  try {
    return await activeLearningAt(bench, given);
  } finally {
    await bench.close();
  }
}

/**
 * The same at a workbench that its caller closes.
 * @param trainings where trainings are kept that other runs may share; default the run's own folder
 */
export async function activeLearningAt(
  bench: Workbench,
  options: ActiveLearningOptions,
  trainings?: string,
): Promise<ActiveLearningResult> {
  const given = checkedActiveOptions(options);
  const plan = await activePlan(given, bench);
  const state = await RunState.open('active', given, activeConfiguration(plan, bench.name));
  const { directory } = state;
  if (directory) given.onRunDirectory?.(directory.folder);
  if (directory && state.finished) {
    const record = state.finished as ActiveRecord;
    const last = record.rounds.at(-1)?.labelledAfter;
    const name = last === undefined ? `initial_subset_${record.initial}` : `labeled_${last}`;
    const labelled = await readIndexFile(directory.file(`${name}.index`));
    return { labelled, record, runDirectory: directory.folder };
  }
  try {
    const stages = new StagePlan(
      activeStages(plan, plan.testIndices?.length ?? bench.splits.test.count),
      given.onProgress,
    );
    const run = new ActiveRun(bench, plan, state, stages, given, trainings ?? state.trainings);
    const { labelled, record } = await run.perform();
    return { labelled, record, ...(directory ? { runDirectory: directory.folder } : {}) };
  } finally {
    await directory?.sweep();
  }
}
