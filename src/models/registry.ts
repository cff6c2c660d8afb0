import { z } from 'zod';
import { parseOptions, suggestion } from '../core/options';
import { SvpError } from '../errors';
import { kernels } from './kernels';
import type { InputShape, Model } from './model';
import { preactResnet } from './preact-resnet';

/** Blocks per section of the networks that the paper names. */
const NAMED: Readonly<Record<string, { blocks: number; bottleneck: boolean }>> = Object.freeze({
  preact8: { blocks: 1, bottleneck: false },
  preact14: { blocks: 2, bottleneck: false },
  preact20: { blocks: 3, bottleneck: false },
  preact32: { blocks: 5, bottleneck: false },
  preact44: { blocks: 7, bottleneck: false },
  preact56: { blocks: 9, bottleneck: false },
  preact110: { blocks: 18, bottleneck: false },
  preact164: { blocks: 18, bottleneck: true },
});

/** The paper's channels of the first section. */
const DEFAULT_WIDTH = 16;

export interface CreateModelOptions {
  inputShape: InputShape;
  classes: number;
  /** Channels of the first section. Default 16. */
  width?: number;
  /** Of the initial weights. Default 0. */
  seed?: number;
}

const optionsShape = z.object({
  inputShape: z.tuple([z.int().min(8).max(512), z.int().min(8).max(512), z.int().min(1).max(1024)]),
  classes: z.int().min(1).max(1_000_000),
  width: z.int().min(1).max(4096).optional(),
  seed: z.int().optional(),
});

/**
 * The architectures with a name of their own. Besides these `createModel` takes any `preactN` with N = 6b + 2 (basic
 * blocks) and `preactN-bottleneck` with N = 9b + 2, b blocks in each of three sections.
 */
export function archNames(): string[] {
  return Object.keys(NAMED);
}

function blocksOf(arch: string): { blocks: number; bottleneck: boolean } {
  if (Object.hasOwn(NAMED, arch)) return NAMED[arch];
  const parts = /^preact(\d{1,4})(-bottleneck)?$/.exec(arch);
  if (!parts) {
    throw new SvpError(
      'SVP_E_OPTION',
      `There is no architecture "${arch}".${suggestion(arch, archNames())}`,
      {
        option: 'arch',
      },
    );
  }
  const depth = Number(parts[1]);
  const bottleneck = parts[2] !== undefined;
  const step = bottleneck ? 9 : 6;
  const blocks = Math.max(1, Math.round((depth - 2) / step));
  if (blocks * step + 2 !== depth) {
    const nearest = `preact${blocks * step + 2}${bottleneck ? '-bottleneck' : ''}`;
    throw new SvpError(
      'SVP_E_OPTION',
      `There is no architecture "${arch}": the depth of ${bottleneck ? 'a bottleneck' : 'a basic'} network is ` +
        `${step}b + 2 for b blocks in each section. Did you mean ${nearest}?`,
      { option: 'arch' },
    );
  }
  return { blocks, bottleneck };
}

/**
 * Checks an architecture's name without loading the training runtime.
 * @throws SvpError SVP_E_OPTION, with the nearest name
 */
export function checkArch(arch: string): void {
  blocksOf(arch);
}

/**
 * A network with fresh weights; equal seeds give equal weights. Dispose of it when done: TensorFlow's memory is not
 * collected.
 * @throws SvpError SVP_E_OPTION for an unknown architecture or impossible options, SVP_E_RUNTIME without TensorFlow
 */
export function createModel(arch: string, options: CreateModelOptions): Model {
  const { inputShape, classes, width, seed } = parseOptions(optionsShape, options, 'createModel');
  const { blocks, bottleneck } = blocksOf(arch);
  return preactResnet(kernels(), {
    arch,
    inputShape,
    classes,
    blocks,
    bottleneck,
    width: width ?? DEFAULT_WIDTH,
    seed: seed ?? 0,
  });
}
