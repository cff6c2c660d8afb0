import { promises as fs } from 'node:fs';
import { z } from 'zod';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import type { ModelInput as ModelOwnInput } from '../models/model';
import type { ModelInput } from './scorer';

/** What a model that this package did not make needs to be told, where the file does not say it itself. */
export interface InputConfig {
  /** The input's name; needed where there are several. */
  input?: string;
  /** Order of an image's axes; default: told from the input's shape (three or one channels first or last). */
  layout?: 'nchw' | 'nhwc';
  /** Height and width, or one number for both; needed where the model leaves them open. */
  size?: number | [height: number, width: number];
  /** For image files: the shorter side is scaled to this, then the middle is cut out; 'stretch' scales without cutting. Default: size · 256 / 224. */
  resize?: number | 'stretch';
  /** For image files: turn them as their EXIF orientation says. Default false, as torchvision does. */
  orient?: boolean;
  /** For image files: large JPEGs that the engine cannot decode are decoded at a fraction of their size, a little different. Default false. */
  shrinkOnLoad?: boolean;
  /** A byte becomes (byte · scale − mean) / std. Default: 1/255. */
  scale?: number;
  /** Per channel, or one number for all. Default: 0. */
  mean?: number | number[];
  /** Per channel, or one number for all. Default: 1. */
  std?: number | number[];
  /** For CSV files of texts: whether the first column is a class (default true) and the first row names (default false). */
  texts?: { labels?: boolean; header?: boolean };
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
  resize: z.union([side, z.literal('stretch')]).optional(),
  orient: z.boolean().optional(),
  shrinkOnLoad: z.boolean().optional(),
  scale: positive.optional(),
  mean: z.union([finite, z.array(finite).min(1)]).optional(),
  std: z.union([positive, z.array(positive).min(1)]).optional(),
  texts: z.strictObject({ labels: z.boolean().optional(), header: z.boolean().optional() }).optional(),
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

/**
 * How a model's images are to be made, from the configuration and from what is known of the model otherwise.
 * @param channels of the model's images; undefined where it leaves them open
 * @throws SvpError SVP_E_OPTION: a mean or std of another number of channels
 */
export function imageInput(
  config: InputConfig,
  channels: number | undefined,
  known: { mean?: readonly number[]; std?: readonly number[] } = {},
): Pick<ModelInput, 'scale' | 'mean' | 'std' | 'images'> {
  const perChannel = (name: 'mean' | 'std'): readonly number[] | undefined => {
    const given = config[name];
    const values =
      typeof given === 'number' ? new Array<number>(channels ?? 3).fill(given) : (given ?? known[name]);
    if (values === undefined || channels === undefined || values.length === channels) return values;
    throw new SvpError(
      'SVP_E_OPTION',
      `The input configuration's ${name} has ${values.length} numbers, but the model's images have ${channels} channels.`,
      { option: name },
    );
  };
  const { scale, resize, orient, shrinkOnLoad } = config;
  const [mean, std] = [perChannel('mean'), perChannel('std')];
  const images = {
    ...(resize !== undefined && { resize }),
    ...(orient !== undefined && { orient }),
    ...(shrinkOnLoad !== undefined && { shrinkOnLoad }),
  };
  return {
    ...(scale !== undefined && { scale }),
    ...(mean && { mean }),
    ...(std && { std }),
    ...(Object.keys(images).length > 0 && { images }),
  };
}

/**
 * What a model of this package takes. It knows its shape, layout and outputs, but not how its images were normalised.
 * @throws SvpError SVP_E_OPTION, also for what only an ONNX model can be told
 */
export function inputOf(model: ModelOwnInput, config: InputConfig): ModelInput {
  const foreign = (['input', 'layout', 'size', 'outputs'] as const).find(
    (name) => config[name] !== undefined,
  );
  if (foreign !== undefined) {
    throw new SvpError(
      'SVP_E_OPTION',
      `"${foreign}" of an input configuration is for ONNX models; a model of this package knows its own.`,
      { option: foreign },
    );
  }
  const texts = config.texts && { texts: config.texts };
  if (model.kind === 'text') return { name: 'codes', shape: [model.length], dtype: 'int32', ...texts };
  return {
    name: 'images',
    shape: [...model.shape],
    dtype: 'float32',
    layout: 'nhwc',
    normalized: true,
    ...imageInput(config, model.shape[2]),
  };
}
