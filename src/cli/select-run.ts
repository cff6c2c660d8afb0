import * as path from 'node:path';
import { formatIndexFile } from '../data/formats/index-file';
import { writeNpy } from '../data/formats/npy';
import { SvpError } from '../errors';
import { parseBudget } from '../selection/budget';
import { checkIndices } from '../selection/indices';
import type { Need, Selection, SelectionMethod } from '../selection/method';
import { findMethod, methodNames } from '../selection/registry';
import { type SelectOptions, select } from '../selection/select';
import type { CliContext, Display } from './context';
import { prepareOutput, printData, printJson, writeOutput } from './output';
import { createDisplay, formatSeconds, withCommas } from './progress-display';
import type { SelectCommandOptions } from './select';
import { arrayHeader, readCounts, readMatrix, readWholeNumbers, unlessAborted } from './select-inputs';

/** What a run of `svp select` is about, before any data are read. */
export interface SelectTask {
  method: SelectionMethod;
  budget: string;
  /** The array that the method scores, or that only tells the size of the pool; undefined with --pool-size. */
  file?: string;
  options: SelectCommandOptions;
}

const FILE_OF: Record<Exclude<Need, 'nothing'>, string> = {
  features: 'FEATURES, a .npy or .npz file of n × d features',
  logits: '--logits FILE, n × classes',
  forgetting: '--forgetting FILE, n counts',
};

const K_CENTERS_ONLY = [
  'start',
  'randomInitial',
  'metric',
  'radius',
  'labels',
  'assignments',
  'device',
  'checkpoint',
  'resume',
] as const;

/** Runs `svp select`: checks options and outputs, then reads, picks and writes. */
export async function runSelect(
  features: string | undefined,
  options: SelectCommandOptions,
  context: CliContext,
): Promise<void> {
  const task = describeTask({ ...options, features });
  const outputs = await prepareOutputs(options);
  if (options.dryRun) {
    const { printPlan } = require('./select-plan') as typeof import('./select-plan');
    return printPlan(task, context);
  }
  const display = createDisplay(context, options);
  try {
    await pickAndWrite(task, outputs, context, display);
  } finally {
    display.finish();
  }
}

/** @throws SvpError SVP_E_OPTION for what is missing, and for what the method has no use for */
function describeTask(options: SelectCommandOptions): SelectTask {
  const missing = (option: string, what: string) => {
    throw new SvpError('SVP_E_OPTION', `svp select: ${what}`, { option });
  };
  if (options.method === undefined) {
    return missing('method', `--method is missing: one of ${methodNames().join(', ')}.`) as never;
  }
  const method = findMethod(options.method);
  if (options.budget === undefined) {
    return missing(
      'budget',
      '--budget is missing: a number of rows, or a percentage of the pool such as 10%.',
    ) as never;
  }
  if (method.needs !== 'features') {
    const foreign = K_CENTERS_ONLY.find((name) => options[name] !== undefined);
    if (foreign) {
      const flag = foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      missing(foreign, `--${flag} is for k-centers, not for ${method.name}.`);
    }
  }
  if (options.resume && options.checkpoint === undefined) {
    missing('checkpoint', '--resume needs --checkpoint FILE, the file to go on from.');
  }
  const files = [options.features, options.logits, options.forgetting];
  const file = method.needs === 'nothing' ? files.find((name) => name !== undefined) : options[method.needs];
  if (method.needs !== 'nothing' && file === undefined) {
    missing(method.needs, `${method.name} needs ${FILE_OF[method.needs]}.`);
  }
  if (method.needs === 'nothing' && file === undefined && options.poolSize === undefined) {
    missing(
      'pool-size',
      'random needs the size of the pool: --pool-size N, or a file with a row per example.',
    );
  }
  return { method, budget: options.budget, file, options };
}

interface Outputs {
  out?: string;
  assignments?: string;
}

async function prepareOutputs(options: SelectCommandOptions): Promise<Outputs> {
  const { out, assignments } = options;
  if (out !== undefined && assignments !== undefined && path.resolve(out) === path.resolve(assignments)) {
    throw new SvpError(
      'SVP_E_OPTION',
      `--out and --assignments both name ${out}: give them different files.`,
      {
        option: 'assignments',
      },
    );
  }
  return {
    out: out === undefined ? undefined : await prepareOutput(out, options),
    assignments: assignments === undefined ? undefined : await prepareOutput(assignments, options),
  };
}

