import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutputName, Outputs } from '../../../src/models/model';
import { OnnxScorer, type OnnxScorerOptions } from '../../../src/scoring/onnx-scorer';
import type { ScorerBatch } from '../../../src/scoring/scorer';
import {
  type ClassifierOptions,
  classifier,
  classify,
  external,
  model,
  node,
  value,
  whole,
} from '../../reference/onnx-model';

const folder = mkdtempSync(join(tmpdir(), 'svp-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function file(bytes: Uint8Array): string {
  const path = join(folder, `m${files++}.onnx`);
  writeFileSync(path, bytes);
  return path;
}

const scorers: OnnxScorer[] = [];
afterEach(async () => {
  for (const scorer of scorers.splice(0)) await scorer.close();
});
async function open(
  options: ClassifierOptions | Uint8Array,
  more: OnnxScorerOptions = {},
): Promise<OnnxScorer> {
  const bytes = options instanceof Uint8Array ? options : classifier(options);
  const scorer = await OnnxScorer.open(file(bytes), { threads: 1, ...more });
  scorers.push(scorer);
  return scorer;
}
/** The outputs themselves: what is lent is copied. */
const scored = (scorer: OnnxScorer, batch: ScorerBatch, outputs: OutputName[]): Promise<Outputs> =>
  scorer.score(batch, outputs, (lent) =>
    Object.fromEntries(Object.entries(lent).map(([name, values]) => [name, values.slice()])),
  );
const items = (count: number, length: number) =>
  Float32Array.from({ length: count * length }, (_, i) => Math.sin(i * 1.7));

function expectRows(given: Float32Array | undefined, expected: number[][]): void {
  const columns = expected[0].length;
  expect(given).toHaveLength(expected.length * columns);
  expected.flat().forEach((number, i) => {
    expect(Math.abs(given![i] - number)).toBeLessThan(1e-5);
  });
}

test('a model gives what it computes, with its own names and shapes', async () => {
  const scorer = await open({ shape: [3, 2, 2] });
  expect(scorer).toMatchObject({
    classes: 5,
    featureSize: 8,
    provider: 'cpu',
    input: { name: 'input', shape: [3, 2, 2], dtype: 'float32', layout: 'nchw' },
  });
  expect(scorer.runtime).toMatch(/^ONNX Runtime \d+\.\d+/);
  expect(scorer.providerReason).not.toBe('');
  const values = items(7, 12);
  const expected = Array.from({ length: 7 }, (_, i) => classify(values.slice(i * 12, (i + 1) * 12)));
  const given = await scored(scorer, { size: 7, itemShape: [3, 2, 2], values }, ['logits', 'features']);
  expectRows(
    given.logits,
    expected.map(({ logits }) => logits),
  );
  expectRows(
    given.features,
    expected.map(({ features }) => features),
  );
});

test('answers come in order, however many batches wait; only what was asked for comes', async () => {
  const scorer = await open({ shape: [4] });
  const batches = Array.from({ length: 20 }, (_, i) => items(3 + (i % 4), 4));
  const order: number[] = [];
  const answers = await Promise.all(
    batches.map(async (values, i) => {
      const given = await scored(
        scorer,
        { size: values.length / 4, itemShape: [4], values: values.slice() },
        ['logits'],
      );
      order.push(i);
      return given;
    }),
  );
  expect(order).toEqual(batches.map((_, i) => i));
  answers.forEach(({ logits, features }, i) => {
    expect(features).toBeUndefined();
    expectRows(
      logits,
      Array.from(
        { length: batches[i].length / 4 },
        (_, row) => classify(batches[i].slice(row * 4, row * 4 + 4)).logits,
      ),
    );
  });
});

test('R9: views with an offset and shared memory give the same, and are not taken away', async () => {
  const scorer = await open({ shape: [4] });
  const plain = items(3, 4);
  const { logits: expected } = await scored(scorer, { size: 3, itemShape: [4], values: plain.slice() }, [
    'logits',
  ]);
  const large = new Float32Array(20);
  large.set(plain, 5);
  const shared = new Float32Array(new SharedArrayBuffer(20 * 4), 8, 12);
  shared.set(plain);
  for (const values of [large.subarray(5, 17), shared]) {
    const { logits } = await scored(scorer, { size: 3, itemShape: [4], values }, ['logits']);
    expect(logits).toEqual(expected);
    expect(values).toEqual(plain);
  }
});

test.each(['float16', 'float64', 'int32', 'int64', 'uint8'] as const)(
  'an input of %s gets its type',
  async (type) => {
    const scorer = await open({ shape: [4], type });
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const { logits } = await scored(scorer, { size: 2, itemShape: [4], values: bytes }, ['logits']);
    expectRows(logits, [classify([1, 2, 3, 4]).logits, classify([5, 6, 7, 8]).logits]);
    if (type === 'int64') {
      const values = BigInt64Array.of(1n, 2n, 3n, 4n);
      expectRows((await scored(scorer, { size: 1, itemShape: [4], values }, ['logits'])).logits, [
        classify([1, 2, 3, 4]).logits,
      ]);
    }
  },
);

test('a model of one batch size gets every batch, cut up and filled up', async () => {
  const scorer = await open({ shape: [4], batch: 4 });
  expect(scorer.fixedBatch).toBe(4);
  for (const size of [1, 4, 10]) {
    const values = items(size, 4);
    const { logits } = await scored(scorer, { size, itemShape: [4], values: values.slice() }, ['logits']);
    expectRows(
      logits,
      Array.from({ length: size }, (_, i) => classify(values.slice(i * 4, i * 4 + 4)).logits),
    );
  }
});

test('columns that the file leaves open are found by a trial', async () => {
  const bytes = model({
    nodes: [node('Abs', ['x'], ['y'])],
    inputs: [value('x', 'float32', ['n', 'd'])],
    outputs: [value('y', 'float32', ['n', 'd'])],
    weights: [],
  });
  const scorer = await open(bytes);
  expect(scorer.classes).toBeUndefined();
  await scorer.prepare([6], ['logits']);
  expect(scorer.classes).toBe(6);
});

test('weights in a file beside the model are found', async () => {
  const bytes = classifier({
    shape: [4],
    external: (name, data) => {
      writeFileSync(join(folder, `${name}.data`), data);
      return external(`${name}.data`, data.byteLength);
    },
  });
  const scorer = await open(bytes);
  expect(scorer.externalFiles).toEqual([join(folder, 'w.data')]);
  const values = items(1, 4);
  expectRows((await scored(scorer, { size: 1, itemShape: [4], values: values.slice() }, ['logits'])).logits, [
    classify(values).logits,
  ]);
});

describe('the input configuration', () => {
  test('names outputs that are called otherwise', async () => {
    const names = { logits: 'scores', features: 'pooled' };
    const values = items(1, 4);
    const scorer = await open({ shape: [4], names }, { config: { outputs: { logits: 'scores' } } });
    expectRows(
      (await scored(scorer, { size: 1, itemShape: [4], values: values.slice() }, ['logits'])).logits,
      [classify(values).logits],
    );
    const other = await open({ shape: [4], names });
    await expect(other.prepare([4], ['features'])).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
      message: expect.stringMatching(/scores \(float32: batch × 5\), pooled \(float32: batch × 8\)/),
    });
  });

  test('gives open sizes, layout, mean and std; metadata comes next', async () => {
    const open3 = { shape: [3, 'h', 'w'], length: 12 };
    const metadata = { 'svp.layout': 'nchw', 'svp.mean': '0.1,0.2,0.3', 'svp.std': '1,2,4' };
    const said = await open({ ...open3, metadata });
    expect(said.input).toMatchObject({ shape: [3, 'h', 'w'], mean: [0.1, 0.2, 0.3], std: [1, 2, 4] });
    const given = await open({ ...open3, metadata }, { config: { size: [2, 2], mean: 0.5, scale: 1 } });
    expect(given.input).toMatchObject({ shape: [3, 2, 2], mean: [0.5, 0.5, 0.5], std: [1, 2, 4], scale: 1 });
    const last = await open({ shape: [2, 2, 3] });
    expect(last.input.layout).toBe('nhwc');
  });

  test.each([
    ['an input that is not there', { input: 'images' }, 'SVP_E_OPTION'],
    ['an output that is not there', { outputs: { logits: 'y' } }, 'SVP_E_OPTION'],
    ['another size than the model’s', { size: 3 }, 'SVP_E_OPTION'],
    ['a mean of other channels', { mean: [0, 0] }, 'SVP_E_OPTION'],
  ])('refuses %s', async (_, config, code) => {
    await expect(open({ shape: [3, 2, 2] }, { config })).rejects.toMatchObject({ code });
  });

  test('has no size for a model that takes no images', async () => {
    await expect(open({ shape: [4] }, { config: { size: 4 } })).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
    });
  });
});

