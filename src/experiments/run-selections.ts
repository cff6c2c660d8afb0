import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { readIndexFile } from '../data/formats/index-file';
import { SvpError } from '../errors';

/** One selection that a finished run left in its folder. */
export interface RunSelection {
  /** 'least-confidence, preact8'. */
  label: string;
  method: string;
  folder: string;
  oracle: boolean;
  seed: number;
  /** Rows of the train split, first pick first; what was random at first stands before the method's own choice. */
  order: Uint32Array;
  /** How many of the first are random. */
  random: number;
  /** Whether `order` ranks the whole pool. */
  whole: boolean;
  /** Rising sizes at which the run used a part of it. */
  budgets: number[];
  /** The pool. */
  pool: Uint32Array;
}

// The few fields that are needed here; `analysis` checks all of a record.
const network = z.object({ arch: z.string() }).optional();
const shape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('active'),
    method: z.string(),
    oracle: z.boolean(),
    seed: z.number(),
    initial: z.number(),
    proxy: network,
    dataset: z.object({ name: z.string() }),
    rounds: z.array(z.object({ labelledAfter: z.number() })),
  }),
  z.object({
    kind: z.literal('core-set'),
    method: z.string(),
    oracle: z.boolean(),
    seed: z.number(),
    randomInitial: z.number(),
    proxy: network,
    dataset: z.object({ name: z.string() }),
    subsets: z.array(z.object({ examples: z.number() })),
  }),
  z.object({
    kind: z.literal('sweep'),
    runs: z.array(
      z.object({
        folder: z.string(),
        method: z.string(),
        proxy: z.string().optional(),
        oracle: z.boolean(),
        seed: z.number(),
        state: z.string(),
      }),
    ),
  }),
]);

/** What a run chose, and from what. */
export interface RunSelections {
  dataset: string;
  selections: RunSelection[];
}

async function readRecord(folder: string): Promise<z.infer<typeof shape>> {
  const file = path.join(folder, 'record.json');
  const text = await fs.readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SvpError('SVP_E_FILE', `Cannot read ${file} (${cause.code}): is the run finished?`, {
      file,
      cause,
    });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SvpError('SVP_E_FORMAT', `${file} is not JSON: ${(cause as Error).message}.`, { file, cause });
  }
  const result = shape.safeParse(value);
  if (!result.success) {
    const { path: where, message } = result.error.issues[0];
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file} is not the record of a run: ${where.join('.')}: ${message}.`,
      { file },
    );
  }
  return result.data;
}

async function present(file: string): Promise<boolean> {
  return (await fs.stat(file).catch(() => undefined))?.isFile() ?? false;
}

/** The selection of one run; undefined where its index files are gone. */
async function selectionOf(folder: string, name?: string): Promise<[RunSelection | undefined, string]> {
  const record = await readRecord(folder);
  if (record.kind === 'sweep') throw new SvpError('SVP_E_FORMAT', `${folder} is a sweep within a sweep.`);
  const proxy = name ?? record.proxy?.arch;
  const { method, oracle, seed, dataset } = record;
  const active = record.kind === 'active';
  const budgets = active
    ? record.rounds.map((round) => round.labelledAfter)
    : record.subsets.map((subset) => subset.examples);
  const names = active
    ? [`labeled_${budgets[budgets.length - 1]}.index`]
    : ['ranking.index', 'selected.index'];
  const files = [];
  for (const file of names) if (await present(path.join(folder, file))) files.push(path.join(folder, file));
  const poolFile = path.join(folder, 'train.index');
  if (files.length === 0 || !(await present(poolFile))) return [undefined, dataset.name];
  const [order, pool] = [await readIndexFile(files[0]), await readIndexFile(poolFile)];
  const label = `${active ? 'active, ' : ''}${method}${proxy === undefined || method === 'random' ? '' : `, ${proxy}`}`;
  const random = active ? record.initial : record.randomInitial;
  const whole = order.length === pool.length;
  return [{ label, method, folder, oracle, seed, order, random, whole, budgets, pool }, dataset.name];
}

/** The selections of one finished run, or of the runs of a sweep's first seed. */
async function selectionsIn(run: string): Promise<RunSelections> {
  const folder = run.endsWith('.json') ? path.dirname(run) : run;
  const record = await readRecord(folder);
  if (record.kind !== 'sweep') {
    const [selection, dataset] = await selectionOf(folder);
    return { dataset, selections: selection ? [selection] : [] };
  }
  const done = record.runs.filter((part) => part.state === 'done');
  const seed = Math.min(...done.map((part) => part.seed));
  const selections: RunSelection[] = [];
  let name = '';
  for (const part of done.filter((candidate) => candidate.seed === seed)) {
    const [selection, dataset] = await selectionOf(path.join(folder, part.folder), part.proxy);
    name ||= dataset;
    if (selection && dataset === name) selections.push(selection);
  }
  return { dataset: name, selections };
}

/**
 * The selections of finished runs, or of sweeps: those of the lowest seed, and of the first run's data set, since others
 * do not compare.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT
 */
export async function runSelections(runs: readonly string[]): Promise<RunSelections> {
  const each: RunSelections[] = [];
  for (const run of runs) each.push(await selectionsIn(run));
  const dataset = each[0]?.dataset ?? '';
  const all = each.filter((one) => one.dataset === dataset).flatMap((one) => one.selections);
  const seed = Math.min(...all.map((selection) => selection.seed));
  return { dataset, selections: all.filter((selection) => selection.seed === seed) };
}
