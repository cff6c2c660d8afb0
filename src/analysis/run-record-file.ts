import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import type { z } from 'zod';
import type { ActiveRecord } from '../core/active-record';
import type { CoreSetRunRecord } from '../core/core-set-run-record';
import type { CoreSetRecord } from '../core/run-record';
import type { SweepRecord } from '../core/sweep-record';
import { SvpError } from '../errors';
import { CORE_SET_RECORD_FILE, parseCoreSetRecord } from './core-set-record';
import { RUN_RECORDS } from './run-record-schema';

/** The file that `svp active`, `svp coreset` and `svp sweep` leave when they are done. */
export const RUN_RECORD_FILE = 'record.json';

/** A finished run: its folder, and what it measured. */
export type FinishedRun =
  | { kind: 'quickstart'; folder: string; record: CoreSetRecord }
  | { kind: 'active'; folder: string; record: ActiveRecord }
  | { kind: 'core-set'; folder: string; record: CoreSetRunRecord }
  | { kind: 'sweep'; folder: string; record: SweepRecord };

/** `targets[2].curve[0].trainLoss`, as one would write it in JavaScript. */
export function pathText(keys: readonly PropertyKey[]): string {
  return keys
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

const ADVICE = 'Run the experiment again, or restore the file.';

/** The first thing in a well-formed record that contradicts another part of it, or undefined. */
function contradiction(record: ActiveRecord | CoreSetRunRecord | SweepRecord): string | undefined {
  if (record.kind === 'sweep') {
    const ids = record.runs.map((run) => run.id);
    const twice = ids.find((id, i) => ids.indexOf(id) !== i);
    return twice === undefined ? undefined : `runs: the id ${JSON.stringify(twice)} occurs twice`;
  }
  const [what, list] = record.kind === 'active' ? ['targets', record.targets] : ['subsets', record.subsets];
  for (const [i, { examples }] of list.entries()) {
    if (examples > record.dataset.pool)
      return `${what}[${i}].examples: ${examples} is more than the pool of ${record.dataset.pool}`;
    if (i > 0 && examples <= list[i - 1].examples)
      return `${what}[${i}].examples: ${examples} does not come after ${list[i - 1].examples}`;
  }
  return undefined;
}

/**
 * Checks a parsed `record.json` of a run of active learning, of core-set selection or of a sweep.
 * @param value what JSON.parse gave
 * @param file the name for messages
 * @throws SvpError SVP_E_FORMAT, naming the place in the file
 */
export function parseRunRecord(
  value: unknown,
  file = RUN_RECORD_FILE,
): ActiveRecord | CoreSetRunRecord | SweepRecord {
  const fail = (what: string) => new SvpError('SVP_E_FORMAT', `${file} ${what}. ${ADVICE}`, { file });
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(RUN_RECORDS, kind)) {
    throw fail(
      `is not the record of a run: kind is ${JSON.stringify(kind)}, not ${Object.keys(RUN_RECORDS).join(', ')}`,
    );
  }
  const schema: z.ZodType<ActiveRecord | CoreSetRunRecord | SweepRecord> =
    RUN_RECORDS[kind as keyof typeof RUN_RECORDS];
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw fail(`is not the record of a run: ${pathText(issue.path) || 'the whole file'}: ${issue.message}`);
  }
  const trouble = contradiction(result.data);
  if (trouble !== undefined) throw fail(`contradicts itself: ${trouble}`);
  return result.data;
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new SvpError('SVP_E_FILE', `Cannot read ${file} (${code ?? String(cause)}). Check the path.`, {
      file,
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SvpError('SVP_E_FORMAT', `${file} is not JSON: ${(cause as Error).message}. ${ADVICE}`, {
      file,
      cause,
    });
  }
}

/** Whether a folder holds a finished run of any kind. */
export async function holdsRun(folder: string): Promise<boolean> {
  const present = await Promise.all(
    [RUN_RECORD_FILE, CORE_SET_RECORD_FILE].map((name) =>
      fs.stat(path.join(folder, name)).catch(() => undefined),
    ),
  );
  return present.some((state) => state?.isFile());
}

/**
 * Reads and checks the record of a finished run.
 * @param run the folder (its record.json or, of a quickstart, core-set.json is read), or such a file itself
 * @throws SvpError SVP_E_FILE if there is none, SVP_E_FORMAT if it is damaged
 */
export async function readRun(run: string): Promise<FinishedRun> {
  let file = run;
  if (!run.endsWith('.json')) {
    const names = [RUN_RECORD_FILE, CORE_SET_RECORD_FILE].map((name) => path.join(run, name));
    const states = await Promise.all(names.map((name) => fs.stat(name).catch(() => undefined)));
    const found = names.find((_name, i) => states[i]?.isFile());
    if (found === undefined) {
      throw new SvpError(
        'SVP_E_FILE',
        `There is no ${RUN_RECORD_FILE} and no ${CORE_SET_RECORD_FILE} in ${run}: give the folder of a finished run of svp active, svp coreset, svp sweep or svp quickstart.`,
        { file: run },
      );
    }
    file = found;
  }
  const folder = path.dirname(file);
  const value = await readJson(file);
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (kind === undefined) return { kind: 'quickstart', folder, record: parseCoreSetRecord(value, file) };
  const record = parseRunRecord(value, file);
  return { kind: record.kind, folder, record } as FinishedRun;
}
