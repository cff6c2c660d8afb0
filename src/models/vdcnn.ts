import { SvpError } from '../errors';
import type { NetworkPlan } from './architecture';
import type { Layer } from './layers/layer';
import type { NetworkBuilder } from './network-builder';

/** How a sequence is halved where a section begins. */
export type VdcnnPooling = 'maxpool' | 'conv' | 'kmaxpool';

export interface VdcnnShape {
  /** Blocks, of two convolutions each, in each of the four sections. */
  sections: readonly [number, number, number, number];
  /** Max pooling of 3 with stride 2, a first convolution with stride 2, or the greater half of each channel. */
  pooling: VdcnnPooling;
  /** Whether each block adds its input, through a 1×1 convolution where the channels change. */
  shortcut: boolean;
}

/** Values of a character's vector. */
const EMBEDDING = 16;
/** Values of each channel that the last pooling keeps. */
const LAST_K = 8;
/** Hidden units over the channels of the first section: 2,048 for 64. */
const HIDDEN = 32;

/**
 * Very deep convolutional network over characters (Conneau et al. 2017): a vector per character, a temporal convolution to
 * `width` channels, four sections with width, 2, 4 and 8 times width channels, the sequence halved before each but the first,
 * the 8 greatest values of each channel, three linear layers. The features are the input of the last one.
 * @throws SvpError SVP_E_OPTION when the text is so short that fewer than 8 places are left
 */
export function vdcnn(network: NetworkBuilder, { sections, pooling, shortcut }: VdcnnShape): NetworkPlan {
  const { input, width, classes } = network;
  if (input.kind !== 'text') throw new Error('a VDCNN takes text');
  let length = input.length;
  for (let i = 1; i < sections.length; i++) {
    length = pooling === 'kmaxpool' ? Math.floor(length / 2) : Math.ceil(length / 2);
  }
  if (length < LAST_K) {
    throw new SvpError(
      'SVP_E_OPTION',
      `A VDCNN keeps ${LAST_K} values of each channel after halving a text three times; of ${input.length} characters ` +
        `${length} are left. Texts must have at least ${LAST_K * 8} characters: pad them.`,
      { option: 'input.length' },
    );
  }
  const temporal = (name: string, inputs: number, outputs: number, size: number, stride = 1) =>
    network.convolution(name, inputs, outputs, size, { stride, temporal: true, fan: 'in' });

  const block = (name: string, inputs: number, outputs: number): Layer => {
    const grows = outputs > inputs;
    const stride = grows && pooling === 'conv' ? 2 : 1;
    const pool: Layer[] = [];
    if (grows && pooling === 'maxpool') pool.push(network.maxPool({ size: 3, stride: 2, temporal: true }));
    if (grows && pooling === 'kmaxpool') {
      pool.push(network.kMaxPool((length) => Math.floor(length / 2), 'sequence'));
    }
    const first = [
      temporal(`${name}.conv1`, inputs, outputs, 3, stride),
      network.batchNormRelu(`${name}.bn1`, outputs),
      temporal(`${name}.conv2`, outputs, outputs, 3),
    ];
    if (!shortcut) {
      return network.sequence(...pool, ...first, network.batchNormRelu(`${name}.bn2`, outputs));
    }
    const branch = network.sequence(...first, network.batchNorm(`${name}.bn2`, outputs));
    const around = grows ? temporal(`${name}.shortcut`, inputs, outputs, 1, stride) : undefined;
    return network.sequence(...pool, network.sum(branch, around), network.relu());
  };

  const body: Layer[] = [
    network.embedding('character_embedding', input.symbols, EMBEDDING),
    temporal('conv1', EMBEDDING, width, 3),
  ];
  let channels = width;
  sections.forEach((blocks, section) => {
    for (let i = 0; i < blocks; i++) {
      const outputs = width * 2 ** section;
      body.push(block(`section${section + 1}.${i}`, channels, outputs));
      channels = outputs;
    }
  });
  const hidden = HIDDEN * width;
  body.push(
    network.kMaxPool(() => LAST_K, 'vector'),
    network.linear('fc1', channels * LAST_K, hidden),
    network.relu(),
    network.linear('fc2', hidden, hidden),
    network.relu(),
  );
  return { body, featureSize: hidden, head: network.linear('fc3', hidden, classes) };
}
