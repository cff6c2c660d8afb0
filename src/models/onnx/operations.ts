import { FoldingConvolution, scaleAndShift } from './convolution';
import type { AttributeValue } from './schema';
import type { Translation } from './translation';

/** Writes the current node of a translation as ONNX nodes. */
export type Translator = (t: Translation) => void;

/** [top, left, bottom, right] of a window that slides over height and width, as TensorFlow's attributes say. */
export function windowPads(
  t: Translation,
  kernel: readonly number[],
  strides: readonly number[],
  size: readonly number[],
): number[] {
  const padding = t.attribute('padding');
  if (padding === 'VALID') return [0, 0, 0, 0];
  if (padding === 'EXPLICIT') {
    const pads = t.attribute('explicit_paddings') as number[];
    return [pads[2], pads[4], pads[3], pads[5]];
  }
  // SAME: ⌈size / stride⌉ outputs, the odd pixel of padding at the far side.
  const total = size.map((side, i) =>
    Math.max(0, (Math.ceil(side / strides[i]) - 1) * strides[i] + kernel[i] - side),
  );
  const near = total.map((sum) => Math.floor(sum / 2));
  return [...near, ...total.map((sum, i) => sum - near[i])];
}

/** Attributes of an ONNX window operation from a 4-D record. */
export function windowAttributes(t: Translation, kernel: readonly number[]): Record<string, AttributeValue> {
  if ((t.attribute('data_format') ?? 'NHWC') !== 'NHWC') throw t.cannot('its data format is not NHWC');
  const strides = (t.attribute('strides') as number[]).slice(1, 3);
  const pads = windowPads(t, kernel, strides, t.shape(0).slice(1, 3));
  return { kernel_shape: { ints: kernel }, strides: { ints: strides }, pads: { ints: pads } };
}

function conv2d(t: Translation): void {
  const shape = t.shape(1);
  const attributes = windowAttributes(t, shape.slice(0, 2));
  const dilations = ((t.attribute('dilations') as number[] | undefined) ?? [1, 1, 1, 1]).slice(1, 3);
  attributes.dilations = { ints: dilations };
  if (t.shape(0)[3] !== shape[2]) attributes.group = { i: t.shape(0)[3] / shape[2] };
  t.onnx.emit('Conv', [t.input(0)], attributes, t.result());
  const node = t.onnx.nodes[t.onnx.nodes.length - 1];
  const weight = t.data(1) as Float32Array;
  t.folding.set(t.node.outputs[0], new FoldingConvolution(node, t.parameterName(1), shape, weight));
}

/** Takes the current node into the convolution before it, if that is the only user of its output. */
function fold(t: Translation, change: (convolution: FoldingConvolution) => void): boolean {
  const convolution = t.folding.get(t.node.inputs[0]);
  if (!convolution || !t.onlyUse(0)) return false;
  change(convolution);
  convolution.rename(t.result());
  t.folding.set(t.node.outputs[0], convolution);
  t.folding.delete(t.node.inputs[0]);
  return true;
}

function batchNorm(t: Translation): void {
  if (t.attribute('is_training') === true) throw t.cannot('it takes the statistics of the batch');
  const epsilon = t.attribute('epsilon') as number;
  const { scale, shift } = scaleAndShift(t.data(1), t.data(2), t.data(3), t.data(4), epsilon);
  if (fold(t, (convolution) => convolution.multiply(scale, shift))) return;
  const inputs = [0, 1, 2, 3, 4].map((i) => t.input(i));
  t.onnx.emit('BatchNormalization', inputs, { epsilon: { f: epsilon } }, t.result());
}

function biasAdd(t: Translation): void {
  if (fold(t, (convolution) => convolution.addBias(t.data(1) as Float32Array))) return;
  const gemm = t.onnx.nodes.find(
    ({ opType, outputs, inputs }) => opType === 'Gemm' && outputs[0] === t.input(0) && inputs.length === 2,
  );
  if (gemm && t.onlyUse(0)) {
    gemm.inputs.push(t.input(1));
    gemm.outputs[0] = t.result();
    return;
  }
  let bias = t.input(1);
  if (t.shape(0).length === 4) {
    const channels = t.shape(1)[0];
    bias = t.onnx.store(`${t.parameterName(1)}.4d`, [channels, 1, 1], Float32Array.from(t.data(1)));
  }
  t.onnx.emit('Add', [t.input(0), bias], {}, t.result());
}

