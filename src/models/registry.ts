import { z } from 'zod';
import { parseOptions, suggestion } from '../core/options';
import { SvpError } from '../errors';
import type { Architecture } from './architecture';
import { FAMILIES } from './families';
import { kernels } from './kernels';
import type { InputShape, Model, ModelInput } from './model';
import { NetworkBuilder } from './network-builder';

/** The paper's channels of the first section. */
const DEFAULT_WIDTH = 16;
/** Of the paper's texts: 67 characters, padding, and one for all others. */
const DEFAULT_SYMBOLS = 69;

export interface CreateModelOptions {
  /** Of images; the same as `input: { kind: 'image', shape }`. */
  inputShape?: InputShape;
  /** What one example is; `symbols` of a text default to 69, the paper's. */
  input?: { kind: 'image'; shape: InputShape } | { kind: 'text'; length: number; symbols?: number };
  classes: number;
  /** Channels of the first section. Default the network's own: 16, 64 for ImageNet's and VDCNN. */
  width?: number;
  /** Of the initial weights. Default 0. */
  seed?: number;
}

const side = z.int().min(8).max(4096);
const imageShape = z.tuple([side, side, z.int().min(1).max(1024)]);
const optionsShape = z.object({
  inputShape: imageShape.optional(),
  input: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('image'), shape: imageShape }),
      z.strictObject({
        kind: z.literal('text'),
        length: z.int().min(1).max(1_000_000),
        symbols: z.int().min(2).max(1_000_000).optional(),
      }),
    ])
    .optional(),
  classes: z.int().min(1).max(1_000_000),
  width: z.int().min(1).max(4096).optional(),
  seed: z.int().optional(),
});

const registered = new Map<string, Architecture>();

/**
 * The architectures with a name of their own and those that were registered. Besides these `createModel` takes other depths:
 * `preactN` with N = 6b + 2 (basic blocks), `preactN-bottleneck` with N = 9b + 2, `resnetN` with N = 6b + 2, `wrn-D-K` with
 * D = 6b + 4, b blocks in each of three sections; `vdcnnN` for `vdcnnN-maxpool`, and `-lite`, a quarter of its channels.
 */
export function archNames(): string[] {
  return [...FAMILIES.flatMap(({ names }) => names), ...registered.keys()];
}

/**
 * Adds an architecture under its name, for `createModel`, `train`, checkpoints and ONNX files. A network for the command line:
 * `NODE_OPTIONS="--require ./my-network.cjs" svp train --arch my-network`, where the file calls this.
 * @throws SvpError SVP_E_OPTION for a name that is taken or malformed
 */
export function registerArchitecture(architecture: Architecture): void {
  const { name, build, input = 'image', width = DEFAULT_WIDTH } = architecture;
  const fail = (why: string) => {
    throw new SvpError('SVP_E_OPTION', `registerArchitecture: ${why}.`, { option: 'architecture' });
  };
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) {
    fail(`the name "${name}" must be small letters, digits and dashes, such as my-network`);
  }
  if (typeof build !== 'function') fail(`"${name}" must have a function build(network)`);
  if (input !== 'image' && input !== 'text') fail(`"${name}" must take "image" or "text", not "${input}"`);
  if (!Number.isSafeInteger(width) || width < 1)
    fail(`the width of "${name}" must be a whole number above 0`);
  if (registered.has(name) || FAMILIES.some((family) => family.find(name) !== undefined)) {
    fail(`there is an architecture "${name}" already`);
  }
  registered.set(name, architecture);
}

function find(arch: string): Architecture {
  const own = registered.get(arch);
  if (own) return own;
  for (const family of FAMILIES) {
    const known = family.find(arch);
    if (known) return known;
  }
  throw new SvpError(
    'SVP_E_OPTION',
    `There is no architecture "${arch}".${suggestion(String(arch), archNames())}`,
    { option: 'arch' },
  );
}

/**
 * Checks an architecture's name without loading the training runtime.
 * @throws SvpError SVP_E_OPTION, with the nearest name
 */
export function checkArch(arch: string): void {
  find(arch);
}

/**
 * What an architecture takes: 'image' or 'text'.
 * @throws SvpError SVP_E_OPTION for an unknown one
 */
export function inputKind(arch: string): ModelInput['kind'] {
  return find(arch).input ?? 'image';
}

/**
 * A network with fresh weights; equal seeds give equal weights. Dispose of it when done: TensorFlow's memory is not
 * collected.
 * @throws SvpError SVP_E_OPTION for an unknown architecture or impossible options, SVP_E_RUNTIME without TensorFlow
 */
export function createModel(arch: string, options: CreateModelOptions): Model {
  const o = parseOptions(optionsShape, options, 'createModel');
  const architecture = find(arch);
  const builder = new NetworkBuilder(kernels(), {
    input: inputOf(arch, architecture.input ?? 'image', o),
    classes: o.classes,
    width: o.width ?? architecture.width ?? DEFAULT_WIDTH,
    seed: o.seed ?? 0,
  });
  return builder.network(architecture, arch);
}

function inputOf(arch: string, kind: ModelInput['kind'], o: z.infer<typeof optionsShape>): ModelInput {
  const fail = (why: string) =>
    new SvpError('SVP_E_OPTION', `createModel: ${why}.`, { option: o.input ? 'input' : 'inputShape' });
  if ((o.inputShape === undefined) === (o.input === undefined)) {
    throw fail(`option inputShape: give either inputShape or input, for ${arch} of kind "${kind}"`);
  }
  const input = o.input ?? { kind: 'image' as const, shape: o.inputShape as InputShape };
  if (input.kind !== kind) {
    const example =
      kind === 'text' ? "{ kind: 'text', length: 1014 }" : "{ kind: 'image', shape: [32, 32, 3] }";
    throw fail(`${arch} takes ${kind}s, not ${input.kind}s: give input: ${example}`);
  }
  return input.kind === 'text' ? { ...input, symbols: input.symbols ?? DEFAULT_SYMBOLS } : input;
}
