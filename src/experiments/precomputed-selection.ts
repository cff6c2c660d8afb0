import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { readIndexFile } from '../data/formats/index-file';
import { SvpError } from '../errors';
import { findMethod } from '../selection/registry';
import type { PoolSplit } from './core-set-steps';

/** What a run chose, read back from its folder. Rows count in the train split. */
export interface PrecomputedSelection extends PoolSplit {
  folder: string;
  /** By which it was chosen; 'precomputed' where the folder does not say. */
  method: string;
  /** The run's part of the test split, where it was not the whole. */
  testIndices?: Uint32Array;
  /** Labelled sets, or subsets of a core-set, by rising size. */
  sets: Uint32Array[];
  /** Seconds of selecting and of training the proxies that led to each of `sets`, where the run's tables say so. */
  selectionSeconds: (number | undefined)[];
}

/** Rows as an index file has them, checked. */
async function readRows(file: string, count: number): Promise<Uint32Array> {
  const rows = await readIndexFile(file);
  const seen = new Set<number>();
  rows.forEach((row, i) => {
    if (row >= count || seen.has(row)) {
      const why = row >= count ? `the train split has ${count} rows` : 'it is there twice';
      throw new SvpError('SVP_E_INDEX', `${file}, line ${i + 1}: row ${row}: ${why}.`, { file, row: i });
    }
    seen.add(row);
  });
  return rows;
}

/** Files named `<prefix>_N.index` in a folder, and one level down in `proxy/` as the paper's reference code has them. */
async function indexFiles(folder: string, prefix: string): Promise<string[]> {
  const pattern = new RegExp(`^${prefix}_\\d+\\.index$`);
  const names = async (where: string) =>
    (await fs.readdir(where).catch(() => [] as string[]))
      .filter((name) => pattern.test(name))
      .map((name) => path.join(where, name));
  const own = await names(folder);
  if (own.length > 0) return own;
  const parts = await fs.readdir(path.join(folder, 'proxy')).catch(() => [] as string[]);
  return (await Promise.all(parts.map((part) => names(path.join(folder, 'proxy', part))))).flat();
}

/** The method that a run's configuration names, in our spelling or the reference's. */
async function methodOf(folder: string): Promise<string> {
  try {
    const configuration = JSON.parse(await fs.readFile(path.join(folder, 'config.json'), 'utf8'));
    return findMethod(configuration.method ?? configuration.selection_method).name;
  } catch {
    return 'precomputed';
  }
}

/** A table's lines by column. */
async function readTable(file: string): Promise<Map<string, number>[]> {
  const text = await fs.readFile(file, 'utf8').catch(() => '');
  const [heading = '', ...lines] = text.trim().split(/\r?\n/);
  const columns = heading.split(',');
  return lines.map((line) => new Map(line.split(',').map((value, i) => [columns[i], Number(value)])));
}

/**
 * What the selection of `size` rows took: the proxies that were trained on fewer rows (or, for a core-set, on the pool),
 * and every selection up to it. Undefined where the tables do not say.
 */
async function secondsUpTo(
  folder: string,
  sizes: number[],
  rounds: boolean,
): Promise<(number | undefined)[]> {
  const [proxies, selections] = await Promise.all(
    ['proxy.csv', 'selection.csv'].map((name) => readTable(path.join(folder, name))),
  );
  const sum = (lines: Map<string, number>[], column: string) =>
    lines.reduce((total, line) => total + (line.get(column) ?? Number.NaN), 0);
  return sizes.map((size) => {
    const trained = rounds ? proxies.filter((line) => (line.get('nexamples') as number) < size) : proxies;
    const chosen = selections.filter((line) => (line.get('nexamples') as number) <= size);
    const used = rounds ? chosen : chosen.slice(-1);
    const seconds = sum(trained, 'train_time') + sum(used, 'total_time');
    return selections.length > 0 && Number.isFinite(seconds) ? seconds : undefined;
  });
}

/**
 * Reads the labelled sets of a run of active learning (`rounds`), or the subsets of a core-set run. The validation set is
 * the run's own: it was never chosen from, and stays held out.
 * @param count rows of the train split
 * @throws SvpError SVP_E_FILE when there is no such run, SVP_E_INDEX, SVP_E_FORMAT; SVP_E_SHAPE for sets that do not nest, or
 *   that reach into the validation set
 */
export async function readPrecomputedSelection(
  folder: string,
  count: number,
  rounds: boolean,
): Promise<PrecomputedSelection> {
  const chosen = path.resolve(folder);
  const single = path.join(chosen, 'selected.index');
  const isThere = (file: string) =>
    fs.access(file).then(
      () => true,
      () => false,
    );
  let files = rounds
    ? [...(await indexFiles(chosen, 'initial_subset')), ...(await indexFiles(chosen, 'labeled'))]
    : await indexFiles(chosen, 'selected');
  if (!rounds && files.length === 0 && (await isThere(single))) files = [single];
  if (files.length === 0) {
    const wanted = rounds ? 'labeled_N.index' : 'selected.index';
    throw new SvpError(
      'SVP_E_FILE',
      `There is no precomputed selection in ${chosen}: a run folder with ${wanted} is wanted.`,
      { file: chosen },
    );
  }
  const bySize = new Map<number, Uint32Array>();
  for (const file of files) {
    const rows = await readRows(file, count);
    if (!bySize.has(rows.length)) bySize.set(rows.length, rows);
  }
  const sets = [...bySize.values()].sort((a, b) => a.length - b.length);
  const optional = async (name: string) => {
    const file = path.join(chosen, name);
    return (await isThere(file)) ? readRows(file, count) : undefined;
  };
  const validation = (await optional('dev.index')) ?? new Uint32Array(0);
  checkSets(chosen, sets, validation, rounds);
  const testFile = path.join(chosen, 'test.index');
  return {
    folder: chosen,
    method: await methodOf(chosen),
    sets,
    validation,
    pool: (await optional('train.index')) ?? sets[sets.length - 1],
    ...((await isThere(testFile)) ? { testIndices: await readIndexFile(testFile) } : {}),
    selectionSeconds: await secondsUpTo(
      chosen,
      sets.map((set) => set.length),
      rounds,
    ),
  };
}

function checkSets(folder: string, sets: Uint32Array[], validation: Uint32Array, rounds: boolean): void {
  const held = new Set(validation);
  let before = new Set<number>();
  for (const set of sets) {
    const leaked = set.find((row) => held.has(row));
    if (leaked !== undefined) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `The set of ${set.length} rows in ${folder} has row ${leaked}, which its dev.index holds out for validation.`,
        { row: leaked },
      );
    }
    const now = new Set(set);
    if (rounds && [...before].some((row) => !now.has(row))) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `The labelled sets in ${folder} do not nest: the one of ${set.length} rows lacks some of the ${before.size} before it.`,
      );
    }
    before = now;
  }
}
