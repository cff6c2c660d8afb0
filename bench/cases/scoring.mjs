// Scoring passes: ONNX models over arrays in memory against Python's onnxruntime, over folders of JPEG files against torchvision's
// DataLoader with onnxruntime, and the memory of a pass that keeps scores only.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePhotos } from '../inputs/make-photos.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const THREADS = 2;
const ITEMS = 2048;
const SIDE = 32;
const BATCH = 64;
const PHOTOS = 384;
/** The model of full width takes its time. */
const FEW_PHOTOS = 96;
const PHOTO_BATCH = 32;
/** Of the answers: float32 models, and the same pixels. */
const TOLERANCE = 2e-3;
const VALUES = 64;
/** Rows and classes of the passes that keep scores only. */
const PASSES = { small: [10_000, 10], long: [1_000_000, 10], wide: [100_000, 10_000] };

const inFolder = (folder, ...names) => path.join(folder, ...names);
const trial = (...args) => ({
  command: process.execPath,
  args: [path.join(here, 'scoring-trial.mjs'), ...args],
});
const python = (executable, ...args) => ({
  command: executable,
  args: [path.join(here, '../peers/scoring.py'), ...args],
  env: { OMP_NUM_THREADS: String(THREADS) },
});
const memoryArguments = (folder) => [
  inFolder(folder, 'memory.onnx'),
  inFolder(folder, 'memory.bin'),
  ITEMS,
  3 * SIDE * SIDE,
  BATCH,
  THREADS,
];
const photoArguments = (folder, model) => [
  inFolder(folder, `${model}.onnx`),
  inFolder(folder, model === 'light' ? 'photos' : 'few-photos'),
  PHOTO_BATCH,
  THREADS,
];

const photoSubjects = ['light', 'resnet18'].flatMap((model) => [
  {
    id: `${model}/svp`,
    group: model,
    label: 'this package',
    command: ({ folder }) => trial('photos', ...photoArguments(folder, model)),
  },
  {
    id: `${model}/torchvision`,
    group: model,
    label: 'torchvision DataLoader (2 workers) + onnxruntime',
    peer: 'scoring',
    command: ({ folder, python: executable }) =>
      python(executable, 'photos', ...photoArguments(folder, model)),
  },
]);

