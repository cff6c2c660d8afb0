import { existsSync } from 'node:fs';
import { unlessAborted } from '../core/abort';
import { formatIndexFile } from '../data/formats/index-file';
import type { NpyHeader } from '../data/formats/npy-header';
import { SvpError } from '../errors';
import { parseBudget } from '../selection/budget';
import { checkIndices } from '../selection/indices';
import type { Need, SelectionMethod } from '../selection/method';
import { findMethod, methodNames } from '../selection/registry';
import { type SelectOptions, select } from '../selection/select';
import type { CliContext, Display } from './context';
import { printData, printJson, writeOutput } from './output';
import { createDisplay, formatSeconds, withCommas } from './progress-display';
import type { SelectCommandOptions } from './select';
import { arrayHeader, engineReads, readCounts, readMatrix, readWholeNumbers } from './select-inputs';
import {
  prepareOutputs,
  removeCheckpoint,
  type SelectOutputs,
  selectReport,
  writeAssignments,
} from './select-outputs';

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
  } catch (error) {
    if (context.signal.aborted && outputs.checkpoint && existsSync(outputs.checkpoint)) {
      context.resumable = true;
      context.stopHint = `No output was written. The same command with --resume goes on from ${options.checkpoint}.`;
    }
    throw error;
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

async function pickAndWrite(task: SelectTask, outputs: SelectOutputs, context: CliContext, display: Display) {
  const { method, options } = task;
  const startedAt = performance.now();
  const input = await unlessAborted(context.signal, readInput(task, outputs, display));
  const readAt = performance.now();
  // The engine goes on from a checkpoint that it finds.
  if (outputs.checkpoint && !options.resume) await removeCheckpoint(outputs.checkpoint);
  if (options.resume && !existsSync(outputs.checkpoint as string)) {
    display.note(`There is no ${options.checkpoint} yet: starting from the beginning.`);
  }
  const selection = await select({ ...input, signal: context.signal, onProgress: display.onProgress });
  const selectedAt = performance.now();
  if (selection.stats?.input.includes('rounded'))
    display.note(`Note: ${task.file}: values were ${selection.stats.input.replace(/^.*, /, '')}.`);
  if (outputs.assignments) await writeAssignments(outputs.assignments, selection);
  if (outputs.out) await writeOutput(outputs.out, formatIndexFile(selection.indices));
  const seconds = {
    read: (readAt - startedAt) / 1000,
    select: (selectedAt - readAt) / 1000,
    total: (performance.now() - startedAt) / 1000,
  };
  if (options.json) {
    return printJson(context, selectReport(options, input, selection, seconds));
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
async function readInput(task: SelectTask, outputs: SelectOutputs, display: Display): Promise<SelectOptions> {
  const { method, options } = task;
  const file = task.file as string;
  const { header, ...sizes } = await checkedSizes(task);
  const input: SelectOptions = { method: method.name, ...sizes, seed: options.seed };
  if (options.threads !== undefined) input.threads = options.threads;
  if (method.needs === 'forgetting') input.forgetting = await readCounts(file);
  if (method.needs === 'features' && engineReads(file, header as NpyHeader)) input.features = file;
  else if (method.needs === 'features' || method.needs === 'logits') {
    const { note, ...matrix } = await readMatrix(file);
    if (note) display.note(`Note: ${note}`);
    input[method.needs] = matrix;
  }
  return method.needs === 'features' ? { ...input, ...(await kCentersOptions(options, outputs)) } : input;
}

/**
 * The pool's size, the initial pool and the budget, from headers and the initial pool's file alone.
 * @throws SvpError SVP_E_SHAPE, SVP_E_INDEX, SVP_E_BUDGET, SVP_E_OPTION
 */
export async function checkedSizes(
  task: SelectTask,
): Promise<{ header?: NpyHeader; poolSize: number; budget: number; initial?: Uint32Array }> {
  const header = task.file === undefined ? undefined : await arrayHeader(task.file);
  const poolSize = sizeOfPool(task, header);
  const { initial } = task.options;
  if (initial === undefined) return { header, poolSize, budget: parseBudget(task.budget, poolSize) };
  const rows = checkIndices(await readWholeNumbers(initial), poolSize, initial);
  return { header, poolSize, budget: parseBudget(task.budget, poolSize, rows.length), initial: rows };
}

function sizeOfPool({ file, options }: SelectTask, header: NpyHeader | undefined): number {
  if (file === undefined || header === undefined) return options.poolSize as number;
  const { shape } = header;
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

async function kCentersOptions(
  options: SelectCommandOptions,
  { checkpoint }: SelectOutputs,
): Promise<Partial<SelectOptions>> {
  const given: Partial<SelectOptions> = {
    start: options.start,
    randomInitial: options.randomInitial,
    metric: options.metric,
    radius: options.radius,
    device: options.device,
    assignments: options.assignments === undefined ? undefined : true,
    classes: options.labels === undefined ? undefined : { labels: await readWholeNumbers(options.labels) },
    checkpoint: checkpoint === undefined ? undefined : { path: checkpoint },
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
