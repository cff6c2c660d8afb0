import { promises as fs } from 'node:fs';
import { z } from 'zod';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';

/** What a model that this package did not make needs to be told, where the file does not say it itself. */
export interface InputConfig {
  /** The input's name; needed where there are several. */
  input?: string;
  /** Order of an image's axes; default: told from the input's shape (three or one channels first or last). */
  layout?: 'nchw' | 'nhwc';
  /** Height and width, or one number for both; needed where the model leaves them open. */
  size?: number | [height: number, width: number];
  /** For image files: the shorter side is scaled to this, then the middle of `size` is cut out. Default: size · 256 / 224. */
  resize?: number;
  /** A byte becomes (byte · scale − mean) / std. Default: 1/255. */
  scale?: number;
  /** Per channel, or one number for all. Default: 0. */
  mean?: number | number[];
  /** Per channel, or one number for all. Default: 1. */
  std?: number | number[];
  /** Names of the outputs; default: 'logits' and 'features', or the only output as logits. */
  outputs?: { logits?: string; features?: string };
}

const side = z.int().min(1).max(65_536);
const finite = z.number();
const positive = z.number().positive();

export const inputConfigShape = z.object({
  input: z.string().min(1).optional(),
  layout: z.enum(['nchw', 'nhwc']).optional(),
  size: z.union([side, z.tuple([side, side])]).optional(),
  resize: side.optional(),
  scale: positive.optional(),
  mean: z.union([finite, z.array(finite).min(1)]).optional(),
  std: z.union([positive, z.array(positive).min(1)]).optional(),
  outputs: z
    .strictObject({ logits: z.string().min(1).optional(), features: z.string().min(1).optional() })
    .optional(),
});

/** @throws SvpError SVP_E_OPTION, also for a key that is not known */
export function parseInputConfig(value: unknown, where = 'input configuration'): InputConfig {
  return parseOptions(inputConfigShape, value, where);
}

/**
 * Reads an input configuration, a JSON file.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT, SVP_E_OPTION
 */
export async function readInputConfig(file: string): Promise<InputConfig> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SvpError('SVP_E_FILE', `Cannot read the input configuration ${file} (${reason}).`, {
      file,
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `The input configuration ${file} is not JSON: ${(cause as Error).message}.`,
      { file, cause },
    );
  }
  return parseInputConfig(value, file);
}
