import { promises as fs } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { EpochRecord } from '../../../src/core/run-record';
import { FastTextCorpus, textCorpus } from '../../../src/native/fasttext-corpus';
import { loadFastText } from '../../../src/native/fasttext-model';
import { ForgettingTracker } from '../../../src/native/forgetting-tracker';
import { addonStatus } from '../../../src/native/load';
import { trainFastText } from '../../../src/training/fasttext';
import { firstValues, ReferenceFastText } from '../../reference/fasttext';
import { asLines, labelledTexts } from '../../reference/labelled-texts';
import { withEnvironment } from '../../reference/with-environment';
import { temporaryFolder } from '../data/temporary';

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);
const OPTIONS = { dim: 10, wordNgrams: 2, buckets: 5000, minCount: 1, epochs: 4, learningRate: 0.5, seed: 3 };
const data = labelledTexts(300, 3);

/** The largest difference, for numbers that are of the order of one. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

describe('fastText against the float64 reference, one thread', () => {
  test.each([
    { dim: 10, wordNgrams: 2, shuffle: true },
    { dim: 1, wordNgrams: 1, shuffle: false },
    { dim: 7, wordNgrams: 3, shuffle: true },
    { dim: 17, wordNgrams: 2, shuffle: true, minCount: 20 },
    { dim: 100, wordNgrams: 2, shuffle: false, buckets: 37 },
    { dim: 131, wordNgrams: 5, shuffle: true },
  ])('%o', async (some) => {
    const { texts, labels } = data;
    const o = { ...OPTIONS, ...some };
    const reference = new ReferenceFastText(texts, [...labels], 3, o);
    const epochs: EpochRecord[] = [];
    const correct: number[][] = [];
    const model = await trainFastText({
      texts,
      labels,
      ...o,
      threads: 1,
      onEpoch: (epoch, outcome) => {
        epochs.push(epoch);
        correct.push([...outcome.correct]);
      },
    });
    for (let e = 0; e < o.epochs; e++) {
      const expected = reference.epoch(e);
      expect(Math.abs(epochs[e].trainLoss - expected.loss)).toBeLessThan(2e-6);
      expect(correct[e]).toEqual(expected.correct.map(Number));
    }
    const unseen = ['word1 never seen', '', 'of1x2 of1x2', texts[0]];
    const { logits, features, probabilities } = await model.score([...texts, ...unseen], {
      outputs: ['logits', 'features', 'probabilities'],
    });
    [...texts, ...unseen].forEach((text, i) => {
      const z = reference.logits(text);
      expect(apart(z, logits!.data.subarray(3 * i, 3 * i + 3))).toBeLessThan(1e-5);
      expect(
        apart(reference.features(text), features!.data.subarray(o.dim * i, o.dim * (i + 1))),
      ).toBeLessThan(2e-6);
      const e = z.map(Math.exp);
      const sum = e.reduce((a, b) => a + b);
      expect(
        apart(
          e.map((x) => x / sum),
          probabilities!.data.subarray(3 * i, 3 * i + 3),
        ),
      ).toBeLessThan(1e-5);
    });
    const { words, embeddings } = model.vocabulary();
    expect([...words].sort()).toEqual([...reference.words].sort());
    words.forEach((word, i) => {
      const row = embeddings.data.subarray(o.dim * i, o.dim * (i + 1));
      expect(apart(reference.embedding(word), row)).toBeLessThan(1e-5);
    });
  });

  test('a step goes down the gradient of the loss, by central differences', () => {
    const texts = ['a b a', 'c d', 'a d e'];
    const make = () => {
      const model = new ReferenceFastText(texts, [0, 1, 2], 3, { ...OPTIONS, dim: 5, shuffle: false });
      for (let step = 0; step < 60; step++) model.present(step % 3, 0.5);
      return model;
    };
    const loss = (model: ReferenceFastText) => {
      const z = model.logits(texts[2]);
      return Math.log(z.map(Math.exp).reduce((a, b) => a + b)) - z[2];
    };
    const rowsOf = (model: ReferenceFastText) => [...model.rowsOf(texts[2]), ...model.output];
    const [still, stepped] = [make(), make()];
    const rate = 1e-6;
    stepped.present(2, rate);
    const epsilon = 1e-5;
    rowsOf(still).forEach((row, r) => {
      const taken = row.map((value, k) => (value - rowsOf(stepped)[r][k]) / rate);
      const numeric = row.map((value, k) => {
        row[k] = value + epsilon;
        const up = loss(still);
        row[k] = value - epsilon;
        const down = loss(still);
        row[k] = value;
        return (up - down) / (2 * epsilon);
      });
      expect(apart(taken, numeric)).toBeLessThan(1e-6);
      expect(numeric.some((slope) => Math.abs(slope) > 1e-4)).toBe(true);
    });
  });

  test('first values do not depend on who asks for them', () => {
    const row = firstValues(3, 'ngram', 4711, 10);
    expect(Math.max(...row.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.1));
    expect(new Set(row).size).toBe(10);
    expect(firstValues(3, 'word', 4711, 10)).not.toEqual(row);
    expect(firstValues(4, 'ngram', 4711, 10)).not.toEqual(row);
  });
});

describe('fastText', () => {
  const logitsOf = async (o: object) =>
    (await (await trainFastText({ ...data, ...OPTIONS, ...o })).score(data.texts)).logits!.data;

  test('one thread gives the same bits again, and on every instruction set', async () => {
    const expected = await logitsOf({ threads: 1 });
    expect(await logitsOf({ threads: 1 })).toEqual(expected);
    for (const set of addonStatus().availableInstructionSets ?? []) {
      await withEnvironment({ SVP_INSTRUCTION_SET: set }, async () => {
        for (const dim of [3, 10, 70]) {
          const here = await logitsOf({ threads: 1, dim });
          const scalar = await withEnvironment({ SVP_INSTRUCTION_SET: 'scalar' }, () =>
            logitsOf({ threads: 1, dim }),
          );
          expect(here).toEqual(scalar);
        }
      });
    }
    expect(await logitsOf({ threads: 1, seed: 4 })).not.toEqual(expected);
  });

  test('several threads learn as well as one', async () => {
    const train = labelledTexts(6000, 4, 5, 30);
    const test = await (async () => {
      const held = labelledTexts(2000, 4, 6, 30);
      return textCorpus(held.texts, { labels: held.labels });
    })();
    const accuracy = async (threads: number) =>
      (await trainFastText({ ...train, ...OPTIONS, learningRate: 0.2, test, threads })).training!
        .testAccuracy!;
    const one = await accuracy(1);
    expect(one).toBeGreaterThan(0.9);
    for (const threads of [2, 4, 8]) expect(Math.abs((await accuracy(threads)) - one)).toBeLessThan(0.015);
  });

  test('more classes than a few', async () => {
    const many = labelledTexts(3000, 300, 8, 20);
    const { training } = await trainFastText({
      ...many,
      ...OPTIONS,
      epochs: 30,
      dim: 30,
      learningRate: 3,
      threads: 2,
    });
    expect(training!.trainAccuracy).toBeGreaterThan(0.8);
  });

  test('forgetting events are those of a recount', async () => {
    const flags: Uint8Array[] = [];
    const indices = Uint32Array.from({ length: 200 }, (_, i) => 299 - i);
    const { training } = await trainFastText({
      ...data,
      ...OPTIONS,
      epochs: 12,
      learningRate: 2,
      indices,
      trackForgetting: true,
      threads: 2,
      onEpoch: (_, { correct }) => {
        flags.push(correct.slice());
      },
    });
    const recount = new ForgettingTracker(300);
    for (const correct of flags) recount.update(indices, correct);
    expect(training!.forgetting!.counts()).toEqual(recount.counts());
    expect(training!.forgetting!.presentations()[299]).toBe(12);
    expect(training!.forgetting!.presentations()[0]).toBe(0);
    expect(recount.counts('zero').some((events) => events > 0)).toBe(true);
    expect(training!.epochs.at(-1)!.trainAccuracy).toBe(
      flags.at(-1)!.reduce((a, b) => a + b, 0) / indices.length,
    );
  });

  test('the pool is scored after every epoch', async () => {
    const corpus = await textCorpus(data.texts, { labels: data.labels });
    const seen: Float32Array[] = [];
    const model = await trainFastText({
      corpus,
      ...OPTIONS,
      pool: corpus,
      poolOutputs: ['probabilities', 'features'],
      onEpoch: (_, { pool }) => {
        seen.push(pool!.probabilities!.data);
        expect(pool!.features!.columns).toBe(10);
      },
    });
    expect(seen).toHaveLength(4);
    expect(seen[0]).not.toEqual(seen[3]);
    const { probabilities } = await model.score(corpus, { outputs: ['probabilities'], threads: 1 });
    expect(probabilities!.data).toEqual(seen[3]);
    for (let row = 0; row < 300; row++) {
      const sum = seen[3].subarray(3 * row, 3 * row + 3).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - 1)).toBeLessThan(1e-6);
    }
  });

  test('training on some rows is training on a text of these alone', async () => {
    const indices = Uint32Array.from({ length: 100 }, (_, i) => 2 * i + 1);
    const part = {
      texts: Array.from(indices, (i) => data.texts[i]),
      labels: indices.map((i) => data.labels[i]),
      labelNames: ['0', '1', '2'],
    };
    const a = await trainFastText({ ...data, ...OPTIONS, indices, threads: 1 });
    const b = await trainFastText({ ...part, ...OPTIONS, threads: 1 });
    expect((await a.score(data.texts)).logits).toEqual((await b.score(data.texts)).logits);
    expect(a.parameters).toBe(b.parameters);
  });

  test('a file, gzip or CSV gives what the texts in memory give', async () => {
    const expected = await logitsOf({ threads: 1 });
    const lines = inFolder('lines.txt');
    await fs.writeFile(lines, asLines(data));
    await fs.writeFile(inFolder('lines.txt.gz'), gzipSync(await fs.readFile(lines)));
    const quoted = data.texts.map((text, i) => `"${data.labels[i]}","${text.replace(' ', '","')}"`);
    await fs.writeFile(
      inFolder('records.csv'),
      quoted.map((line) => `${line}${(line.match(/","/g) ?? []).length < 2 ? ',""' : ''}\r\n`).join(''),
    );
    for (const name of ['lines.txt', 'lines.txt.gz', 'records.csv']) {
      const model = await trainFastText({ file: inFolder(name), ...OPTIONS, threads: 1 });
      expect([...model.labelNames]).toEqual(['0', '1', '2']);
      expect((await model.score(data.texts)).logits!.data).toEqual(expected);
    }
  });

  test('a saved model scores as it did', async () => {
    const model = await trainFastText({ ...data, ...OPTIONS, normalize: true });
    const file = inFolder('model.svp');
    await model.save(file);
    await model.save(file);
    const loaded = await loadFastText(file);
    const texts = [...data.texts, 'Word1 (word2) unseen words!'];
    expect((await loaded.score(texts)).logits).toEqual((await model.score(texts)).logits);
    expect(loaded).toMatchObject({ dim: 10, wordNgrams: 2, normalize: true, parameters: model.parameters });
    expect(loaded.labelNames).toEqual(model.labelNames);
    expect(loaded.vocabulary()).toEqual(model.vocabulary());
    expect((await fs.readdir(inFolder('.'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('predict gives the likeliest class', async () => {
    const model = await trainFastText({ ...data, ...OPTIONS, epochs: 20 });
    const corpus = await textCorpus(data.texts);
    expect(corpus).toBeInstanceOf(FastTextCorpus);
    const { labels, probabilities } = await model.predict(corpus, { indices: Uint32Array.of(5, 7, 5) });
    const all = await model.predict(data.texts);
    expect([...labels]).toEqual([all.labels[5], all.labels[7], all.labels[5]]);
    expect(probabilities[0]).toBe(all.probabilities[5]);
  });
});
