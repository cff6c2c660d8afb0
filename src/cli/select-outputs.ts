import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { writeError } from '../core/atomic-file';
import { formatIndexFile } from '../data/formats/index-file';
import { writeNpy } from '../data/formats/npy';
import { SvpError } from '../errors';
import type { Selection } from '../selection/method';
import type { SelectOptions } from '../selection/select';
import { prepareOutput, writeOutput } from './output';
import type { SelectCommandOptions } from './select';

/** Where a run of `svp select` writes, checked and ready. */
export interface SelectOutputs {
  out?: string;
  assignments?: string;
  checkpoint?: string;
}

/**
 * Checks every output before the work starts. A checkpoint may exist with --resume, which goes on from it.
 * @throws SvpError SVP_E_EXISTS, SVP_E_WRITE, SVP_E_OPTION for two outputs of one name
 */
export async function prepareOutputs(options: SelectCommandOptions): Promise<SelectOutputs> {
  const { out, assignments, checkpoint, resume, force, dryRun } = options;
  const named = Object.entries({ out, assignments, checkpoint }).filter(([, file]) => file !== undefined);
  for (const [i, [option, file]] of named.entries()) {
    const [other] =
      named.slice(0, i).find(([, earlier]) => path.resolve(earlier!) === path.resolve(file!)) ?? [];
    if (other === undefined) continue;
    throw new SvpError(
      'SVP_E_OPTION',
      `--${other} and --${option} both name ${file}: give them different files.`,
      {
        option,
      },
    );
  }
  const prepare = (file: string | undefined, mayExist = force) =>
    file === undefined ? undefined : prepareOutput(file, { force: mayExist, dryRun });
  return {
    out: await prepare(out),
    assignments: await prepare(assignments),
    checkpoint: await prepare(checkpoint, force || resume),
  };
}

/** Both generations that the engine keeps. */
export async function removeCheckpoint(file: string): Promise<void> {
  try {
    for (const name of [file, `${file}.previous`]) await fs.rm(name, { force: true });
  } catch (error) {
    throw writeError(file, error);
  }
}

/** One position a row: .npy by its name, else text. */
export async function writeAssignments(file: string, { assignments }: Selection): Promise<void> {
  const values = assignments as Uint32Array;
  if (/\.npy$/i.test(file)) return writeNpy(file, values, [values.length]);
  return writeOutput(file, formatIndexFile(values));
}

/** What a check of a k-centers selection has to know besides the picks. */
function asked({ features, initial, labels, metric, randomInitial }: SelectCommandOptions): object {
  return {
    inputs: { features, initial, labels },
    metric: metric ?? 'euclidean',
    randomInitial: randomInitial ?? 0,
  };
}

/** The object of --json, with the score or radius of each pick; a radius of Infinity (the first pick without an initial pool) becomes null. */
export function selectReport(
  options: SelectCommandOptions,
  input: SelectOptions,
  selection: Selection,
  seconds: object,
): object {
  return {
    method: input.method,
    budget: input.budget,
    poolSize: input.poolSize,
    initial: input.initial?.length ?? 0,
    seed: options.seed,
    ...(selection.radii && asked(options)),
    picked: selection.indices.length,
    ...(options.out === undefined ? { indices: selection.indices } : { out: options.out }),
    ...(selection.scores && { scores: Array.from(selection.indices, (row) => selection.scores![row]) }),
    ...(selection.radii && { radii: selection.radii }),
    ...(selection.classCounts && { classCounts: selection.classCounts }),
    ...(selection.clusterSizes && { clusterSizes: selection.clusterSizes }),
    ...(options.assignments !== undefined && { assignments: options.assignments }),
    ...(selection.stats && { stats: selection.stats }),
    seconds,
  };
}