export default {
  title: 'Scoring passes',
  unit: 'ms',
  record: ({ sampled, ...rest }) => rest,
  trials: 3,
  groups: {
    memory: `ONNX in memory: preact20 over ${ITEMS.toLocaleString('en')} images of 3 × ${SIDE} × ${SIDE} float32, batches of ${BATCH}, ${THREADS} threads`,
    light: `${PHOTOS} JPEG files of 500 × 375: scaled to 256, cut to 224; ResNet18 of width 16 (a proxy)`,
    resnet18: `${FEW_PHOTOS} of them through a ResNet18 of full width`,
    scores: 'Entropy only, written to files as it comes: rows × classes',
  },
  subjects: [
    {
      id: 'memory/svp',
      group: 'memory',
      label: 'this package',
      command: ({ folder }) => trial('memory', ...memoryArguments(folder)),
    },
    {
      id: 'memory/onnxruntime',
      group: 'memory',
      label: 'Python onnxruntime',
      peer: 'scoring',
      command: ({ folder, python: executable }) => python(executable, 'memory', ...memoryArguments(folder)),
    },
    ...photoSubjects,
    ...Object.entries(PASSES).map(([name, [rows, classes]]) => ({
      id: `scores/${name}`,
      group: 'scores',
      label: `${rows.toLocaleString('en')} × ${classes.toLocaleString('en')}`,
      command: ({ folder }) =>
        trial(
          'scores',
          inFolder(folder, `linear-${classes}.onnx`),
          inFolder(folder, `pool-${rows}.npy`),
          inFolder(folder, `scores-${name}`),
          THREADS,
        ),
    })),
  ],

  async prepare(folder) {
    const { createModel, exportOnnx, writeNpy } = require('../../dist/index.js');
    const { Random } = require('../../dist/core/random.js');
    const normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    for (const [name, arch, options] of [
      ['memory', 'preact20', { inputShape: [SIDE, SIDE, 3], classes: 10 }],
      ['light', 'resnet18', { inputShape: [224, 224, 3], classes: 1000, width: 16 }],
      ['resnet18', 'resnet18', { inputShape: [224, 224, 3], classes: 1000 }],
    ]) {
      const model = createModel(arch, { ...options, seed: 3 });
      await exportOnnx(model, inFolder(folder, `${name}.onnx`), { normalization });
      model.dispose();
    }
    const random = new Random(5);
    const values = Float32Array.from({ length: ITEMS * 3 * SIDE * SIDE }, () => random.normal());
    writeFileSync(inFolder(folder, 'memory.bin'), values);
    await makePhotos(inFolder(folder, 'photos'), PHOTOS);
    await makePhotos(inFolder(folder, 'few-photos'), FEW_PHOTOS);
    for (const [rows, classes] of Object.values(PASSES)) {
      writeFileSync(inFolder(folder, `linear-${classes}.onnx`), linearModel(classes));
      const file = inFolder(folder, `pool-${rows}.npy`);
      const data = new Float32Array(rows * VALUES);
      for (let i = 0; i < data.length; i++) data[i] = ((i * 2654435761) % 65536) / 32768 - 1;
      await writeNpy(file, data, [rows, VALUES]);
    }
    for (const name of Object.keys(PASSES)) mkdirSync(inFolder(folder, `scores-${name}`));
  },

  /** The times count only for equal answers. */
  verify(outputs) {
    for (const group of ['memory', 'light', 'resnet18']) {
      const [reference, ...others] = outputs.filter(({ subject }) => subject.group === group);
      for (const { subject, output } of reference ? others : []) {
        output.sampled.forEach((value, i) => {
          const expected = reference.output.sampled[i];
          if (!(Math.abs(value - expected) <= TOLERANCE * Math.max(1, Math.abs(expected)))) {
            throw new Error(
              `${subject.id}: answer ${i} is ${value}, ${reference.subject.id} has ${expected}.`,
            );
          }
        });
      }
    }
  },

  notes(outputs) {
    const peak = (id) => {
      const found = outputs.filter(({ subject }) => subject.id === id).map(({ output }) => output.peakMiB);
      return found.length > 0
        ? `${Math.max(...found.map(([own]) => own)).toFixed(0)} + ${Math.max(...found.map(([, child]) => child)).toFixed(0)}`
        : 'not run';
    };
    const memory = Object.entries(PASSES)
      .map(
        ([name, [rows, classes]]) =>
          `${rows.toLocaleString('en')} × ${classes.toLocaleString('en')}: ${peak(`scores/${name}`)} MiB`,
      )
      .join('; ');
    return [
      `Models with random weights, exported by \`exportOnnx\`. Times are of the pass, with the model loaded; the answers are compared (within ${TOLERANCE}). ` +
        'With full width the model takes nearly all of the time, whoever decodes.',
      `Peak memory of the passes that keep scores only (this process + the one that runs the model): ${memory}. ` +
        `The logits of the last would take ${((100_000 * 10_000 * 4) / 2 ** 30).toFixed(1)} GiB.`,
      `Versions: ${[...new Set(outputs.map(({ output }) => output.version).filter(Boolean))].join(', ')}.`,
    ];
  },
};

/** logits = x · W, with W from a hash, as an ONNX model. */
function linearModel(classes) {
  const { encodeModel, ONNX_TYPE } = require('../../dist/models/onnx/schema.js');
  const weights = new Float32Array(VALUES * classes);
  for (let i = 0; i < weights.length; i++) weights[i] = ((i * 40503) % 65536) / 65536 - 0.5;
  const value = (name, columns) => ({
    name,
    type: {
      tensorType: {
        elemType: ONNX_TYPE.float32,
        shape: { dim: [{ dimParam: 'batch' }, { dimValue: columns }] },
      },
    },
  });
  return encodeModel({
    irVersion: 8,
    producerName: 'bench',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: [],
    graph: {
      name: 'linear',
      node: [{ input: ['x', 'w'], output: ['logits'], name: 'product', opType: 'MatMul', attribute: [] }],
      initializer: [
        {
          dims: [VALUES, classes],
          dataType: ONNX_TYPE.float32,
          name: 'w',
          rawData: new Uint8Array(weights.buffer),
        },
      ],
      input: [value('x', VALUES)],
      output: [value('logits', classes)],
    },
  });
}
