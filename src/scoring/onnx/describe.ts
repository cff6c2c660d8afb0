import { suggestion } from '../../core/options';
import { SvpError } from '../../errors';
import { type InputConfig, imageInput } from '../input-config';
import type { ModelInput } from '../scorer';
import { INPUT_TYPES, type InputType } from './elements';
import type { OnnxModel, OnnxRun, OnnxValue } from './messages';

/** How a model is run, from what its file says and what its user says of it. */
export interface DescribedModel {
  input: ModelInput;
  run: OnnxRun;
}

const listed = (values: readonly OnnxValue[]) =>
  values
    .map(({ name, type, shape }) => `${name} (${type ?? 'no tensor'}: ${shape.join(' × ')})`)
    .join(', ') || 'none';

/**
 * Chooses a model's input and outputs and says how images become that input. The configuration wins over what the file's
 * exporter wrote into it (`exportOnnx` does), that over the defaults.
 * @throws SvpError SVP_E_OPTION (no such input or output, or several and none named; the message lists them), SVP_E_SHAPE
 */
export function describeModel(file: string, model: OnnxModel, config: InputConfig): DescribedModel {
  const value = chooseInput(file, model.inputs, config.input);
  const [batch, ...shape] = value.shape;
  if (value.shape.length < 2) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `The input ${listed([value])} of ${file} has no dimension beside the batch: a model that takes a batch of items is needed.`,
      { file },
    );
  }
  const said = metadataOf(model.metadata);
  const sized = withSize(file, value, shape, config, said.layout);
  const channels = sized.layout === 'nchw' ? sized.shape[0] : sized.shape.at(-1);
  const input: ModelInput = {
    name: value.name,
    shape: sized.shape,
    dtype: value.type as InputType,
    ...(sized.layout && { layout: sized.layout }),
    ...(config.texts && { texts: config.texts }),
    ...(sized.layout && imageInput(config, typeof channels === 'number' ? channels : undefined, said)),
  };
  return {
    input,
    run: {
      input: value.name,
      type: value.type as InputType,
      ...(typeof batch === 'number' && { fixedBatch: batch }),
      outputs: chooseOutputs(file, model.outputs, config.outputs ?? {}),
    },
  };
}

function chooseInput(file: string, inputs: readonly OnnxValue[], wanted: string | undefined): OnnxValue {
  if (wanted === undefined && inputs.length !== 1) {
    throw new SvpError(
      'SVP_E_OPTION',
      `${file} has ${inputs.length} inputs: ${listed(inputs)}. Models of one input are scored${inputs.length > 1 ? '; bind the others when exporting' : ''}.`,
      { file, option: 'input' },
    );
  }
  const names = inputs.map(({ name }) => name);
  const value = wanted === undefined ? inputs[0] : inputs.find(({ name }) => name === wanted);
  if (value === undefined) {
    throw new SvpError(
      'SVP_E_OPTION',
      `${file} has no input "${wanted}".${suggestion(String(wanted), names)}`,
      { file, option: 'input' },
    );
  }
  if (inputs.length > 1) {
    throw new SvpError(
      'SVP_E_OPTION',
      `${file} needs ${inputs.length} inputs at once: ${listed(inputs)}. Models of one input are scored; bind the others when exporting.`,
      { file, option: 'input' },
    );
  }
  if (!INPUT_TYPES.includes(value.type as InputType)) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `The input ${listed([value])} of ${file} is of a type that is not supplied: ${INPUT_TYPES.join(', ')} are.`,
      { file },
    );
  }
  return value;
}

function chooseOutputs(
  file: string,
  outputs: readonly OnnxValue[],
  wanted: NonNullable<InputConfig['outputs']>,
): OnnxRun['outputs'] {
  const names = outputs.map(({ name }) => name);
  const chosen: OnnxRun['outputs'] = {};
  for (const output of ['logits', 'features'] as const) {
    const name = wanted[output];
    if (name !== undefined && !names.includes(name)) {
      throw new SvpError(
        'SVP_E_OPTION',
        `${file} has no output "${name}" for the ${output}; it has ${listed(outputs)}.`,
        { file, option: `outputs.${output}` },
      );
    }
    const found = name ?? (names.includes(output) ? output : undefined);
    if (found !== undefined) chosen[output] = found;
  }
  // The one output that there is, if nobody says otherwise, is what a classifier gives.
  if (chosen.logits === undefined && outputs.length === 1 && chosen.features === undefined)
    chosen.logits = names[0];
  return chosen;
}

/** An output that was asked for and that the model does not have under the name that it should. */
export function missingOutput(file: string, model: OnnxModel, output: 'logits' | 'features'): SvpError {
  return new SvpError(
    'SVP_E_OPTION',
    `${file} has no output named "${output}"; it has ${listed(model.outputs)}. Say which holds the ${output}: ` +
      `{ "outputs": { "${output}": "NAME" } } in the input configuration.`,
    { file, option: `outputs.${output}` },
  );
}

/** What `svp export` writes beside the graph: `svp.layout`, and `svp.mean` and `svp.std` as "0.49,0.48,0.45". */
function metadataOf(metadata: Record<string, string>): {
  layout?: 'nchw' | 'nhwc';
  mean?: number[];
  std?: number[];
} {
  const numbers = (text: string | undefined, least: number): number[] | undefined => {
    const values = text?.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    return values?.every((value) => Number.isFinite(value) && value > least) ? values : undefined;
  };
  const layout = metadata['svp.layout'];
  return {
    ...((layout === 'nchw' || layout === 'nhwc') && { layout }),
    mean: numbers(metadata['svp.mean'], Number.NEGATIVE_INFINITY),
    std: numbers(metadata['svp.std'], 0),
  };
}

/** An image input's axes and sizes, with the configuration's size where the model leaves its own open. */
function withSize(
  file: string,
  value: OnnxValue,
  shape: (number | string)[],
  config: InputConfig,
  said: 'nchw' | 'nhwc' | undefined,
): { shape: (number | string)[]; layout?: 'nchw' | 'nhwc' } {
  if (shape.length !== 3) {
    if (config.layout === undefined && config.size === undefined) return { shape };
    throw new SvpError(
      'SVP_E_OPTION',
      `The input ${listed([value])} of ${file} takes no images, so that layout and size do not apply.`,
      { file, option: config.layout === undefined ? 'size' : 'layout' },
    );
  }
  const isChannels = (axis: number | string) => axis === 1 || axis === 3;
  const layout =
    config.layout ??
    said ??
    (isChannels(shape[0]) || !isChannels(shape[2]) ? ('nchw' as const) : ('nhwc' as const));
  if (config.size === undefined) return { shape, layout };
  const wanted = typeof config.size === 'number' ? [config.size, config.size] : config.size;
  const axes = layout === 'nchw' ? [1, 2] : [0, 1];
  const sized = [...shape];
  axes.forEach((axis, i) => {
    if (typeof shape[axis] === 'number' && shape[axis] !== wanted[i]) {
      throw new SvpError(
        'SVP_E_OPTION',
        `The input ${listed([value])} of ${file} takes images of one size, which is not ${wanted.join(' × ')}.`,
        { file, option: 'size' },
      );
    }
    sized[axis] = wanted[i];
  });
  return { shape: sized, layout };
}
