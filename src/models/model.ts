import type { Handle } from './kernels';
import type { Parameter } from './parameters';
import type { RecordedGraph } from './recording';

/** Height, width and channels of the images that a model takes. */
export type InputShape = [height: number, width: number, channels: number];

/** What one example is. */
export type ModelInput =
  /** height × width × channels float32 values, normalised. */
  | { kind: 'image'; shape: InputShape }
  /** `length` codes, int32 in 0 … symbols − 1: 0 pads, 1 is for what is unknown. */
  | { kind: 'text'; length: number; symbols: number };

/** The shape of one example in memory: [height, width, channels], or [length]. */
export function shapeOf(input: ModelInput): number[] {
  return input.kind === 'image' ? [...input.shape] : [input.length];
}

/** The values of a batch: images as float32, texts as int32 codes. */
export type BatchValues = Float32Array | Int32Array;

/** One named array of a model. */
export interface NamedWeights {
  name: string;
  shape: number[];
  data: Float32Array;
}

/** What a pass can hand out of the network, for a batch of n examples. */
export interface Outputs {
  /** n × classes, row-major, before the softmax. */
  logits?: Float32Array;
  /** n × featureSize, row-major: the input of the last linear layer, the paper's final hidden layer. */
  features?: Float32Array;
}

export type OutputName = keyof Outputs;

/** What one batch says about how the parameters should move. */
export interface GradientResult {
  /** Cross entropy of each example against its (smoothed) target, in nats. */
  losses: Float32Array;
  /** n × classes, with the parameters as they were. */
  logits: Float32Array;
  /** Of the mean loss (see GradientOptions), as a flat vector like `Model.parameterVector`; the caller frees it. */
  gradient: Handle;
}

/** How a batch's losses are made and weighed. */
export interface GradientOptions {
  /** Label smoothing, 0 … 1: this share of the target is spread evenly over all classes. Default 0. */
  labelSmoothing?: number;
  /**
   * The batch is a part of one of so many examples: the gradient is its part of that one's mean, so that the gradients of
   * the parts add up to the whole's. Default the batch's own size.
   */
  outOf?: number;
}

/** A network on the training runtime. Its passes are synchronous: TensorFlow's binding has no other kind. */
export interface Model {
  readonly arch: string;
  /** Channels of the first section. */
  readonly width: number;
  readonly input: ModelInput;
  /** Of one example: [height, width, channels] of an image, [length] of a text. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** Number of trainable values. */
  readonly parameters: number;
  /** Length of a feature vector. */
  readonly featureSize: number;
  /**
   * The network as it is used after training, with the running statistics.
   * @param values size × inputShape: a Float32Array of normalised images, or an Int32Array of codes; not changed
   * @throws SvpError SVP_E_SHAPE; SVP_E_INDEX for a code that is no symbol
   */
  infer(values: BatchValues, size: number, outputs: readonly OutputName[]): Outputs;
  /**
   * Loss and gradient of one batch, with the batch's own statistics; moves the running statistics.
   * @param labels size class numbers, below `classes`
   * @throws SvpError SVP_E_SHAPE; SVP_E_INDEX for a code that is no symbol
   */
  gradient(values: BatchValues, labels: Int32Array, size: number, options?: GradientOptions): GradientResult;
  /**
   * The pass of `infer` as a graph of TensorFlow operations, recorded on a batch of `size` examples of zeros: the input is
   * named "input", weights and running statistics as in `weights()`, the outputs "features" and "logits".
   */
  recordInference(size: number): RecordedGraph;
  /** The trainable arrays in the order of `parameterVector`: where each lies in it, and what it does. */
  readonly parameterList: readonly Parameter[];
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
