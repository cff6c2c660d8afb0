import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import type { ActiveRecord } from '../core/active-record';
import type { CoreSetRunRecord } from '../core/core-set-run-record';
import { parseOptions } from '../core/options';
import type { OnProgress } from '../core/progress';
import type { SweepRecord, SweepRun } from '../core/sweep-record';
import { isSvpError, type SvpError } from '../errors';
import { activeLearningAt } from './active-learning';
import { activePlan } from './active-plan';
import { coreSetAt } from './core-set';
import { coreSetPlan } from './core-set-plan';
import { describeMachine } from './machine';
import { activeStages, coreSetStages } from './protocol-stages';
import { RunDirectory } from './run-directory';
import { RECORD, TRAININGS } from './run-state';
import type { Stage } from './stage-plan';
import { readSweepConfiguration, type SweepConfiguration } from './sweep-configuration';
import { SweepEstimate } from './sweep-estimate';
import { runOptions, sweepRuns } from './sweep-runs';
import { sweepTable } from './sweep-table';
import { openWorkbench, type Workbench } from './workbench';

export interface SweepOptions {
  /** The configuration's file (YAML), see docs/guides/active-learning.md. */
  configuration: string;
  /** Default `runs/sweep-<name>`. A sweep that is there already goes on. */
  runDirectory?: string;
  /** Start runs anew whose options have changed; otherwise they are errors. */
  force?: boolean;
  cacheDirectory?: string;
  /** Train in a child process (default true). */
  isolate?: boolean;
  command?: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
  onNote?: (text: string) => void;
  onRunDirectory?: (folder: string) => void;
}

export interface SweepResult {
  record: SweepRecord;
  runDirectory: string;
  /** Why runs failed, by their ids. */
  failures: { id: string; error: SvpError }[];
}

const any = z.any().optional();
const text = z.string().min(1).optional();
const schema = z.object({
  configuration: z.string().min(1),
  runDirectory: text,
  force: z.boolean().optional(),
  cacheDirectory: text,
  isolate: z.boolean().optional(),
  command: z.string().optional(),
  signal: any,
  onProgress: any,
  onNote: any,
  onRunDirectory: any,
});

/** After these the next run would fail, too. */
const FATAL = new Set(['SVP_E_ABORT', 'SVP_E_WRITE', 'SVP_E_MEMORY', 'SVP_E_RUNTIME', 'SVP_E_INTERNAL']);

/**
 * Runs active learning and core-set selection for every combination of methods, proxies and seeds that a configuration
 * names (Selection via Proxy, section 3). What is done is skipped, what was killed goes on, and runs that need the same
 * training share it: the first one runs it. A run that fails is told in the record, and the others go on.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_OPTION (the configuration), SVP_E_EXISTS (a folder that is no sweep's), SVP_E_WRITE,
 *   SVP_E_RUNTIME, SVP_E_ABORT
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const given = parseOptions(schema, options, 'sweep') as SweepOptions;
  const configuration = await readSweepConfiguration(given.configuration);
  const { dataset, resizedCache } = configuration;
  const bench = await openWorkbench({
    dataset,
    ...given,
    ...(resizedCache === undefined ? {} : { resizedCache }),
  });
  try {
    return await sweepAt(bench, configuration, given);
  } finally {
    await bench.close();
  }
}

/** Plans of all runs, checked before the first is run. */
async function stagesOf(
  bench: Workbench,
  configuration: SweepConfiguration,
  runs: SweepRun[],
): Promise<Stage[][]> {
  const stages: Stage[][] = [];
  for (const run of runs) {
    const options = runOptions(configuration, run);
    if (options.kind === 'active') {
      const plan = await activePlan(options.active, bench);
      stages.push(activeStages(plan, plan.testIndices?.length ?? bench.splits.test.count));
    } else {
      const plan = await coreSetPlan(options.coreSet, bench);
      stages.push(coreSetStages(plan, plan.testIndices?.length ?? bench.splits.test.count));
    }
  }
  return stages;
}

/** What `svp sweep --dry-run` says: the runs, and the guessed seconds of each with shared trainings counted once. */
export async function sweepPlan(
  given: Pick<SweepOptions, 'configuration' | 'cacheDirectory'>,
): Promise<{ configuration: SweepConfiguration; runs: SweepRun[]; estimatedSeconds: number }> {
  const configuration = await readSweepConfiguration(given.configuration);
  const runs = sweepRuns(configuration);
  const bench = await openWorkbench({ dataset: configuration.dataset, ...given });
  try {
    const { total } = new SweepEstimate(await stagesOf(bench, configuration, runs));
    return { configuration, runs, estimatedSeconds: total };
  } finally {
    await bench.close();
  }
}

