// From files to batches: JPEG photographs, CIFAR's augmentation, reviews as character codes; against torchvision and Python.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePhotos } from '../inputs/make-photos.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const PHOTOGRAPHS = 256;
const CIFAR = 12_800;
const REVIEW_BYTES = 30e6;
const REPETITIONS = 5;
/** Normalised values: torchvision divides and subtracts in float32, this package rounds once. */
const TOLERANCE = 1e-6;

const KINDS = {
  jpeg: {
    title: 'JPEG photographs, 500 × 375, to 3 × 224 × 224: processor time an image, ms',
    input: 'photographs',
  },
  jpeg2: { title: 'The same with two threads: time an image, ms', input: 'photographs' },
  cifar: { title: 'CIFAR, random crop and flip: time a batch of 128, ms', input: 'cifar.bin' },
  reviews: {
    title: `Reviews, ${REVIEW_BYTES / 1e6} MB of CSV, to 1,014 codes each: time for the file, ms`,
    input: 'reviews.csv',
  },
};

const RIVALS = {
  jpeg: 'torchvision (Pillow; Resize, CenterCrop, ToTensor, Normalize)',
  jpeg2: 'torchvision, DataLoader with two workers',
  cifar: 'torchvision (RandomCrop, RandomHorizontalFlip, ToTensor, Normalize)',
  reviews: 'Python (csv, translate, NumPy)',
};

const ours = (kind) => ({
  id: `${kind}/svp`,
  group: kind,
  label: 'this package',
  command: ({ folder }) => ({
    command: process.execPath,
    args: [path.join(here, 'data-trial.mjs'), kind, path.join(folder, KINDS[kind].input), REPETITIONS],
  }),
});

const rival = (kind) => ({
  id: `${kind}/python`,
  group: kind,
  label: RIVALS[kind],
  peer: 'data',
  command: ({ folder, python }) => ({
    command: python,
    args: [path.join(here, '../peers/data.py'), kind, path.join(folder, KINDS[kind].input), REPETITIONS],
  }),
});

let state = 1;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 8) / 2 ** 24;
}

function reviews() {
  const words = Array.from({ length: 20_000 }, () =>
    Array.from(
      { length: 1 + 9 * random() },
      () => 'etaoinshrdlucmfwypvbgkjqxz'[Math.floor(26 * random() * random())],
    ).join(''),
  );
  const text = (n) =>
    Array.from({ length: n }, () => words[Math.floor(words.length * random() ** 2)]).join(' ');
  const lines = [];
  for (let bytes = 0, i = 0; bytes < REVIEW_BYTES; i++) {
    const body = `${text(20 + 110 * random())}. ""Well"", it's £9!${i % 5 === 0 ? '\\n' : ''} ${text(9)}`;
    const line = `"${(i % 5) + 1}","${text(5)}","${body}"\n`;
    bytes += line.length;
    lines.push(line);
  }
  return lines.join('');
}

/** The step of each case's model in ms and its batch, from the last run of the training bench. */
function models() {
  const { subjects } = JSON.parse(readFileSync(path.join(here, '../results/training.json'), 'utf8'));
  const step = (id) => subjects.find((subject) => subject.id === id)?.median;
  return [
    { kind: 'cifar', model: 'preact20', batch: 128, step: step('preact20/svp') },
    { kind: 'jpeg2', model: 'ResNet18', batch: 16, step: step('resnet18/svp') },
    { kind: 'reviews', model: 'VDCNN9', batch: 64, step: step('vdcnn9/svp') },
  ].filter((model) => model.step !== undefined);
}

export default {
  title: 'Files to batches',
  unit: 'ms',
  trials: 3,
  groups: Object.fromEntries(Object.entries(KINDS).map(([kind, { title }]) => [kind, title])),
  subjects: Object.keys(KINDS).flatMap((kind) => [ours(kind), rival(kind)]),

  async prepare(folder) {
    await makePhotos(path.join(folder, 'photographs'), PHOTOGRAPHS);
    writeFileSync(
      path.join(folder, 'cifar.bin'),
      Buffer.from(Array.from({ length: CIFAR * 3072 }, () => 256 * random())),
    );
    writeFileSync(path.join(folder, 'reviews.csv'), reviews());
  },

  /** The times count only for equal values; what is random is not compared. */
  verify(outputs) {
    for (const { subject, output } of outputs) {
      const reference = outputs.find((other) => other.subject.group === subject.group).output;
      reference.sample.forEach((value, i) => {
        if (!(Math.abs(output.sample[i] - value) <= TOLERANCE * Math.max(1, Math.abs(value)))) {
          throw new Error(`${subject.id}: value ${i} of the sample is ${output.sample[i]}, not ${value}.`);
        }
      });
    }
  },

  notes(outputs) {
    const best = (kind) => {
      const times = outputs
        .filter(({ subject }) => subject.id === `${kind}/svp`)
        .flatMap(({ output }) => output.milliseconds);
      return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    };
    const texts = REVIEW_BYTES / 560;
    const perSecond = {
      cifar: 128_000 / best('cifar'),
      jpeg2: 1000 / best('jpeg2'),
      reviews: (1000 * texts) / best('reviews'),
    };
    return [
      `A trial is ${REPETITIONS} passes in a fresh process after one to warm up. ${PHOTOGRAPHS} synthetic photographs; the ` +
        'last image is compared with torchvision’s (within 0.000001), and the sum of the first 16 codes of every review.',
      ...models().map(
        ({ kind, model, batch, step }) =>
          `${model} trains on ${Math.round((1000 * batch) / step)} examples a second here; they are prepared at ${Math.round(perSecond[kind])}, ${Math.round((perSecond[kind] * step) / (1000 * batch))} times that.`,
      ),
      `Versions: ${[...new Set(outputs.map(({ output }) => output.version).filter(Boolean))].join(', ')}.`,
    ];
  },
};
