// fastText, from the file to the trained model, against the original (fasttext on PyPI).
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeZipfText } from '../inputs/text.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const THREADS = 2;
const RATE = 0.25;
/** How far the accuracies may be from each other. */
const TOLERANCE = 0.003;

const CORPORA = {
  small: { title: '40,000 examples of 5 classes, 18 MB', examples: 40_000, classes: 5, epochs: 5 },
  large: { title: '250,000 examples of 5 classes, 112 MB', examples: 250_000, classes: 5, epochs: 5 },
  mails: { title: 'SpamAssassin: 4,837 mails, spam or not', epochs: 10 },
};
const TEST_EXAMPLES = 20_000;

let trials = 0;
const argumentsOf = (folder, corpus) => [
  path.join(folder, `${corpus}.train.txt`),
  path.join(folder, `${corpus}.test.txt`),
  ...[THREADS, CORPORA[corpus].epochs, RATE, trials++],
];

const subject = (corpus, rival) => ({
  id: `${corpus}/${rival ? 'fasttext' : 'svp'}`,
  group: corpus,
  label: rival ? 'fastText (Facebook, C++)' : 'this package, forgetting events included',
  ...(rival && { peer: 'fasttext' }),
  command: ({ folder, python }) => ({
    command: rival ? python : process.execPath,
    args: [
      // Isolated: else `import fasttext` would find the script of that name in its own folder.
      ...(rival ? ['-I'] : []),
      path.join(here, rival ? '../peers/fasttext.py' : 'fasttext-trial.mjs'),
      ...argumentsOf(folder, corpus),
    ],
  }),
});

const percent = (fraction) => `${(100 * fraction).toFixed(2)} %`;
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
/** The mails in random order: the original takes them as they come, and they come sorted by class. */
async function writeMails(file, random) {
  const { loadExamples } = require('../../dist/index.js');
  const { textOf } = require('../../dist/data/text/text-words.js');
  const splits = await loadExamples('spam-assassin');
  for (const half of ['train', 'test']) {
    const mails = splits[half];
    const order = random.shuffle(Uint32Array.from({ length: mails.count }, (_, row) => row));
    const lines = Array.from(order, (row) => {
      const label = mails.classNames[mails.labels[row]];
      return `__label__${label} ${textOf(mails, row).replace(/\s+/g, ' ')}\n`;
    });
    writeFileSync(file(half), lines.join(''));
  }
}

/** Of all trials so far, by subject: a single training is a draw, the rivals are compared by their means. */
const accuracies = new Map();

export default {
  title: 'fastText',
  unit: 'ms',
  trials: 3,
  groups: Object.fromEntries(Object.entries(CORPORA).map(([corpus, { title }]) => [corpus, title])),
  subjects: Object.keys(CORPORA).flatMap((corpus) => [subject(corpus, false), subject(corpus, true)]),

  async prepare(folder) {
    const { Random } = require('../../dist/core/random.js');
    for (const [corpus, { examples, classes }] of Object.entries(CORPORA)) {
      const file = (half) => path.join(folder, `${corpus}.${half}.txt`);
      if (corpus === 'mails') {
        await writeMails(file, new Random(3));
        continue;
      }
      await writeZipfText(file('train'), { examples, classes, seed: 1 }, Random);
      await writeZipfText(file('test'), { examples: TEST_EXAMPLES, classes, seed: 2 }, Random);
    }
  },

  /** A quick training counts only if it learns as much. */
  verify(outputs) {
    for (const { subject: one, output } of outputs) {
      accuracies.set(one.id, [...(accuracies.get(one.id) ?? []), output.accuracy]);
    }
    for (const corpus of Object.keys(CORPORA)) {
      const [ours, theirs] = ['svp', 'fasttext'].map((side) => accuracies.get(`${corpus}/${side}`));
      if (ours && theirs && mean(ours) < mean(theirs) - TOLERANCE) {
        throw new Error(`${corpus}: accuracy ${percent(mean(ours))}, fastText has ${percent(mean(theirs))}.`);
      }
    }
  },

  notes: (outputs) => {
    const words = outputs.filter(({ output }) => output.wordsPerSecond !== undefined);
    return [
      `From the file to the trained model: 5 epochs (mails: 10), 10 dimensions, bigrams in 10,000,000 buckets, learning rate ${RATE}, ${THREADS} threads, ` +
        'another seed each trial. Words of the first two follow Zipf’s law over a vocabulary of 400,000.',
      `Accuracy on ${TEST_EXAMPLES.toLocaleString('en')} other examples (1,209 mails), mean over the trials (ours may be at most ${100 * TOLERANCE} points lower): ${[
        ...accuracies,
      ]
        .map(([id, values]) => `${id} ${percent(mean(values))}`)
        .join(', ')}.`,
      `Training steps alone, this package: ${words
        .map(({ subject: one, output }) => `${one.group} ${(output.wordsPerSecond / 1e6).toFixed(1)}`)
        .join(', ')} million words a second.`,
      `Versions: ${[...new Set(outputs.map(({ output }) => output.version).filter(Boolean))].join(', ')}.`,
    ];
  },
};
