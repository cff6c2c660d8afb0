import * as path from 'node:path';
import { z } from 'zod';
import { parseOptions } from '../../core/options';
import { SvpError } from '../../errors';
import type { Model } from '../model';
import type { ModelProto, StringEntry } from './schema';
import { type InputLayout, translate } from './translate';
import { type WrittenModel, writeModel } from './write';

export interface ExportOnnxOptions {
  /** Of images: 'nchw' (default), what ONNX Runtime's kernels take, or 'nhwc', with one transposition at the beginning. */
  layout?: InputLayout;
  /** Version of ONNX's operations, 13 to 21. Default 17, which ONNX Runtime has known since 1.12. */
  opset?: number;
  /** Whether the weights go into `<file>.data` beside the model. Default 'auto': above 2 GiB, a protocol buffer's limit. */
  externalData?: 'auto' | boolean;
  /**
   * What the images went through before the model: per channel, pixels scaled to 0 … 1, then (pixel − mean) / std. Written into
   * the file's metadata, so that scoring needs no configuration.
   */
  normalization?: { mean: readonly number[]; std: readonly number[] };
  /** One per class, for the metadata. */
  classNames?: readonly string[];
}

const numbers = z.array(z.number());
const optionsShape = z.object({
  layout: z.enum(['nchw', 'nhwc']).optional(),
  opset: z.int().min(13).max(21).optional(),
  externalData: z.union([z.literal('auto'), z.boolean()]).optional(),
  normalization: z
    .strictObject({ mean: numbers, std: z.array(z.number().positive('must be above 0')) })
    .optional(),
  classNames: z.array(z.string()).optional(),
});

/** The oldest version of the file format that has each version of the operations. */
const IR_VERSION: Readonly<Record<number, number>> = Object.freeze({
  13: 7,
  14: 7,
  15: 8,
  16: 8,
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
});

/** Batch of the recorded pass: any, but not 1, which a shape may hold for another reason. */
const RECORDED_BATCH = 2;

/**
 * Writes a model as ONNX: the input "input" (float32 images or int32 codes, a batch of any size), the outputs "logits" (batch × classes) and "features"
 * (batch × featureSize, the final hidden layer). The running statistics of batch norm become part of the convolutions
 * before them, computed in float64.
 *
 * metadata_props: svp.arch, svp.width, svp.classes, svp.feature_size, svp.version, svp.input_kind ("image" or "text"),
 * svp.input_shape ("32,32,3": height, width, channels, whatever the layout; "1014"), of images svp.layout, of texts svp.symbols,
 * and where given svp.mean and svp.std ("0.49,0.48,0.45"), svp.class_names (JSON).
 *
 * @throws SvpError SVP_E_OPTION for unknown options or an architecture with an operation that has no translation; SVP_E_WRITE
 */
export async function writeOnnx(
  model: Model,
  file: string,
  options: ExportOnnxOptions = {},
): Promise<WrittenModel> {
  const o = parseOptions(optionsShape, options, 'exportOnnx');
  const layout = o.layout ?? 'nchw';
  const opset = o.opset ?? 17;
  const metadataProps = metadata(model, layout, o as ExportOnnxOptions);
  const arrays = new Map(model.weights().map(({ name, data }) => [name, data]));
  const { graph, initializers } = translate(
    model.recordInference(RECORDED_BATCH),
    arrays,
    layout,
    model.arch,
  );
  const { version } = require('../../../package.json') as { version: string };
  const proto: ModelProto = {
    irVersion: IR_VERSION[opset],
    opsetImport: [{ domain: '', version: opset }],
    producerName: 'selection-via-proxy',
    producerVersion: version,
    graph,
    metadataProps: [...metadataProps, { key: 'svp.version', value: version }],
  };
  return writeModel(path.normalize(file), proto, initializers, o.externalData ?? 'auto');
}

function metadata(model: Model, layout: InputLayout, options: ExportOnnxOptions): StringEntry[] {
  const { normalization, classNames } = options;
  const { input } = model;
  const channels = input.kind === 'image' ? input.shape[2] : 0;
  for (const key of ['mean', 'std'] as const) {
    const count = normalization?.[key].length ?? channels;
    if (count !== channels) {
      throw new SvpError(
        'SVP_E_OPTION',
        `exportOnnx: option normalization.${key} has ${count} values, but the model takes ${channels} channels.`,
        { option: `normalization.${key}` },
      );
    }
  }
  if (classNames && classNames.length !== model.classes) {
    throw new SvpError(
      'SVP_E_OPTION',
      `exportOnnx: option classNames has ${classNames.length} names, but the model has ${model.classes} classes.`,
      { option: 'classNames' },
    );
  }
  const entries: Record<string, string | undefined> = {
    arch: model.arch,
    width: String(model.width),
    classes: String(model.classes),
    feature_size: String(model.featureSize),
    input_kind: input.kind,
    input_shape: model.inputShape.join(),
    layout: input.kind === 'image' ? layout : undefined,
    symbols: input.kind === 'text' ? String(input.symbols) : undefined,
    mean: normalization?.mean.join(),
    std: normalization?.std.join(),
    class_names: classNames && JSON.stringify(classNames),
  };
  return Object.entries(entries).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key: `svp.${key}`, value }],
  );
}