/** The same at a workbench that its caller closes. */
export async function sweepAt(
  bench: Workbench,
  configuration: SweepConfiguration,
  given: SweepOptions,
): Promise<SweepResult> {
  const startedAt = performance.now();
  const runs = sweepRuns(configuration);
  const estimate = new SweepEstimate(await stagesOf(bench, configuration, runs));
  const folder = path.resolve(given.runDirectory ?? path.join('runs', `sweep-${configuration.name}`));
  const earlier = await earlierSweep(folder);
  const directory = earlier
    ? await RunDirectory.open(folder)
    : await RunDirectory.create('sweep', folder, given.force);
  await directory.sweep();
  given.onRunDirectory?.(directory.folder);
  const record: SweepRecord = {
    version: 1,
    kind: 'sweep',
    name: configuration.name,
    createdAt: earlier?.createdAt ?? new Date().toISOString(),
    command: given.command ?? 'sweep()',
    machine: describeMachine(),
    configuration: configuration.source,
    runs: runs.map((run) => ({ ...run, ...pastOf(run, earlier) })),
    totalSeconds: earlier?.totalSeconds ?? 0,
  };
  const failures: SweepResult['failures'] = [];
  const done: (ActiveRecord | CoreSetRunRecord | undefined)[] = [];
  const save = async () => {
    record.totalSeconds = (earlier?.totalSeconds ?? 0) + (performance.now() - startedAt) / 1000;
    await directory.writeText('sweep.csv', sweepTable(record.runs, done));
    await directory.writeJson(RECORD, record);
  };
  await save();
  for (const [i, run] of record.runs.entries()) {
    estimate.begin(i);
    const runStartedAt = performance.now();
    try {
      const before = run.state;
      done[i] = await perform(bench, configuration, run, directory, given, estimate);
      // Seconds of a run are those of all its sessions: its record knows them.
      run.seconds = done[i]?.totalSeconds ?? (performance.now() - runStartedAt) / 1000;
      run.state = 'done';
      delete run.error;
      estimate.end(before !== 'done');
    } catch (error) {
      if (!isSvpError(error) || FATAL.has(error.code)) throw error;
      run.state = 'failed';
      run.error = `${error.code}: ${error.message}`;
      failures.push({ id: run.id, error });
      given.onNote?.(`${run.id} failed: ${error.message}`);
      estimate.end(false);
    }
    await save();
  }
  return { record, runDirectory: directory.folder, failures };
}

/** What an earlier session of the sweep says of a run. */
function pastOf({ id }: SweepRun, earlier: SweepRecord | undefined): Partial<SweepRun> {
  const past = earlier?.runs.find((run) => run.id === id);
  return past?.state === 'done' ? { state: 'done', seconds: past.seconds ?? 0 } : {};
}

async function earlierSweep(folder: string): Promise<SweepRecord | undefined> {
  try {
    const record = JSON.parse(await fs.readFile(path.join(folder, RECORD), 'utf8'));
    return record.kind === 'sweep' ? record : undefined;
  } catch {
    // Nothing there, or another folder: creating it will say.
    return undefined;
  }
}

/** Runs one run, goes on with it, or reads what it left. */
async function perform(
  bench: Workbench,
  configuration: SweepConfiguration,
  run: SweepRun,
  directory: RunDirectory,
  given: SweepOptions,
  estimate: SweepEstimate,
): Promise<ActiveRecord | CoreSetRunRecord> {
  const shared = directory.file(TRAININGS);
  const hooks = {
    runDirectory: directory.file(run.folder),
    command: given.command ?? 'sweep()',
    ...(given.signal ? { signal: given.signal } : {}),
    onProgress: estimate.progress(run.id, given.onProgress),
    onNote: (text: string) => given.onNote?.(`${run.id}: ${text}`),
  };
  const options = runOptions(configuration, run);
  const start = async (how: { resume?: boolean; force?: boolean }) =>
    options.kind === 'active'
      ? (await activeLearningAt(bench, { ...options.active, ...hooks, ...how }, shared)).record
      : (await coreSetAt(bench, { ...options.coreSet, ...hooks, ...how }, shared)).record;
  try {
    return await start({ resume: true });
  } catch (error) {
    if (!given.force || !isSvpError(error) || error.code !== 'SVP_E_CHECKPOINT') throw error;
    given.onNote?.(`${run.id}: its options have changed, it is started anew`);
    return start({ force: true });
  }
}
