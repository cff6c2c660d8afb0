import { types } from 'node:util';
import { SvpError } from '../errors';
import type { Handle, Kernels } from './kernels';
import type { Layer } from './layers/layer';
import {
  type BatchValues,
  type GradientOptions,
  type GradientResult,
  type Model,
  type ModelInput,
  type NamedWeights,
  type OutputName,
  type Outputs,
  shapeOf,
} from './model';
import { type CrossEntropyOptions, softmaxCrossEntropy } from './ops/softmax-cross-entropy';
import type { Parameter, ParameterSet } from './parameters';
import { Pass } from './pass';
import { type RecordedGraph, RecordingKernels } from './recording';
import type { StatisticSet } from './statistics';

/** The parts of a network: examples → `body` → features → `head` → logits. */
export interface NetworkParts {
  arch: string;
  width: number;
  input: ModelInput;
  classes: number;
  featureSize: number;
  body: Layer;
  head: Layer;
  parameters: ParameterSet;
  statistics: StatisticSet;
}

/** A model made of layers. */
export class Network implements Model {
  readonly arch: string;
  readonly width: number;
  readonly input: ModelInput;
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly featureSize: number;
  private disposed = false;

  constructor(
    private readonly kernels: Kernels,
    private readonly parts: NetworkParts,
  ) {
    this.arch = parts.arch;
    this.width = parts.width;
    this.input = parts.input;
    this.inputShape = shapeOf(parts.input);
    this.classes = parts.classes;
    this.featureSize = parts.featureSize;
  }

  get parameters(): number {
    return this.parts.parameters.size;
  }

  get parameterList(): readonly Parameter[] {
    return this.parts.parameters.parameters;
  }

  get parameterVector(): Handle {
    return this.parts.parameters.vector;
  }

  replaceParameters(vector: Handle): void {
    this.parts.parameters.replace(vector);
  }

  infer(values: BatchValues, size: number, outputs: readonly OutputName[]): Outputs {
    return this.withPass(this.kernels, false, (pass) => {
      const x = this.batch(pass, values, size);
      const tensors = this.forward(pass, x, outputs.includes('logits'));
      const result: Outputs = {};
      if (outputs.includes('features')) result.features = this.kernels.read(tensors.features);
      if (tensors.logits) result.logits = this.kernels.read(tensors.logits);
      return result;
    });
  }

  gradient(
    values: BatchValues,
    labels: Int32Array,
    size: number,
    { labelSmoothing = 0, outOf = size }: GradientOptions = {},
  ): GradientResult {
    this.checkLabels(labels, size);
    const { parameters } = this.parts;
    return this.withPass(this.kernels, true, (pass) => {
      const x = this.batch(pass, values, size);
      const targets = pass.adopt(this.kernels.int(labels, [size]));
      const { losses, logits } = this.step(pass, x, targets, { smoothing: labelSmoothing, divisor: outOf });
      return {
        losses: this.kernels.read(losses),
        logits: this.kernels.read(logits),
        gradient: parameters.join((index) => pass.gradient(index)),
      };
    });
  }

  recordInference(size: number): RecordedGraph {
    const recorder = new RecordingKernels(this.kernels);
    this.declare(recorder);
    return this.withPass(recorder, false, (pass) => {
      const count = this.inputShape.reduce((product, side) => product * side, size);
      const values = this.input.kind === 'image' ? new Float32Array(count) : new Int32Array(count);
      const x = this.batch(pass, values, size);
      recorder.declare(x, 'input', 'input');
      const { features, logits } = this.forward(pass, x, true);
      recorder.output('features', features);
      recorder.output('logits', logits as Handle);
      return recorder.graph();
    });
  }

  /** Tells a recorder which tensors are the weights and the running statistics, by their names in `weights()`. */
  private declare(recorder: RecordingKernels): void {
    const { parameters, statistics } = this.parts;
    const values = parameters.values();
    for (const { index, name } of parameters.parameters) recorder.declare(values[index], 'parameter', name);
    for (const { name, value } of statistics.list) recorder.declare(value, 'parameter', name);
  }

  /** The whole network, for a pass without gradients. */
  private forward(pass: Pass, x: Handle, withLogits: boolean): { features: Handle; logits?: Handle } {
    const { body, head } = this.parts;
    const features = body.forward(pass, x).y;
    return withLogits ? { features, logits: head.forward(pass, features).y } : { features };
  }

