// One trial of this package's side of the fasttext bench, in a process of its own.
// usage: node fasttext-trial.mjs TRAIN TEST THREADS EPOCHS RATE SEED; prints one line of JSON.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { trainFastText, readTextCorpus } = require('../../dist/index.js');

const [train, test, threads, epochs, learningRate, seed] = process.argv.slice(2);
const numbers = {
  threads: Number(threads),
  epochs: Number(epochs),
  learningRate: Number(learningRate),
  seed: Number(seed),
};

const start = performance.now();
const model = await trainFastText({ file: train, ...numbers, trackForgetting: true });
const milliseconds = performance.now() - start;
const corpus = await readTextCorpus(test);
const { labels } = await model.predict(corpus);
const names = corpus.labelNames;
const right = labels.filter((label, i) => model.labelNames[label] === names[corpus.labels[i]]).length;
console.log(
  JSON.stringify({
    milliseconds: [milliseconds],
    accuracy: right / labels.length,
    steps: model.training.seconds,
    wordsPerSecond: model.training.wordsPerSecond,
    tokens: model.training.tokens,
    events: model.training.forgetting.counts('zero').reduce((a, b) => a + b, 0),
  }),
);
