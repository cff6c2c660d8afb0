import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import type { Ranking } from '../analysis/ranking';
import { type FinishedRun, holdsRun, readRun } from '../analysis/run-record-file';
import type { ModelRecord } from '../core/run-record';
import { SvpError } from '../errors';
import { forgettingHistory } from '../experiments/forgetting-history';
import { findMethod } from '../selection/registry';
import { arrayHeader, readCounts, readMatrix, readWholeNumbers } from './select-inputs';

/** `preact20#1@5=scores.npy`: who ranked (`#` its seed, `@` after which epoch), and where. */
export interface Operand {
  path: string;
  model?: string;
  seed?: number;
  epoch?: number;
}

/** Splits `[MODEL[#SEED][@EPOCH]=]PATH`; a file that is really called so is taken as it is. */
export async function parseOperand(text: string): Promise<Operand> {
  const match = /^([^=/\\]+?)(?:#(-?\d+))?(?:@(\d+))?=(.+)$/.exec(text);
  if (!match || (await fs.stat(text).catch(() => undefined))) return { path: text };
  const [, model, seed, epoch, file] = match;
  return {
    path: file,
    model,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(epoch === undefined ? {} : { epoch: Number(epoch) }),
  };
}

/** The method that a file's name says: entropy.npy, runs/a/forgetting.npy. */
function methodOf(file: string): string | undefined {
  const name = path.basename(file).replace(/\.[^.]+$/, '');
  try {
    return findMethod(name === 'forgetting' ? 'forgetting-events' : name).name;
  } catch {
    return undefined;
  }
}

/** The operand's own labels, over those that its file suggests; a name says all of them. */
function labelled(operand: Operand, content: Partial<Ranking>, plainName: string): Ranking {
  const own = Object.fromEntries(
    (['model', 'seed', 'epoch'] as const)
      .filter((key) => operand[key] !== undefined)
      .map((key) => [key, operand[key]]),
  );
  const labels: Partial<Ranking> = { ...content, ...own };
  const { model, seed, epoch } = labels;
  const marks = `${seed === undefined ? '' : ` #${seed}`}${epoch === undefined ? '' : ` @${epoch}`}`;
  return { ...labels, name: `${model ?? plainName}${marks}` };
}

async function exists(file: string): Promise<boolean> {
  return (await fs.stat(file).catch(() => undefined))?.isFile() ?? false;
}

/** A file: an order in an index file, scores in an array; one of two dimensions has a row for each epoch. */
async function fileRankings(operand: Operand, rows?: Uint32Array, method?: string): Promise<Ranking[]> {
  const { path: file } = operand;
  const plainName = file.replace(/\.(?:npy|npz|index|txt)$/, '');
  const label = { ...(rows ? { rows } : {}), method: method ?? methodOf(file) ?? 'scores' };
  if (!/\.np[yz](?::.+)?$/i.test(file)) {
    const order = await readWholeNumbers(file);
    return [labelled(operand, { ...label, order }, plainName)];
  }
  const { shape } = await arrayHeader(file);
  if (shape.length !== 2 || shape[1] === 1) {
    return [labelled(operand, { ...label, scores: await readCounts(file) }, plainName)];
  }
  const { data, rows: epochs, columns } = await readMatrix(file);
  return Array.from({ length: epochs }, (_, i) => {
    const scores = data.subarray(i * columns, (i + 1) * columns);
    return labelled(
      { ...operand, epoch: i + 1 },
      { ...label, scores, model: operand.model ?? plainName },
      plainName,
    );
  });
}

/** How a network is called: 'preact8, 5 epochs'. */
function modelName(model: ModelRecord | undefined): string | undefined {
  return model && `${model.arch}, ${model.epochs} ${model.epochs === 1 ? 'epoch' : 'epochs'}`;
}

/** What a core-set run ranked by: its scores, or the order of all it ranked. */
async function coreSetRankings(
  folder: string,
  { record }: FinishedRun & { kind: 'core-set' },
  operand: Operand,
): Promise<Ranking[]> {
  const rows = await readWholeNumbers(path.join(folder, 'train.index'));
  const scores = path.join(folder, 'scores.npy');
  const whole = path.join(folder, 'ranking.index');
  const label = {
    rows,
    method: record.method,
    seed: record.seed,
    model: modelName(record.proxy) ?? record.method,
  };
  const content = (await exists(scores))
    ? { scores: await readCounts(scores) }
    : {
        order: await readWholeNumbers((await exists(whole)) ? whole : path.join(folder, 'selected.index')),
      };
  return [labelled(operand, { ...label, ...content }, folder)];
}

async function activeRankings(
  folder: string,
  { record }: FinishedRun & { kind: 'active' },
  operand: Operand,
): Promise<Ranking[]> {
  const last = record.rounds.at(-1)?.labelledAfter ?? record.initial;
  const present = path.join(folder, `labeled_${last}.index`);
  if (!(await exists(present))) return [];
  const label = {
    rows: await readWholeNumbers(path.join(folder, 'train.index')),
    order: await readWholeNumbers(present),
    method: `active ${record.method}`,
    seed: record.seed,
    model: modelName(record.proxy) ?? record.method,
  };
  return [labelled(operand, label, folder)];
}

/** What a training left: scores under the names of methods, and the forgetting counts of its checkpoints. */
async function trainingRankings(folder: string, operand: Operand): Promise<Ranking[]> {
  const pool = path.join(folder, 'train.index');
  const rows = (await exists(pool)) ? await readWholeNumbers(pool) : undefined;
  const config = await fs.readFile(path.join(folder, 'config.json'), 'utf8').then(
    (text) => JSON.parse(text) as { arch?: string; seed?: number },
    () => ({}) as { arch?: string; seed?: number },
  );
  const base = { ...operand, model: operand.model ?? config.arch, seed: operand.seed ?? config.seed };
  const found: Ranking[] = [];
  for (const { epoch, counts } of await forgettingHistory(folder)) {
    const scores = rows ? Float64Array.from(rows, (row) => counts[row]) : counts;
    const label = { scores, method: 'forgetting-events', ...(rows ? { rows } : {}) };
    found.push(labelled({ ...base, epoch: operand.epoch ?? epoch }, label, folder));
  }
  const counted = found.length > 0;
  for (const name of (await fs.readdir(folder)).sort()) {
    const method = name.endsWith('.npy') ? methodOf(name) : undefined;
    if (method === undefined || method === 'k-centers' || (counted && method === 'forgetting-events'))
      continue;
    const file = path.join(folder, name);
    const { shape } = await arrayHeader(file);
    const fits = rows !== undefined && shape[shape.length === 2 && shape[1] > 1 ? 1 : 0] === rows.length;
    found.push(...(await fileRankings({ ...base, path: file }, fits ? rows : undefined, method)));
  }
  return found;
}

async function folderRankings(operand: Operand): Promise<Ranking[]> {
  const { path: folder } = operand;
  if (!(await holdsRun(folder))) return trainingRankings(folder, operand);
  const run = await readRun(folder);
  if (run.kind === 'core-set') return coreSetRankings(folder, run, operand);
  if (run.kind === 'active') return activeRankings(folder, run, operand);
  if (run.kind === 'sweep') {
    const found: Ranking[] = [];
    for (const { folder: below, state, method, oracle, proxy, target, kind } of run.record.runs) {
      if (state !== 'done' || method === 'random' || kind !== 'core-set') continue;
      const model = oracle ? target : (proxy ?? target);
      found.push(...(await folderRankings({ ...operand, model, path: path.join(folder, below) })));
    }
    return found;
  }
  const rows = await readWholeNumbers(path.join(folder, 'train.index'));
  const found: Ranking[] = [];
  for (const name of await fs.readdir(folder)) {
    const file = path.join(folder, name, 'selected.index');
    if (name === 'random' || !(await exists(file))) continue;
    const label = { rows, order: await readWholeNumbers(file), method: name === 'oracle' ? 'oracle' : name };
    const { arch } = name === 'oracle' ? run.record.target : run.record.proxy;
    found.push(labelled(operand, { ...label, seed: run.record.seed, model: arch }, folder));
  }
  return found;
}

/**
 * The rankings of one operand of `svp correlate`: a file of scores or rows, or a folder — of a training, of svp score, of
 * a run of svp active, coreset or quickstart, or of a sweep, whose finished core-set runs are all taken.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT
 */
export async function readRankings(text: string): Promise<Ranking[]> {
  const operand = await parseOperand(text);
  const state = await fs.stat(operand.path).catch(() => undefined);
  if (!state?.isDirectory()) return fileRankings(operand);
  const found = await folderRankings(operand);
  if (found.length === 0) {
    throw new SvpError(
      'SVP_E_FILE',
      `There is nothing that ranks examples in ${operand.path}: no scores (entropy.npy, forgetting.npy …), no selected rows, no forgetting counts in checkpoints.`,
      { file: operand.path },
    );
  }
  return found;
}

/**
 * Names that several rankings share get their method, and then what tells their operands apart; not where the user gave
 * the same label twice, which is a mistake to tell.
 */
export function withUniqueNames(rankings: readonly Ranking[], operands: readonly string[]): Ranking[] {
  const shared = (list: readonly Ranking[], { name }: Ranking) =>
    list.filter((other) => other.name === name).length > 1;
  const withMethod = rankings.map((r) =>
    shared(rankings, r) ? { ...r, name: `${r.name} ${r.method}` } : { ...r },
  );
  return withMethod.map((r, i) => {
    if (!shared(withMethod, r) || operands[i].includes('=')) return r;
    const mark = ` (${operands[i]})`;
    return { ...r, name: r.name + mark, model: (r.model ?? r.name) + mark };
  });
}