describe('errors', () => {
  test('keep what ONNX Runtime says', async () => {
    const unknown = model({
      nodes: [node('NoSuchOperation', ['x'], ['y'])],
      inputs: [value('x', 'float32', ['n', 4])],
      outputs: [value('y', 'float32', ['n', 4])],
      weights: [],
    });
    await expect(open(unknown)).rejects.toMatchObject({
      code: 'SVP_E_FORMAT',
      message: expect.stringContaining('NoSuchOperation'),
    });
    const scorer = await open({ shape: [4] });
    await expect(
      scored(scorer, { size: 2, itemShape: [5], values: items(2, 5) }, ['logits']),
    ).rejects.toMatchObject({ code: 'SVP_E_SHAPE', message: expect.stringContaining('ONNX Runtime says') });
    // It goes on working.
    await scored(scorer, { size: 1, itemShape: [4], values: items(1, 4) }, ['logits']);
  });

  test('two inputs, an output without rows, and an output of whole numbers', async () => {
    const two = model({
      nodes: [node('Add', ['a', 'b'], ['logits'])],
      inputs: [value('a', 'float32', ['n', 4]), value('b', 'float32', ['n', 4])],
      outputs: [value('logits', 'float32', ['n', 4])],
      weights: [],
    });
    await expect(open(two)).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
      message: expect.stringMatching(/2 inputs: a .* b /),
    });
    const sum = model({
      nodes: [node('ReduceSum', ['x'], ['logits'], [whole('keepdims', 0)])],
      inputs: [value('x', 'float32', ['n', 4])],
      outputs: [value('logits', 'float32', [])],
      weights: [],
    });
    await expect((await open(sum)).prepare([4], ['logits'])).rejects.toMatchObject({ code: 'SVP_E_SHAPE' });
    const shape = model({
      nodes: [node('Abs', ['x'], ['logits'])],
      inputs: [value('x', 'int64', ['n', 4])],
      outputs: [value('logits', 'int64', ['n', 4])],
      weights: [],
    });
    const scorer = await open(shape);
    await expect(
      scored(scorer, { size: 1, itemShape: [4], values: new BigInt64Array(4) }, ['logits']),
    ).rejects.toMatchObject({
      code: 'SVP_E_SHAPE',
      message: expect.stringContaining('does not hold floats'),
    });
  });

  test('cuda where there is none is SVP_E_DEVICE, with the reason', async () => {
    const attempt = open({ shape: [4] }, { device: 'cuda' });
    // Where the provider is installed and works, there is nothing to refuse.
    const outcome = await attempt.then(
      (scorer) => scorer.provider,
      (error) => error.code,
    );
    expect(['cuda', 'SVP_E_DEVICE']).toContain(outcome);
  });

  test('a closed model scores no more, and what it owed is told so', async () => {
    const scorer = await OnnxScorer.open(file(classifier({ shape: [512], features: 512, layers: 20 })));
    const owed = scored(scorer, { size: 64, itemShape: [512], values: items(64, 512) }, ['logits']);
    const told = expect(owed).rejects.toMatchObject({ code: 'SVP_E_ABORT' });
    await scorer.close();
    await told;
    const later = scored(scorer, { size: 1, itemShape: [512], values: items(1, 512) }, ['logits']);
    await expect(later).rejects.toMatchObject({ code: 'SVP_E_ABORT' });
  });

  test('a signal that has fired ends the opening', async () => {
    await expect(open({ shape: [4] }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'SVP_E_ABORT',
    });
  });
});
