import { promises as fs } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Random } from '../../src/core/random';
import { exportOnnx } from '../../src/experiments/export-onnx';
import type { Model } from '../../src/models/model';
import { decodeModel } from '../../src/models/onnx/schema';
import { createModel } from '../../src/models/registry';
import { saveCheckpoint } from '../../src/training/checkpoint';
import { channelsFirst, runOnnx } from '../reference/onnx-session';
import { describeWithTensorFlow } from '../reference/with-tensorflow';

/** The same numbers from TensorFlow and from ONNX Runtime. */
describeWithTensorFlow('exported models', () => {
  let folder: string;
  const random = new Random(3);
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-onnx-'));
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));

  /** Weights as after a training: scales, shifts and running statistics off their start. */
  function perturb(model: Model): void {
    const weights = model.weights();
    for (const { name, data } of weights) {
      if (!/bn|norm|downsample\.1/.test(name)) continue;
      for (let i = 0; i < data.length; i++) {
        data[i] = /running_var|weight/.test(name) ? 0.5 + random.uniform() : 0.3 * random.normal();
      }
    }
    model.setWeights(weights);
  }

  async function compare(model: Model, file: string, batch: number, layout = 'nchw'): Promise<void> {
    const dims = [batch, ...model.inputShape];
    const count = dims.reduce((a, b) => a * b);
    const { input } = model;
    const values =
      input.kind === 'image'
        ? Float32Array.from({ length: count }, () => random.normal())
        : Int32Array.from({ length: count }, () => random.below(input.symbols));
    const expected = model.infer(values, batch, ['logits', 'features']);
    const [, height, width, channels] = dims;
    const given =
      input.kind === 'image' && layout === 'nchw'
        ? { dims: [batch, channels, height, width], data: channelsFirst(values as Float32Array, dims) }
        : { dims, data: values };
    const outputs = await runOnnx(file, given);
    expect(Object.keys(outputs).sort()).toEqual(['features', 'logits']);
    expect(outputs.logits.dims).toEqual([batch, model.classes]);
    expect(outputs.features.dims).toEqual([batch, model.featureSize]);
    for (const name of ['logits', 'features'] as const) {
      const [a, b] = [outputs[name].data, expected[name] as Float32Array];
      const scale = Math.max(1, ...b.map(Math.abs));
      let worst = 0;
      for (let i = 0; i < b.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
      expect(worst).toBeLessThanOrEqual(1e-4 * scale);
      // Not all alike, or the comparison would say nothing.
      expect(Math.max(...b) - Math.min(...b)).toBeGreaterThan(1e-3);
    }
  }

  const open = (arch: string, inputShape: [number, number, number], width?: number) => {
    const model = createModel(arch, { inputShape, classes: 5, seed: 4, ...(width && { width }) });
    perturb(model);
    return model;
  };

  test.each([
    ['preact8', [32, 32, 3], undefined],
    ['preact20', [32, 32, 3], undefined],
    ['preact14', [11, 17, 1], 3],
    ['preact11-bottleneck', [9, 14, 2], 4],
    ['preact164', [8, 8, 3], 4],
  ] as [string, [number, number, number], number?][])('%s %j gives the same', async (arch, shape, width) => {
    const model = open(arch, shape, width);
    const file = path.join(folder, `${arch}.onnx`);
    const result = await exportOnnx(model, file);
    expect(result).toEqual({ file, bytes: (await fs.stat(file)).size });
    await compare(model, file, 1);
    await compare(model, file, 7);
    model.dispose();
  });

  test.each([
    ['resnet20', [32, 32, 3], undefined],
    ['resnet14', [9, 13, 2], 3],
    ['wrn-10-2', [11, 8, 3], 3],
    ['resnet18', [64, 64, 3], undefined],
    ['resnet18', [45, 37, 1], 5],
    ['resnet50', [33, 40, 3], 4],
  ] as [string, [number, number, number], number?][])('%s %j gives the same', async (arch, shape, width) => {
    const model = open(arch, shape, width);
    const file = path.join(folder, `${arch}-${shape.join('-')}.onnx`);
    await exportOnnx(model, file);
    await compare(model, file, 1);
    await compare(model, file, 7);
    model.dispose();
  });

  test.each([
    ['vdcnn9-maxpool', 1014, 16],
    ['vdcnn9-conv', 101, 3],
    ['vdcnn9-kmaxpool', 101, 3],
    ['vdcnn17-maxpool-shortcut', 77, 2],
    ['vdcnn9-conv-shortcut', 64, 2],
    ['vdcnn17-kmaxpool-shortcut', 90, 2],
  ])('%s of %i characters gives the same', async (arch, length, width) => {
    const input = { kind: 'text' as const, length, symbols: 69 };
    const model = createModel(arch, { input, classes: 5, width, seed: 4 });
    perturb(model);
    const file = path.join(folder, `${arch}.onnx`);
    await exportOnnx(model, file);
    await compare(model, file, 1);
    await compare(model, file, 7);
    model.dispose();
  });

  test('the layout nhwc takes images as this package has them', async () => {
    const model = open('preact8', [9, 12, 3], 4);
    const file = path.join(folder, 'nhwc.onnx');
    await exportOnnx(model, file, { layout: 'nhwc' });
    await compare(model, file, 3, 'nhwc');
    model.dispose();
  });

  test.each([13, 17, 21])('opset %i', async (opset) => {
    const model = open('preact8', [8, 8, 1], 2);
    const file = path.join(folder, `opset${opset}.onnx`);
    await exportOnnx(model, file, { opset });
    await compare(model, file, 2);
    model.dispose();
  });

  test('weights in a file beside the model, which can be moved with it', async () => {
    const model = open('preact8', [8, 8, 3], 4);
    const file = path.join(folder, 'outside.onnx');
    const result = await exportOnnx(model, file, { externalData: true });
    expect(result.external).toBe(`${file}.data`);
    expect(result.bytes).toBe((await fs.stat(file)).size + (await fs.stat(`${file}.data`)).size);
    await compare(model, file, 2);
    const moved = await fs.mkdtemp(path.join(folder, 'moved-'));
    for (const name of ['outside.onnx', 'outside.onnx.data']) {
      await fs.rename(path.join(folder, name), path.join(moved, name));
    }
    await compare(model, path.join(moved, 'outside.onnx'), 2);
    model.dispose();
  });

  test('an odd path never becomes a place outside the folder', async () => {
    const model = open('preact8', [8, 8, 1], 1);
    await fs.mkdir(path.join(folder, 'a'), { recursive: true });
    const { external } = await exportOnnx(model, `${folder}/a/../m ö\\..\\x.onnx`, { externalData: true });
    expect(path.dirname(external as string)).toBe(folder);
    const proto = decodeModel(await fs.readFile(path.join(folder, 'm ö\\..\\x.onnx')));
    const locations = new Set(
      proto.graph.initializer.map(
        ({ externalData }) => externalData?.find(({ key }) => key === 'location')?.value,
      ),
    );
    expect([...locations]).toEqual(['m ö\\..\\x.onnx.data']);
    model.dispose();
  });

  test('the file is whole or not there, and a failed export leaves the old one', async () => {
    const model = open('preact8', [8, 8, 1], 1);
    const inside = await fs.mkdtemp(path.join(folder, 'full-'));
    const file = path.join(inside, 'm.onnx');
    await fs.mkdir(`${file}.data`);
    await expect(exportOnnx(model, file, { externalData: true })).rejects.toMatchObject({
      code: 'SVP_E_WRITE',
    });
    expect(await fs.readdir(inside)).toEqual(['m.onnx.data']);
    await expect(exportOnnx(model, path.join(inside, 'none', 'm.onnx'))).rejects.toMatchObject({
      code: 'SVP_E_WRITE',
    });
    model.dispose();
  });

  test('the file says what it takes', async () => {
    const model = open('preact8', [8, 10, 3], 2);
    const file = path.join(folder, 'described.onnx');
    await exportOnnx(model, file, {
      layout: 'nhwc',
      normalization: { mean: [0.5, 0.25, 0.125], std: [1, 2, 3] },
      classNames: ['a', 'b', 'c,d', 'e', 'é'],
    });
    const { metadataProps, irVersion, opsetImport, graph } = decodeModel(await fs.readFile(file));
    expect({ irVersion, opsetImport }).toEqual({
      irVersion: 8,
      opsetImport: [{ version: 17 }],
    });
    expect(Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]))).toEqual({
      'svp.arch': 'preact8',
      'svp.width': '2',
      'svp.classes': '5',
      'svp.feature_size': '8',
      'svp.input_kind': 'image',
      'svp.input_shape': '8,10,3',
      'svp.layout': 'nhwc',
      'svp.mean': '0.5,0.25,0.125',
      'svp.std': '1,2,3',
      'svp.class_names': '["a","b","c,d","e","é"]',
      'svp.version': expect.any(String),
    });
    const shapes = [...graph.input, ...graph.output].map(({ name, type }) => [
      name,
      type.tensorType.shape.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam),
    ]);
    expect(shapes).toEqual([
      ['input', ['batch', 8, 10, 3]],
      ['features', ['batch', 8]],
      ['logits', ['batch', 5]],
    ]);
    // Each name is given once, and used after it was given.
    const given = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
    for (const { input, output } of graph.node) {
      for (const name of input) expect(given).toContain(name);
      for (const name of output) {
        expect(given).not.toContain(name);
        given.add(name);
      }
    }
    model.dispose();
  });

  test('refuses what does not fit the model', async () => {
    const model = open('preact8', [8, 8, 3], 1);
    const file = path.join(folder, 'refused.onnx');
    const option = (name: string) => expect.objectContaining({ code: 'SVP_E_OPTION', option: name });
    await expect(exportOnnx(model, file, { normalization: { mean: [1], std: [1, 1, 1] } })).rejects.toEqual(
      option('normalization.mean'),
    );
    await expect(exportOnnx(model, file, { classNames: ['a'] })).rejects.toEqual(option('classNames'));
    await expect(exportOnnx(model, file, { opset: 5 })).rejects.toEqual(option('opset'));
    await expect(exportOnnx(model, file, { layot: 'nhwc' } as object)).rejects.toThrow(/layout/);
    await expect(exportOnnx('/does/not/exist', file)).rejects.toMatchObject({ code: 'SVP_E_FILE' });
    await expect(fs.access(file)).rejects.toThrow();
    model.dispose();
  });

  test('a checkpoint gives the logits of its model', async () => {
    const model = open('preact14', [10, 10, 3], 3);
    const checkpoint = path.join(folder, 'model.ckpt');
    await saveCheckpoint(checkpoint, model);
    const file = path.join(folder, 'checkpoint.onnx');
    await exportOnnx(checkpoint, file);
    await compare(model, file, 4);
    model.dispose();
  });
});
