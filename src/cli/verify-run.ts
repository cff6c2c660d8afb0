import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { unlessAborted } from '../core/abort';
import type { NpyHeader } from '../data/formats/npy-header';
import { SvpError } from '../errors';
import { type Verification, type VerifyOptions, verifySelection } from '../selection/verify';
import type { CliContext } from './context';
import { printData, printJson } from './output';
import { createDisplay, formatSeconds, withCommas } from './progress-display';
import { arrayHeader, engineReads, readMatrix, readWholeNumbers } from './select-inputs';
import type { VerifyCommandOptions } from './verify';

/** What `svp select --json` says of a k-centers selection, as far as a check needs it. */
const selectionSchema = z.object({
  method: z.literal('k-centers', 'is not k-centers: only a k-centers selection can be verified'),
  indices: z.array(z.number().int().min(0)).optional(),
  out: z.string().optional(),
  radii: z.array(z.number().nullable()).optional(),
  inputs: z.object({ initial: z.string().optional(), labels: z.string().optional() }).optional(),
  metric: z.enum(['euclidean', 'cosine']).optional(),
  randomInitial: z.number().int().min(0).optional(),
});

interface Given extends Pick<VerifyOptions, 'indices' | 'radii' | 'metric' | 'randomInitial'> {
  initialFile?: string;
  labelsFile?: string;
}

/** Runs `svp verify`. A wrong selection is printed first, then thrown, so that the exit code tells. */
export async function runVerify(
  features: string,
  selection: string,
  options: VerifyCommandOptions,
  context: CliContext,
): Promise<void> {
  const startedAt = performance.now();
  const header = await arrayHeader(features);
  const given = await readSelection(selection);
  const initialFile = options.initial ?? given.initialFile;
  const labelsFile = options.labels ?? given.labelsFile;
  const display = createDisplay(context, options);
  const note = (file: string | undefined) => (file === undefined ? undefined : readWholeNumbers(file));
  const verifyOptions: VerifyOptions = {
    indices: given.indices,
    ...defined({
      radii: given.radii,
      initial: await note(initialFile),
      labels: await note(labelsFile),
      metric: options.metric ?? given.metric,
      randomInitial: options.randomInitial ?? given.randomInitial,
      rows: options.rows,
      threads: options.threads,
    }),
    steps: options.steps,
    seed: options.seed,
  };
  if (options.dryRun) {
    const steps = options.steps === 'all' ? 'all' : Math.min(options.steps, given.indices.length);
    const plan = {
      picks: given.indices.length,
      steps,
      rows: options.rows ?? 'as many as a minute allows',
      initialFile,
      labelsFile,
    };
    if (options.json) return printJson(context, { dryRun: true, ...plan });
    return printData(
      context,
      `Would check ${plan.steps} of ${plan.picks} picks against rows: ${plan.rows}.\n`,
    );
  }
  let result: Verification;
  try {
    const source = engineReads(features, header as NpyHeader)
      ? features
      : await unlessAborted(context.signal, readMatrix(features));
    result = await verifySelection(typeof source === 'string' ? source : strip(source), {
      ...verifyOptions,
      signal: context.signal,
      onProgress: display.onProgress,
    });
  } finally {
    display.finish();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const wrong = result.steps.filter((step) => step.problem !== undefined);
  if (options.json) await printJson(context, { ...result, picks: given.indices.length, seconds });
  else await printData(context, describe(result, given, seconds));
  if (wrong.length > 0) {
    const [first] = wrong;
    throw new SvpError(
      'SVP_E_MISMATCH',
      `${selection} is not the greedy k-centers selection of ${features}: pick ${first.position}: ${first.problem}. ` +
        'Were it other features, another metric, an initial pool, or random first picks? Give what svp select was given.',
      { file: selection, row: first.row },
    );
  }
}

function describe(result: Verification, given: Given, seconds: number): string {
  const lines = result.steps
    .filter(({ problem }) => problem !== undefined)
    .map(({ position, problem }) => `pick ${position}: ${problem}`);
  const right = result.steps.length - lines.length;
  const rows =
    result.rows === result.poolSize
      ? `all ${withCommas(result.poolSize)} rows`
      : `${withCommas(result.rows)} of ${withCommas(result.poolSize)} rows (a sample)`;
  const radii = given.radii === undefined ? '' : ', radii compared to the bit';
  lines.push(
    `${withCommas(right)} of ${withCommas(result.steps.length)} checked steps are right, of ` +
      `${withCommas(given.indices.length)} picks, against ${rows}${radii}; ${formatSeconds(seconds)}`,
  );
  return `${lines.join('\n')}\n`;
}

const strip = ({ data, rows, columns }: { data: Float32Array; rows: number; columns: number }) => ({
  data,
  rows,
  columns,
});

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** @throws SvpError SVP_E_FILE, SVP_E_FORMAT naming the file and what is missing in it */
async function readSelection(file: string): Promise<Given> {
  let text: string;
  if (!/\.json$/i.test(file)) return { indices: await readWholeNumbers(file) };
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SvpError('SVP_E_FILE', `Cannot read the selection ${file} (${reason}).`, { file, cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `The selection ${file} is not JSON (${(cause as Error).message}): give what svp select --json printed.`;
    throw new SvpError('SVP_E_FORMAT', message, { file, cause });
  }
  const parsed = selectionSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue.path.join('.') || 'it';
    const message = `The selection ${file} is not what svp select --method k-centers --json prints: ${where}: ${issue.message}.`;
    throw new SvpError('SVP_E_FORMAT', message, { file });
  }
  const { indices, out, radii, inputs, metric, randomInitial } = parsed.data;
  if (indices === undefined && out === undefined) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `The selection ${file} holds neither indices nor out, the index file's name.`,
      { file },
    );
  }
  return {
    indices: indices ? Uint32Array.from(indices) : await readWholeNumbers(await beside(out as string, file)),
    ...defined({ radii, metric, randomInitial, initialFile: inputs?.initial, labelsFile: inputs?.labels }),
  };
}

/** A file as svp select was told it, or of that name beside the selection, where the folder has changed since. */
async function beside(name: string, selection: string): Promise<string> {
  const moved = path.join(path.dirname(selection), path.basename(name));
  for (const candidate of [name, moved]) {
    try {
      await fs.access(candidate);
      return candidate;
    } catch {
      // The next one.
    }
  }
  return name;
}
