import { SvpError } from '../errors';
import type { Architecture } from './architecture';
import { preactResnet } from './preact-resnet';
import { resnet } from './resnet';
import { type VdcnnPooling, type VdcnnShape, vdcnn } from './vdcnn';

/** Architectures whose names say their depth. */
export interface Family {
  /** The names that the paper and its reference use. */
  readonly names: readonly string[];
  /**
   * The architecture of a name, undefined for a name that is not of this family.
   * @throws SvpError SVP_E_OPTION for a depth that cannot be
   */
  find(name: string): Architecture | undefined;
}

/** Blocks of each section from a depth of `step` layers a block and `rest` others. */
function blocksOf(
  name: string,
  depth: number,
  step: number,
  rest: number,
  prefix: string,
  suffix: string,
): number {
  const blocks = Math.max(1, Math.round((depth - rest) / step));
  if (blocks * step + rest === depth) return blocks;
  throw new SvpError(
    'SVP_E_OPTION',
    `There is no architecture "${name}": the depth of such a network is ${step}b + ${rest} for b blocks in each section. ` +
      `Did you mean ${prefix}${blocks * step + rest}${suffix}?`,
    { option: 'arch' },
  );
}

/** preactN: N = 6b + 2 with blocks of two convolutions, N = 9b + 2 with bottlenecks of three. */
const preact: Family = {
  names: ['8', '14', '20', '32', '44', '56', '110', '164', '164-basic'].map((depth) => `preact${depth}`),
  find(name) {
    const parts = /^preact(\d{1,4})(-bottleneck|-basic)?$/.exec(name);
    if (!parts) return undefined;
    const suffix = parts[2] ?? '';
    // The two that He et al. describe are bottlenecks; 164 layers of basic blocks are "preact164-basic".
    const bottleneck = suffix === '-bottleneck' || (suffix === '' && /^(?:164|1001)$/.test(parts[1]));
    const blocks = blocksOf(name, Number(parts[1]), bottleneck ? 9 : 6, 2, 'preact', suffix);
    return { name, build: (network) => preactResnet(network, { blocks, bottleneck }) };
  },
};

/** wrn-D-K: D = 6b + 4 layers, K times the channels of a ResNet for CIFAR. */
const wide: Family = {
  names: ['wrn-16-4', 'wrn-16-8', 'wrn-28-10', 'wrn-40-4'],
  find(name) {
    const parts = /^wrn-(\d{1,4})-(\d{1,3})$/.exec(name);
    if (!parts || Number(parts[2]) < 1) return undefined;
    const blocks = blocksOf(name, Number(parts[1]), 6, 4, 'wrn-', `-${parts[2]}`);
    const widen = Number(parts[2]);
    return { name, build: (network) => preactResnet(network, { blocks, bottleneck: false, widen }) };
  },
};

/** Blocks of the networks for ImageNet (He et al. 2015, table 1). */
const IMAGENET: Readonly<Record<string, { sections: number[]; bottleneck: boolean }>> = {
  resnet18: { sections: [2, 2, 2, 2], bottleneck: false },
  resnet34: { sections: [3, 4, 6, 3], bottleneck: false },
  resnet50: { sections: [3, 4, 6, 3], bottleneck: true },
  resnet101: { sections: [3, 4, 23, 3], bottleneck: true },
  resnet152: { sections: [3, 8, 36, 3], bottleneck: true },
};

const imagenet: Family = {
  names: Object.keys(IMAGENET),
  find(name) {
    if (!Object.hasOwn(IMAGENET, name)) return undefined;
    return { name, width: 64, build: (network) => resnet(network, { stem: 'large', ...IMAGENET[name] }) };
  },
};

/** resnetN for small images: N = 6b + 2. */
const small: Family = {
  names: ['resnet20', 'resnet32', 'resnet44', 'resnet56', 'resnet110'],
  find(name) {
    const parts = /^resnet(\d{1,4})$/.exec(name);
    if (!parts) return undefined;
    const blocks = blocksOf(name, Number(parts[1]), 6, 2, 'resnet', '');
    const sections = [blocks, blocks, blocks];
    return { name, build: (network) => resnet(network, { stem: 'small', sections, bottleneck: false }) };
  },
};

/** Blocks by the number of convolutions (Conneau et al. 2017, table 2). */
const VDCNN: Readonly<Record<string, VdcnnShape['sections']>> = {
  '9': [1, 1, 1, 1],
  '17': [2, 2, 2, 2],
  '29': [5, 5, 2, 2],
  '49': [8, 8, 5, 3],
};

/** vdcnnN-POOLING[-shortcut]; vdcnnN alone pools by maximum; -lite has a quarter of the channels. */
const characters: Family = {
  names: Object.keys(VDCNN).flatMap((depth) =>
    ['maxpool', 'conv', 'kmaxpool'].flatMap((pooling) =>
      ['', '-shortcut'].map((shortcut) => `vdcnn${depth}-${pooling}${shortcut}`),
    ),
  ),
  find(name) {
    const parts = /^vdcnn(9|17|29|49)(?:-(maxpool|conv|kmaxpool))?(-lite)?(-shortcut)?$/.exec(name);
    if (!parts) return undefined;
    const [, depth, pooling, lite, shortcut] = parts;
    const shape: VdcnnShape = {
      sections: VDCNN[depth],
      pooling: (pooling as VdcnnPooling | undefined) ?? 'maxpool',
      shortcut: shortcut !== undefined,
    };
    return { name, input: 'text', width: lite ? 16 : 64, build: (network) => vdcnn(network, shape) };
  },
};

/** In the order of their names in lists; the first that knows a name has it. */
export const FAMILIES: readonly Family[] = [preact, imagenet, small, wide, characters];
