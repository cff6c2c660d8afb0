import { z } from 'zod';
import { SvpError } from '../errors';
import type { Correlation } from './correlate';

// JSON has no NaN: it was written as null.
const value = z
  .number()
  .nullable()
  .transform((number) => number ?? Number.NaN);
const spread = z.object({ n: z.number(), mean: value, std: z.number().optional() });
const label = {
  name: z.string(),
  method: z.string(),
  model: z.string(),
  seed: z.number().optional(),
  epoch: z.number().optional(),
};

const schema = z.object({
  examples: z.number(),
  largestPool: z.number(),
  rankings: z.array(z.object({ ...label, ranked: z.number(), infinite: z.number() })),
  spearman: z.array(z.array(value)),
  pearson: z.array(z.array(value)),
  models: z.array(
    z.object({
      method: z.string(),
      a: z.string(),
      b: z.string(),
      spearman: spread,
      pearson: spread.optional(),
      sameSeed: z.boolean().optional(),
    }),
  ),
  convergence: z.array(
    z.object({
      method: z.string(),
      model: z.string(),
      epoch: z.number(),
      own: spread,
      reference: spread.optional(),
    }),
  ),
  overlaps: z.array(
    z.object({
      a: z.string(),
      b: z.string(),
      budget: z.number(),
      intersection: z.number(),
      share: z.number(),
      byChance: z.number(),
      jaccard: z.number(),
    }),
  ),
});

/**
 * Reads what `svp correlate --out` wrote as correlation.json.
 * @throws SvpError SVP_E_FORMAT
 */
export function parseCorrelation(text: string, file: string): Correlation {
  const fail = (what: string, cause?: unknown) =>
    new SvpError('SVP_E_FORMAT', `${file} ${what}. Write it again with svp correlate --out.`, {
      file,
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fail(`is not JSON: ${(cause as Error).message}`, cause);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw fail(`is not a comparison of rankings: ${path.join('.')}: ${message}`);
}
