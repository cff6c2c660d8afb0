import type { z } from 'zod';
import { SvpError } from '../errors';

/** Edit distance (insert, delete, replace, swap of neighbours), O(|a|·|b|); names are short. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 0; j <= b.length; j++) rows[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2][j - 2] + 1);
      rows[i][j] = best;
    }
  }
  return rows[a.length][b.length];
}

/** The known name nearest to a misspelt one, or undefined if none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (s: string) => s.toLowerCase().replace(/[-_ ]/g, '');
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain(name), plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** " Did you mean X?" or " Known: a, b, c." */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? ` Known: ${known.join(', ')}.` : ` Did you mean ${near}?`;
}

/** Made once for each schema: zod compiles a schema at its first use, which takes 0.2 ms. */
const strictSchemas = new WeakMap<z.ZodObject, z.ZodObject>();

function strict<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>): z.ZodObject<Shape> {
  let made = strictSchemas.get(schema);
  if (!made) {
    made = schema.strict();
    strictSchemas.set(schema, made);
  }
  return made as z.ZodObject<Shape>;
}

/**
 * Parses the options of a public call with a strict zod object: unknown keys are errors that suggest the near name.
 * @param where the call's name, for the message
 * @throws SvpError SVP_E_OPTION
 */
export function parseOptions<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
  where: string,
): z.infer<z.ZodObject<Shape>> {
  const result = strict(schema).safeParse(value ?? {});
  if (result.success) return result.data as z.infer<z.ZodObject<Shape>>;
  const issue = result.error.issues[0];
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0];
    const hint = suggestion(key, Object.keys(schema.shape));
    throw new SvpError('SVP_E_OPTION', `${where}: unknown option "${key}".${hint}`, { option: key });
  }
  const option = issue.path.join('.');
  throw new SvpError('SVP_E_OPTION', `${where}: option ${option || '(all)'}: ${issue.message}`, { option });
}
