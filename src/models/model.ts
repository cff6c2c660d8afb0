import type { Handle } from './kernels';
import type { RecordedGraph } from './recording';

/** Height, width and channels of the images that a model takes. */
export type InputShape = [height: number, width: number, channels: number];

/** One named array of a model. */
export interface NamedWeights {
  name: string;
  shape: number[];
  data: Float32Array;
}

/** What a pass can hand out of the network, for a batch of n images. */
export interface Outputs {
  /** n × classes, row-major, before the softmax. */
  logits?: Float32Array;
  /** n × featureSize, row-major: the input of the last linear layer, the paper's final hidden layer. */
  features?: Float32Array;
}

export type OutputName = keyof Outputs;

/** What one batch says about how the parameters should move. */
export interface GradientResult {
  /** Cross entropy of each image, in nats. */
  losses: Float32Array;
  /** n × classes, with the parameters as they were. */
  logits: Float32Array;
  /** Of the mean loss, as a flat vector like `Model.parameterVector`; the caller frees it. */
  gradient: Handle;
}

/** A network on the training runtime. Its passes are synchronous: TensorFlow's binding has no other kind. */
export interface Model {
  readonly arch: string;
  /** Channels of the first section. */
  readonly width: number;
  readonly inputShape: InputShape;
  readonly classes: number;
  /** Number of trainable values. */
  readonly parameters: number;
  /** Length of a feature vector. */
  readonly featureSize: number;
  /**
   * The network as it is used after training, with the running statistics.
   * @param images size × height × width × channels, normalised; not changed
   * @throws SvpError SVP_E_SHAPE
   */
  infer(images: Float32Array, size: number, outputs: readonly OutputName[]): Outputs;
  /**
   * Loss and gradient of one batch, with the batch's own statistics; moves the running statistics.
   * @param labels size class numbers, below `classes`
   * @throws SvpError SVP_E_SHAPE
   */
  gradient(images: Float32Array, labels: Int32Array, size: number): GradientResult;
  /**
   * The pass of `infer` as a graph of TensorFlow operations, recorded on a batch of `size` black images: the input is
   * named "input", weights and running statistics as in `weights()`, the outputs "features" and "logits".
   */
  recordInference(size: number): RecordedGraph;
  /** All trainable values as one flat float32 tensor, the model's own. */
  readonly parameterVector: Handle;
  /** Puts an updated vector in its place and frees the old one; the model owns it from now on. */
  replaceParameters(vector: Handle): void;
  /** Copies of the trainable arrays and then of the running statistics. */
  weights(): NamedWeights[];
  /** @throws SvpError SVP_E_SHAPE when names, order or shapes differ from those of `weights()` */
  setWeights(weights: readonly NamedWeights[]): void;
  /** Frees everything; safe to call twice. */
  dispose(): void;
}
