import { attribute } from '../../../../src/models/kernels';
import type { Initializer } from '../../../../src/models/onnx/graph';
import { translate } from '../../../../src/models/onnx/translate';
import type { RecordedGraph, RecordedNode, RecordedValue } from '../../../../src/models/recording';
import * as reference from '../../../reference/network';

/** A recorded graph by hand: values are added as they are needed. */
class Graph {
  private readonly nodes: RecordedNode[] = [];
  private readonly values: RecordedValue[] = [];
  readonly arrays = new Map<string, Float32Array>();

  input(name: string, shape: number[]): number {
    return this.values.push({ id: this.values.length, kind: 'input', name, shape, dtype: 1 }) - 1;
  }

  parameter(name: string, shape: number[], data: ArrayLike<number>): number {
    this.arrays.set(name, Float32Array.from(data));
    return this.values.push({ id: this.values.length, kind: 'parameter', name, shape, dtype: 1 }) - 1;
  }

  run(op: string, inputs: number[], shape: number[], attributes: RecordedNode['attributes'] = []): number {
    const id = this.values.length;
    this.values.push({ id, kind: 'result', shape, dtype: 1, node: this.nodes.length, output: 0 });
    this.nodes.push({ op, attributes, inputs, outputs: [id] });
    return id;
  }

  translate(outputs: Record<string, number>) {
    const { nodes, values } = this;
    const recorded: RecordedGraph = { nodes, values, outputs: new Map(Object.entries(outputs)) };
    return translate(recorded, this.arrays, 'nchw', 'g');
  }
}

const CONV = [
  attribute.int('strides', [1, 1, 1, 1]),
  attribute.string('data_format', 'NHWC'),
  attribute.string('padding', 'SAME'),
];
const NORM = [attribute.float('epsilon', reference.EPSILON), attribute.bool('is_training', false)];
const draw = (size: number, phase: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + phase) + 1.5);

/** input → convolution → batch norm. */
function normalized() {
  const graph = new Graph();
  const x = graph.input('input', [2, 4, 4, 3]);
  const w = graph.parameter('conv1.weight', [3, 3, 3, 5], draw(135, 0));
  const y = graph.run('Conv2D', [x, w], [2, 4, 4, 5], CONV);
  const vectors = ['weight', 'bias', 'running_mean', 'running_var'].map((name, i) =>
    graph.parameter(`bn1.${name}`, [5], draw(5, i)),
  );
  const z = graph.run('FusedBatchNormV3', [y, ...vectors], [2, 4, 4, 5], NORM);
  return { graph, x, y, z };
}

const named = (arrays: Initializer[], name: string) =>
  arrays.find((array) => array.name === name) as Initializer;

test('batch norm becomes part of the convolution before it, in float64', () => {
  const { graph, z } = normalized();
  const { graph: onnx, initializers } = graph.translate({ y: z });
  expect(onnx.node.map(({ opType, output }) => [opType, output])).toEqual([['Conv', ['y']]]);
  const weight = named(initializers, 'conv1.weight');
  expect(weight.dims).toEqual([5, 3, 3, 3]);
  const get = (name: string) => graph.arrays.get(name) as Float32Array;
  for (const [o, c, i, j] of [
    [0, 0, 0, 0],
    [4, 2, 1, 2],
    [3, 1, 2, 0],
  ]) {
    const scale = get('bn1.weight')[o] / Math.sqrt(get('bn1.running_var')[o] + reference.EPSILON);
    const value = get('conv1.weight')[((i * 3 + j) * 3 + c) * 5 + o] * scale;
    expect(weight.data[((o * 3 + c) * 3 + i) * 3 + j]).toBe(Math.fround(value));
    const shift = get('bn1.bias')[o] - get('bn1.running_mean')[o] * scale;
    expect(named(initializers, 'conv1.bias').data[o]).toBe(Math.fround(shift));
  }
});

test('a convolution whose output others use keeps its own weights', () => {
  const { graph, y, z } = normalized();
  const sum = graph.run('AddV2', [y, z], [2, 4, 4, 5]);
  const { graph: onnx, initializers } = graph.translate({ sum });
  expect(onnx.node.map(({ opType }) => opType)).toEqual(['Conv', 'BatchNormalization', 'Add']);
  expect(named(initializers, 'conv1.weight').data[0]).toBe(
    (graph.arrays.get('conv1.weight') as Float32Array)[0],
  );
  const both = graph.translate({ y, z });
  expect(both.graph.node.map(({ opType, output }) => [opType, output[0]])).toEqual([
    ['Conv', 'y'],
    ['BatchNormalization', 'z'],
  ]);
});

test('what no output needs is left out, and one value may have two names', () => {
  const { graph, x } = normalized();
  const a = graph.run('Relu', [x], [2, 4, 4, 3]);
  const { graph: onnx } = graph.translate({ a, b: a, c: x });
  expect(onnx.node.map(({ opType, input, output }) => [opType, ...input, ...output])).toEqual([
    ['Relu', 'input', 'a'],
    ['Identity', 'a', 'b'],
    ['Identity', 'input', 'c'],
  ]);
});

test('TensorFlow’s SAME pads the far side more', () => {
  const graph = new Graph();
  const x = graph.input('input', [2, 8, 7, 1]);
  const w = graph.parameter('w', [3, 3, 1, 1], draw(9, 0));
  const strided = [attribute.int('strides', [1, 2, 2, 1]), ...CONV.slice(1)];
  const y = graph.run('Conv2D', [x, w], [2, 4, 4, 1], strided);
  const [node] = graph.translate({ y }).graph.node;
  expect(node.attribute.find(({ name }) => name === 'pads')?.ints).toEqual([0, 1, 1, 1]);
});

test('an operation without a translation is an error that names it', () => {
  const graph = new Graph();
  const y = graph.run('Einsum', [graph.input('input', [2, 3])], [2, 3]);
  expect(() => graph.translate({ y })).toThrow(
    expect.objectContaining({
      code: 'SVP_E_OPTION',
      message: expect.stringMatching(/Einsum.*Known:.*Conv2D/),
    }),
  );
});

test('batch norm with the statistics of the batch is refused', () => {
  const { graph, x } = normalized();
  const training = [attribute.float('epsilon', 1e-5), attribute.bool('is_training', true)];
  const y = graph.run('FusedBatchNormV3', [x, x, x, x, x], [2, 4, 4, 3], training);
  expect(() => graph.translate({ y })).toThrow(/FusedBatchNormV3/);
});