async function pickAndWrite(task: SelectTask, outputs: Outputs, context: CliContext, display: Display) {
  const { method, options } = task;
  const startedAt = performance.now();
  const input = await unlessAborted(context.signal, readInput(task, display));
  const readAt = performance.now();
  const selection = await select({ ...input, signal: context.signal, onProgress: display.onProgress });
  const selectedAt = performance.now();
  display.finish();
  if (outputs.assignments) await writeAssignments(outputs.assignments, selection);
  if (outputs.out) await writeOutput(outputs.out, formatIndexFile(selection.indices));
  const seconds = {
    read: (readAt - startedAt) / 1000,
    select: (selectedAt - readAt) / 1000,
    total: (performance.now() - startedAt) / 1000,
  };
  if (options.json) {
    return printJson(context, report(task, input, selection, seconds));
  }
  if (!outputs.out) return printData(context, formatIndexFile(selection.indices));
  display.note(
    `${method.name}: picked ${withCommas(selection.indices.length)} of ${withCommas(input.poolSize as number)} rows ` +
      `in ${formatSeconds(seconds.total)} → ${options.out}`,
  );
}

/**
 * Reads what the method needs; notes what was changed in reading. The header comes first, so that an impossible budget
 * is told before gigabytes are read.
 */
async function readInput(task: SelectTask, display: Display): Promise<SelectOptions> {
  const { method, options } = task;
  const file = task.file as string;
  const input: SelectOptions = { method: method.name, ...(await checkedSizes(task)), seed: options.seed };
  if (options.threads !== undefined) input.threads = options.threads;
  if (method.needs === 'forgetting') input.forgetting = await readCounts(file);
  if (method.needs === 'features' || method.needs === 'logits') {
    const { note, ...matrix } = await readMatrix(file);
    if (note) display.note(`Note: ${note}`);
    input[method.needs] = matrix;
  }
  return method.needs === 'features' ? { ...input, ...(await kCentersOptions(options)) } : input;
}

/**
 * The pool's size, the initial pool and the budget, from headers and the initial pool's file alone.
 * @throws SvpError SVP_E_SHAPE, SVP_E_INDEX, SVP_E_BUDGET, SVP_E_OPTION
 */
export async function checkedSizes(
  task: SelectTask,
): Promise<{ poolSize: number; budget: number; initial?: Uint32Array }> {
  const poolSize = await sizeOfPool(task);
  const { initial } = task.options;
  if (initial === undefined) return { poolSize, budget: parseBudget(task.budget, poolSize) };
  const rows = checkIndices(await readWholeNumbers(initial), poolSize, initial);
  return { poolSize, budget: parseBudget(task.budget, poolSize, rows.length), initial: rows };
}

async function sizeOfPool({ file, options }: SelectTask): Promise<number> {
  if (file === undefined) return options.poolSize as number;
  const { shape } = await arrayHeader(file);
  if (shape.length === 0) {
    throw new SvpError('SVP_E_SHAPE', `${file} holds a single number: one row per example is needed.`, {
      file,
    });
  }
  if (options.poolSize !== undefined && options.poolSize !== shape[0]) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `${file} has ${shape[0]} rows, but --pool-size says ${options.poolSize}.`,
      {
        file,
      },
    );
  }
  return shape[0];
}

async function kCentersOptions(options: SelectCommandOptions): Promise<Partial<SelectOptions>> {
  const given: Partial<SelectOptions> = {
    start: options.start,
    randomInitial: options.randomInitial,
    metric: options.metric,
    radius: options.radius,
    device: options.device,
    assignments: options.assignments === undefined ? undefined : true,
    classes: options.labels === undefined ? undefined : { labels: await readWholeNumbers(options.labels) },
    checkpoint: options.checkpoint === undefined ? undefined : { path: options.checkpoint },
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function writeAssignments(file: string, { assignments }: Selection): Promise<void> {
  const values = assignments as Uint32Array;
  if (/\.npy$/i.test(file)) return writeNpy(file, values, [values.length]);
  return writeOutput(file, formatIndexFile(values));
}

/** The object of --json, with the score or radius of each pick; a radius of Infinity (the first pick without an initial pool) becomes null. */
function report(task: SelectTask, input: SelectOptions, selection: Selection, seconds: object): object {
  const { options, method } = task;
  return {
    method: method.name,
    budget: input.budget,
    poolSize: input.poolSize,
    initial: input.initial?.length ?? 0,
    seed: options.seed,
    picked: selection.indices.length,
    ...(options.out === undefined ? { indices: selection.indices } : { out: options.out }),
    ...(selection.scores && { scores: Array.from(selection.indices, (row) => selection.scores![row]) }),
    ...(selection.radii && { radii: selection.radii }),
    ...(selection.clusterSizes && { clusterSizes: selection.clusterSizes }),
    ...(options.assignments !== undefined && { assignments: options.assignments }),
    ...(selection.stats && { stats: selection.stats }),
    seconds,
  };
}
