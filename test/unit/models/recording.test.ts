import { attribute, type Handle, kernels } from '../../../src/models/kernels';
import { relu, reluGradient } from '../../../src/models/ops/relu';
import { Pass } from '../../../src/models/pass';
import { type RecordedGraph, RecordingKernels } from '../../../src/models/recording';
import { createModel } from '../../../src/models/registry';
import { describeWithTensorFlow } from '../../reference/with-tensorflow';

/** Runs a recorded graph again, with other inputs. */
function replay(graph: RecordedGraph, given: ReadonlyMap<string, Handle>): Map<string, Float32Array> {
  const base = kernels();
  const tensors: (Handle | undefined)[] = graph.values.map(({ kind, name, data, shape }) => {
    if (kind === 'result') return undefined;
    if (kind !== 'constant') return given.get(name as string);
    return data instanceof Int32Array ? base.int(data, shape) : base.float(data as Float32Array, shape);
  });
  for (const { op, attributes, inputs, outputs } of graph.nodes) {
    const made = base.run(
      op,
      attributes,
      inputs.map((id) => tensors[id] as Handle),
      outputs.length,
    );
    outputs.forEach((id, i) => {
      tensors[id] = made[i];
    });
  }
  return new Map([...graph.outputs].map(([name, id]) => [name, base.read(tensors[id] as Handle)]));
}

describeWithTensorFlow('recording kernels', () => {
  const FLOAT = [attribute.float32()];

  test('run what they record, and record gradients too', () => {
    const recorder = new RecordingKernels(kernels());
    const pass = new Pass(recorder, true, []);
    const x = pass.adopt(recorder.float(Float32Array.of(-1, 2), [2]));
    const y = relu(pass, x);
    const dx = reluGradient(pass, y, y);
    const tripled = pass.one('Mul', FLOAT, [dx, recorder.scalar(3)]);
    recorder.declare(x, 'input', 'x');
    recorder.output('tripled', tripled);
    expect(recorder.read(y)).toEqual(Float32Array.of(0, 2));

    const { nodes, values, outputs } = recorder.graph();
    expect(nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
      ['Relu', [0], [1]],
      ['ReluGrad', [1, 1], [2]],
      ['Mul', [2, 3], [4]],
    ]);
    expect(values[0]).toEqual({ id: 0, kind: 'input', name: 'x', shape: [2], dtype: 1 });
    expect(values[3]).toMatchObject({ kind: 'constant', shape: [], data: Float32Array.of(3) });
    expect(values[4]).toMatchObject({ kind: 'result', node: 2, output: 0 });
    expect([...outputs]).toEqual([['tripled', 4]]);
    pass.close();
  });

  test('take a tensor that was made elsewhere as a constant, and know freed ones', () => {
    const recorder = new RecordingKernels(kernels());
    const outside = kernels().float(Float32Array.of(4, -5), [2]);
    const [first] = recorder.run('Relu', FLOAT, [outside], 1);
    kernels().free(outside);
    const [second] = recorder.run('Relu', FLOAT, [first], 1);
    recorder.free(first);
    recorder.output('second', second);
    recorder.free(second);
    const graph = recorder.graph();
    expect(graph.values[0]).toMatchObject({ kind: 'constant', data: Float32Array.of(4, -5) });
    expect(graph.nodes[1].inputs).toEqual(graph.nodes[0].outputs);
    expect(replay(graph, new Map()).get('second')).toEqual(Float32Array.of(4, 0));
  });

  test('do not keep the memory of a constant: its array may change afterwards', () => {
    const recorder = new RecordingKernels(kernels());
    const data = Int32Array.of(1, 2);
    const tensor = recorder.int(data, [2]);
    recorder.free(tensor);
    data.fill(0);
    expect(recorder.graph().values[0].data).toEqual(Int32Array.of(1, 2));
  });

  test('a model’s inference gives the same when it is replayed from its record', () => {
    const model = createModel('preact8', { inputShape: [8, 8, 3], classes: 4, width: 2, seed: 1 });
    const graph = model.recordInference(2);
    const { live } = kernels();
    model.recordInference(2);
    expect(kernels().live).toBe(live);
    const names = graph.values.filter(({ kind }) => kind === 'parameter').map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(model.weights().map(({ name }) => name)));
    expect(graph.nodes.every(({ op }) => !op.startsWith('_'))).toBe(true);

    const images = Float32Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => Math.sin(i));
    const given = new Map(
      model.weights().map(({ name, shape, data }) => [name, kernels().float(data, shape)]),
    );
    given.set('input', kernels().float(images, [2, 8, 8, 3]));
    const outputs = replay(graph, given);
    const expected = model.infer(images, 2, ['logits', 'features']);
    for (const name of ['logits', 'features'] as const) {
      const [a, b] = [outputs.get(name) as Float32Array, expected[name] as Float32Array];
      expect(a).toHaveLength(b.length);
      for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i], 5);
    }
    model.dispose();
  });
});