  /** Forward, loss, backward; the gradients of the parameters are in the pass then. */
  private step(
    pass: Pass,
    x: Handle,
    targets: Handle,
    loss: CrossEntropyOptions,
  ): { losses: Handle; logits: Handle } {
    const { body, head } = this.parts;
    const features = body.forward(pass, x);
    const logits = head.forward(pass, features.y);
    pass.release(features.y);
    const { losses, dlogits } = softmaxCrossEntropy(pass, logits.y, targets, loss);
    const dfeatures = logits.backward(dlogits);
    // The gradient of the input is of no use.
    pass.release(features.backward(dfeatures));
    return { losses, logits: logits.y };
  }

  weights(): NamedWeights[] {
    const { parameters, statistics } = this.parts;
    const flat = this.kernels.read(parameters.vector);
    return [
      ...parameters.parameters.map(({ name, shape, offset, size }) => ({
        name,
        shape: [...shape],
        data: flat.slice(offset, offset + size),
      })),
      ...statistics.list.map((statistic) => ({
        name: statistic.name,
        shape: [statistic.size],
        data: this.kernels.read(statistic.value),
      })),
    ];
  }

  setWeights(weights: readonly NamedWeights[]): void {
    const { parameters, statistics } = this.parts;
    const wanted = [
      ...parameters.parameters,
      ...statistics.list.map(({ name, size }) => ({ name, shape: [size], size })),
    ];
    if (weights.length !== wanted.length) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `${this.arch} has ${wanted.length} arrays of weights, but ${weights.length} were given.`,
      );
    }
    wanted.forEach(({ name, shape, size }, i) => {
      const given = weights[i];
      if (given.name !== name || given.shape.join() !== shape.join() || given.data.length !== size) {
        throw new SvpError(
          'SVP_E_SHAPE',
          `Array ${i} of ${this.arch} is ${name}, ${shape.join('×')}, but ${given.name}, ${given.shape.join('×')} ` +
            `with ${given.data.length} values, was given. The weights belong to another architecture or width.`,
        );
      }
    });
    const flat = new Float32Array(parameters.size);
    for (const { index, offset } of parameters.parameters) flat.set(weights[index].data, offset);
    parameters.replace(this.kernels.float(flat, [flat.length]));
    const first = parameters.parameters.length;
    statistics.list.forEach((statistic, i) => {
      statistic.replace(this.kernels.float(weights[first + i].data.slice(), [statistic.size]));
    });
  }

  dispose(): void {
    this.disposed = true;
    this.parts.parameters.dispose();
    this.parts.statistics.dispose();
  }

  private withPass<Result>(kernels: Kernels, training: boolean, work: (pass: Pass) => Result): Result {
    if (this.disposed) throw new SvpError('SVP_E_OPTION', `This ${this.arch} has been disposed of.`);
    const pass = new Pass(kernels, training, this.parts.parameters.values());
    try {
      return work(pass);
    } finally {
      pass.close();
    }
  }

  private batch(pass: Pass, values: BatchValues, size: number): Handle {
    const { input, inputShape } = this;
    const image = input.kind === 'image';
    const count = inputShape.reduce((product, side) => product * side, size);
    const fits = image ? types.isFloat32Array(values) : types.isInt32Array(values);
    if (!Number.isSafeInteger(size) || size < 1 || !fits || values.length !== count) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `A batch of ${size} ${image ? 'images' : 'texts'} of ${inputShape.join(' × ')} needs ` +
          `${image ? 'a Float32Array' : 'an Int32Array'} of ${count} values, but ${values?.length} were given.`,
      );
    }
    const shape = [size, ...inputShape];
    if (types.isFloat32Array(values)) return pass.adopt(pass.kernels.float(values, shape));
    if (input.kind === 'text') checkCodes(values, input.symbols, input.length);
    return pass.adopt(pass.kernels.int(values, shape));
  }

  /** TensorFlow answers a label outside the classes with a NaN loss. */
  private checkLabels(labels: Int32Array, size: number): void {
    if (!types.isInt32Array(labels) || labels.length !== size) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `${size} examples need ${size} labels, but ${labels?.length} were given.`,
      );
    }
    for (let i = 0; i < size; i++) {
      if (labels[i] < 0 || labels[i] >= this.classes) {
        throw new SvpError(
          'SVP_E_SHAPE',
          `Label ${i} is ${labels[i]}, but there are ${this.classes} classes.`,
          {
            row: i,
          },
        );
      }
    }
  }
}

/** TensorFlow on a GPU takes a code outside the symbols for a row of zeros. */
function checkCodes(codes: Int32Array, symbols: number, length: number): void {
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] >= 0 && codes[i] < symbols) continue;
    const row = Math.floor(i / length);
    throw new SvpError(
      'SVP_E_INDEX',
      `Code ${i % length} of text ${row} is ${codes[i]}, but there are ${symbols} symbols, 0 to ${symbols - 1}.`,
      { row, column: i % length },
    );
  }
}