function matMul(t: Translation): void {
  const flag = (name: string) => ({ i: t.attribute(name) === true ? 1 : 0 });
  const attributes = { transA: flag('transpose_a'), transB: flag('transpose_b') };
  t.onnx.emit('Gemm', [t.input(0), t.input(1)], attributes, t.result());
}

function add(t: Translation): void {
  const [a, b] = [t.shape(0), t.shape(1)];
  if (a.join() !== b.join()) throw t.cannot(`shapes ${a.join('×')} and ${b.join('×')} differ`);
  t.onnx.emit('Add', [t.input(0), t.input(1)], {}, t.result());
}

function mean(t: Translation): void {
  const axes = t.integers(1);
  if (t.shape(0).length !== 4 || axes.join() !== '1,2' || t.attribute('keep_dims') === true) {
    throw t.cannot(`only a mean over height and width is known, not over axes ${axes.join()}`);
  }
  const pooled = t.onnx.emit('GlobalAveragePool', [t.input(0)]);
  t.onnx.emit('Flatten', [pooled], { axis: { i: 1 } }, t.result());
}

function maxPool(t: Translation): void {
  const kernel = (t.attribute('ksize') as number[]).slice(1, 3);
  t.onnx.emit('MaxPool', [t.input(0)], windowAttributes(t, kernel), t.result());
}

/** Between batch × height × width × channels and ONNX's order, where a shape changes its number of sides. */
const CHANNELS_LAST = { perm: { ints: [0, 2, 3, 1] } };
const CHANNELS_FIRST = { perm: { ints: [0, 3, 1, 2] } };

function reshape(t: Translation): void {
  const shape = t.integers(1);
  if (shape[0] !== -1)
    throw t.cannot(`its first side is ${shape[0]}, not −1, and the batch has to stay free`);
  const from = t.shape(0).length === 4 ? t.onnx.emit('Transpose', [t.input(0)], CHANNELS_LAST) : t.input(0);
  const target = t.onnx.storeInts(`${t.result()}.shape`, shape);
  if (shape.length !== 4) {
    t.onnx.emit('Reshape', [from, target], {}, t.result());
    return;
  }
  t.onnx.emit('Transpose', [t.onnx.emit('Reshape', [from, target])], CHANNELS_FIRST, t.result());
}

function transpose(t: Translation): void {
  if (t.shape(0).length === 4) throw t.cannot('images of four dimensions are in ONNX’s own order');
  t.onnx.emit('Transpose', [t.input(0)], { perm: { ints: t.integers(1) } }, t.result());
}

function gather(t: Translation): void {
  const [axis] = t.integers(2);
  const batchSides = (t.attribute('batch_dims') as number | undefined) ?? 0;
  const rank = t.shape(0).length;
  if (rank === 4) throw t.cannot('it gathers from images');
  if (batchSides === 0) {
    t.onnx.emit('Gather', [t.input(0), t.input(1)], { axis: { i: axis } }, t.result());
  } else if (batchSides === rank - 1 && axis === rank - 1 && t.shape(1).length === rank) {
    t.onnx.emit('GatherElements', [t.input(0), t.input(1)], { axis: { i: axis } }, t.result());
  } else {
    throw t.cannot(`batch_dims ${batchSides} with axis ${axis} of ${rank} sides is not known`);
  }
}

/** The places are int32 in TensorFlow and int64 in ONNX, where whatever uses them takes both. */
function topK(t: Translation): void {
  if (t.shape(0).length === 4) throw t.cannot('it ranks values of images');
  const k = t.onnx.storeInts(`${t.result(1)}.k`, t.integers(1));
  const attributes = { axis: { i: -1 }, largest: { i: 1 }, sorted: { i: 1 } };
  t.onnx.emitTo([t.result(0), t.result(1)], 'TopK', [t.input(0), k], attributes);
}

/** An operation of one input that is the same in ONNX. */
const same =
  (opType: string): Translator =>
  (t) =>
    void t.onnx.emit(opType, [t.input(0)], {}, t.result());

/** How each TensorFlow operation of an inference pass is written in ONNX. */
export const TRANSLATORS: Readonly<Record<string, Translator>> = Object.freeze({
  AddV2: add,
  BiasAdd: biasAdd,
  Conv2D: conv2d,
  FusedBatchNormV3: batchNorm,
  GatherV2: gather,
  MatMul: matMul,
  MaxPool: maxPool,
  Mean: mean,
  Neg: same('Neg'),
  Relu: same('Relu'),
  Reshape: reshape,
  TopKV2: topK,
  Transpose: transpose,
});
