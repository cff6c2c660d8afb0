/** Where ONNX Runtime is to compute: 'auto' is a GPU where its provider is installed and starts, else the processor. */
export type OnnxDevice = 'auto' | 'cpu' | 'cuda';

/** One input or output of a model; names in `shape` are sizes that it leaves open. */
export interface OnnxValue {
  name: string;
  /** ONNX Runtime's name of the element type; undefined for what is no tensor. */
  type?: string;
  shape: (number | string)[];
}

/** What the child tells of the model that it has opened. */
export interface OnnxModel {
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  metadata: Record<string, string>;
  producer: string;
  externalFiles: string[];
  provider: 'cpu' | 'cuda';
  providerReason: string;
  version: string;
}

/** What the child is to open. */
export interface OnnxChildData {
  file: string;
  threads: number;
  device: OnnxDevice;
}

/** What is to be run: the model's own names. */
export interface OnnxRun {
  input: string;
  type: string;
  /** Where the model takes batches of one size only: that size. */
  fixedBatch?: number;
  /** The names of the outputs that are wanted. */
  outputs: { logits?: string; features?: string };
}
