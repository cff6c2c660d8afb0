import type { Layer } from './layers/layer';
import type { NetworkBuilder } from './network-builder';

/** What an architecture builds. */
export interface NetworkPlan {
  /** From the input to the features, batch × featureSize; several are one after the other. */
  body: Layer | Layer[];
  /** Length of a feature vector: the input of the last linear layer. */
  featureSize: number;
  /** From the features to the logits. Default a linear layer "fc". */
  head?: Layer;
}

/** A network that `createModel` knows by its name. */
export interface Architecture {
  /** Small letters, digits and dashes: "my-network". */
  name: string;
  /** What it takes. Default 'image'. */
  input?: 'image' | 'text';
  /** Channels of the first section where the caller does not say. Default 16. */
  width?: number;
  /** Makes the layers, in the order in which a pass meets them: the first weights are drawn in that order. */
  build(network: NetworkBuilder): NetworkPlan;
}
