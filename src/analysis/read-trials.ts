import * as path from 'node:path';
import type { MachineRecord } from '../core/run-record';
import { SvpError } from '../errors';
import { type FinishedRun, readRun } from './run-record-file';
import { activeTrial, coreSetTrials, type Names, quickstartTrials, type Trial } from './trial';

/** A run as the report tells of it. */
export interface RunSummary {
  folder: string;
  command: string;
  createdAt: string;
  machine: MachineRecord;
  seed?: number;
  configuration: Record<string, unknown>;
  totalSeconds: number;
}

/** Runs that are reported together. */
export interface TrialSet {
  /** The name of a sweep, if it is one. */
  name?: string;
  trials: Trial[];
  /** What was named: runs, or a sweep. */
  sources: RunSummary[];
  /** Runs that were read. */
  runs: FinishedRun[];
  /** Of a sweep: runs that are not done. */
  waiting: string[];
  failed: { id: string; error: string }[];
}

function summaryOf({ folder, record }: FinishedRun): RunSummary {
  const { command, createdAt, machine, totalSeconds } = record;
  return {
    folder,
    command,
    createdAt,
    machine,
    ...('seed' in record ? { seed: record.seed } : {}),
    configuration: 'configuration' in record ? record.configuration : {},
    totalSeconds,
  };
}

function trialsOf(run: FinishedRun, names?: Names): Trial[] {
  if (run.kind === 'active') return [activeTrial(run.record, run.folder, names)];
  if (run.kind === 'core-set') return coreSetTrials(run.record, run.folder, names);
  return run.kind === 'quickstart' ? quickstartTrials(run.record, run.folder) : [];
}

/**
 * Reads finished runs, and the finished runs of sweeps.
 * @param folders of runs or sweeps, or their record.json
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT; SVP_E_FILE too if a sweep has no finished run
 */
export async function readTrials(folders: readonly string[]): Promise<TrialSet> {
  const set: TrialSet = { trials: [], sources: [], runs: [], waiting: [], failed: [] };
  for (const folder of folders) {
    const run = await readRun(folder);
    set.sources.push(summaryOf(run));
    if (run.kind !== 'sweep') {
      set.runs.push(run);
      set.trials.push(...trialsOf(run));
      continue;
    }
    set.name = run.record.name;
    for (const part of run.record.runs) {
      if (part.state === 'waiting') set.waiting.push(part.id);
      if (part.state === 'failed')
        set.failed.push({ id: part.id, error: part.error ?? 'for a reason unknown' });
      if (part.state !== 'done') continue;
      const below = await readRun(path.join(run.folder, part.folder));
      set.runs.push(below);
      set.trials.push(...trialsOf(below, part));
    }
  }
  if (set.runs.length === 0) {
    throw new SvpError(
      'SVP_E_FILE',
      `No run of ${folders.join(', ')} is finished yet: there is nothing to report. Go on with svp sweep.`,
      { file: folders[0] },
    );
  }
  return set;
}
