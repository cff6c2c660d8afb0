import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import type { CoreSetRecord } from '../core/run-record';
import { SvpError } from '../errors';

/** The file of a run folder that this module reads. */
export const CORE_SET_RECORD_FILE = 'core-set.json';

const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
const seconds = z.number().nonnegative();
const fraction = z.number().min(0).max(1);

const epoch = z.object({
  epoch: positive,
  learningRate: z.number(),
  trainLoss: z.number(),
  trainAccuracy: fraction,
  testAccuracy: fraction.optional(),
  validationAccuracy: fraction.optional(),
  trainSeconds: seconds,
  testSeconds: seconds.optional(),
});

const model = z.object({ arch: z.string().min(1), width: z.number(), epochs: count, parameters: count });

const row = z.object({
  method: z.string().min(1),
  selector: z.enum(['none', 'proxy', 'target']),
  examples: count,
  testAccuracy: fraction,
  targetTrainSeconds: seconds,
  selectorTrainSeconds: seconds,
  selectionSeconds: seconds,
  endToEndSeconds: seconds,
  speedUp: z.number().nonnegative(),
  curve: z.array(epoch),
});

const image = z.object({ index: count, className: z.string(), pixels: z.base64() });

const galleryShape = z.object({
  method: z.string().min(1),
  keptFirst: z.array(image),
  droppedFirst: z.array(image),
});

// Keys that a later version may add are dropped, not refused: an old reader still shows what it knows.
const schema: z.ZodType<CoreSetRecord> = z.object({
  version: z.literal(1),
  createdAt: z
    .string()
    .refine((text) => !Number.isNaN(Date.parse(text)), { message: 'must be a date in ISO 8601' }),
  command: z.string(),
  machine: z.object({
    processor: z.string(),
    processors: positive,
    memoryGiB: z.number().nonnegative(),
    node: z.string(),
    platform: z.string(),
  }),
  seed: z.number(),
  dataset: z.object({
    name: z.string().min(1),
    pool: positive,
    test: positive,
    classes: positive,
    classNames: z.array(z.string()),
    height: positive,
    width: positive,
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  fraction: fraction,
  proxy: model.extend({ testAccuracy: fraction, trainSeconds: seconds, curve: z.array(epoch) }),
  target: model,
  rows: z.array(row).min(1),
  galleries: z.array(galleryShape),
  totalSeconds: seconds,
});

/** `rows[2].curve[0].trainLoss`, as one would write it in JavaScript. */
function pathText(keys: readonly PropertyKey[]): string {
  return keys
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

/** Times are rounded by whoever wrote the record: three rounded parts may miss their rounded sum by a little. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.3 + 0.01 * Math.max(Math.abs(a), Math.abs(b));
}

/** The first thing in a well-formed record that contradicts another part of it, or undefined. */
function contradiction(record: CoreSetRecord): string | undefined {
  const { dataset, rows, galleries } = record;
  const full = rows.filter((r) => r.method === 'full');
  if (full.length !== 1)
    return `rows: there must be exactly one row whose method is "full", not ${full.length}`;
  const seen = new Set<string>();
  for (const [i, r] of rows.entries()) {
    const key = `${r.method}/${r.selector}`;
    if (seen.has(key)) return `rows[${i}]: method "${r.method}" by selector "${r.selector}" occurs twice`;
    seen.add(key);
    if (r.examples > dataset.pool)
      return `rows[${i}].examples: ${r.examples} is more than the pool of ${dataset.pool}`;
    const sum = r.selectorTrainSeconds + r.selectionSeconds + r.targetTrainSeconds;
    if (!near(sum, r.endToEndSeconds))
      return `rows[${i}].endToEndSeconds: ${r.endToEndSeconds} is not the sum of its parts, ${sum}`;
  }
  const pixels = dataset.height * dataset.width * dataset.channels;
  for (const [g, gallery] of galleries.entries()) {
    for (const side of ['keptFirst', 'droppedFirst'] as const) {
      for (const [i, item] of gallery[side].entries()) {
        const bytes = Buffer.byteLength(item.pixels, 'base64');
        if (bytes !== pixels)
          return `galleries[${g}].${side}[${i}].pixels: ${bytes} bytes, but height × width × channels is ${pixels}`;
      }
    }
  }
  return undefined;
}

/**
 * Checks a parsed `core-set.json`: types, ranges, and that its parts agree (one full row, end-to-end times that are
 * the sum of their parts, galleries of the data set's image size). Unknown keys are dropped.
 * @param value what JSON.parse gave
 * @param file the name for messages
 * @throws SvpError SVP_E_FORMAT, naming the place in the file
 */
export function parseCoreSetRecord(value: unknown, file = CORE_SET_RECORD_FILE): CoreSetRecord {
  const advice = 'Run the core-set experiment again, or restore the file.';
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = issue.path.length > 0 ? pathText(issue.path) : 'the whole file';
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file} is not a core-set record: ${where}: ${issue.message}. ${advice}`,
      {
        file,
      },
    );
  }
  const trouble = contradiction(result.data);
  if (trouble !== undefined) {
    throw new SvpError('SVP_E_FORMAT', `${file} contradicts itself: ${trouble}. ${advice}`, { file });
  }
  return result.data;
}

/**
 * Reads and checks the record of a core-set run.
 * @param run the run folder (its `core-set.json` is read), or the path of such a file itself
 * @throws SvpError SVP_E_FILE if it is missing or unreadable, SVP_E_FORMAT if it is not such a record
 */
export async function readCoreSetRecord(run: string): Promise<CoreSetRecord> {
  const file = run.endsWith('.json') ? run : path.join(run, CORE_SET_RECORD_FILE);
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'there is no such file: give the folder of a finished core-set run'
        : `it cannot be read (${code ?? String(cause)}): check its permissions`;
    throw new SvpError('SVP_E_FILE', `Cannot read ${file}: ${reason}.`, { file, cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `${file} is not JSON (${(cause as Error).message}). Run the core-set experiment again, or restore the file.`,
      { file, cause },
    );
  }
  return parseCoreSetRecord(value, file);
}
