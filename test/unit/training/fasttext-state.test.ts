import { promises as fs } from 'node:fs';
import path from 'node:path';
import { textCorpus } from '../../../src/native/fasttext-corpus';
import { loadFastText } from '../../../src/native/fasttext-model';
import { trainFastText } from '../../../src/training/fasttext';
import type { TrainFastTextOptions } from '../../../src/training/fasttext-options';
import { labelledTexts } from '../../reference/labelled-texts';
import { failure, temporaryFolder } from '../data/temporary';

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);
const data = labelledTexts(300, 3);
const OPTIONS: TrainFastTextOptions = {
  ...data,
  buckets: 5000,
  epochs: 4,
  learningRate: 1,
  seed: 3,
  threads: 1,
  trackForgetting: true,
};

class Stop extends Error {}

describe('a checkpoint', () => {
  test.each([1, 2, 3])('after epoch %i goes on to the bytes of an unbroken training', async (stopAt) => {
    const unbroken = await trainFastText({ ...OPTIONS, checkpoint: { path: inFolder('unbroken') } });
    const checkpoint = { path: inFolder(`broken-${stopAt}`), resume: true };
    const broken = trainFastText({
      ...OPTIONS,
      checkpoint,
      onEpoch: ({ epoch }) => {
        if (epoch === stopAt) throw new Stop();
      },
    });
    await expect(broken).rejects.toThrow(Stop);
    const seen: number[] = [];
    const model = await trainFastText({
      ...OPTIONS,
      checkpoint,
      onEpoch: ({ epoch }, { epochs }) => {
        seen.push(epoch);
        expect(epochs.map((e) => e.epoch)).toEqual(Array.from({ length: epoch }, (_, i) => i + 1));
      },
    });
    expect(seen[0]).toBe(stopAt + 1);
    expect((await model.score(data.texts)).logits).toEqual((await unbroken.score(data.texts)).logits);
    expect(model.vocabulary()).toEqual(unbroken.vocabulary());
    expect(model.training!.forgetting!.toJSON()).toEqual(unbroken.training!.forgetting!.toJSON());
    const figures = (m: typeof model) =>
      m.training!.epochs.map((e) => [e.epoch, e.trainLoss, e.trainAccuracy]);
    expect(figures(model)).toEqual(figures(unbroken));
    expect((await fs.readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('of other options, labels or text is refused', async () => {
    const checkpoint = { path: inFolder('theirs'), resume: true };
    await trainFastText({ ...OPTIONS, checkpoint });
    const labels = data.labels.slice();
    labels[7] = (labels[7] + 1) % 3;
    const texts = [...data.texts];
    texts[3] += ' more';
    for (const other of [
      { seed: 4 },
      { epochs: 5 },
      { learningRate: 2 },
      { labels },
      { texts },
      { shuffle: false },
    ]) {
      expect((await failure(trainFastText({ ...OPTIONS, ...other, checkpoint }))).code).toBe(
        'SVP_E_CHECKPOINT',
      );
    }
    const finished = await trainFastText({ ...OPTIONS, checkpoint, threads: 2 });
    expect(finished.training!.epochs).toHaveLength(4);
  });

  test('that is damaged gives way to the one before it, and two damaged ones are an error', async () => {
    const checkpoint = { path: inFolder('torn'), resume: true };
    const unbroken = await trainFastText({ ...OPTIONS, checkpoint });
    const bytes = await fs.readFile(checkpoint.path);
    await fs.writeFile(checkpoint.path, bytes.subarray(0, bytes.length - 9));
    const model = await trainFastText({ ...OPTIONS, checkpoint });
    expect((await model.score(data.texts)).logits).toEqual((await unbroken.score(data.texts)).logits);
    for (const file of [checkpoint.path, `${checkpoint.path}.previous`]) await fs.writeFile(file, 'SVPFT001');
    expect((await failure(trainFastText({ ...OPTIONS, checkpoint }))).code).toBe('SVP_E_CHECKPOINT');
  });
});

test('a model file that was changed anywhere is refused', async () => {
  const file = inFolder('model');
  await (await trainFastText(OPTIONS)).save(file);
  const bytes = await fs.readFile(file);
  for (let i = 0; i < 60; i++) {
    const damaged = Buffer.from(bytes);
    damaged[Math.floor((i / 60) * bytes.length)] ^= 1 << (i % 8);
    await fs.writeFile(inFolder('damaged'), damaged);
    expect((await failure(loadFastText(inFolder('damaged')))).code).toBe('SVP_E_CHECKPOINT');
    await fs.writeFile(inFolder('damaged'), bytes.subarray(0, Math.floor((i / 60) * bytes.length)));
    expect((await failure(loadFastText(inFolder('damaged')))).code).toBe('SVP_E_CHECKPOINT');
  }
  expect((await failure(loadFastText(inFolder('missing')))).code).toBe('SVP_E_FILE');
  expect((await failure((await loadFastText(file)).save(inFolder('no/folder')))).code).toBe('SVP_E_WRITE');
});

describe('what cannot be', () => {
  test.each([
    [{ texts: undefined, labels: undefined }, 'SVP_E_OPTION', /texts, file and corpus/],
    [{ labels: undefined }, 'SVP_E_OPTION', /labels/],
    [{ file: 'x' }, 'SVP_E_OPTION', /not texts and file/],
    [{ dim: 0 }, 'SVP_E_OPTION', /dim/],
    [{ wordNgram: 3 }, 'SVP_E_OPTION', /wordNgrams/],
    [{ buckets: 2 ** 31 }, 'SVP_E_OPTION', /buckets/],
    [{ indices: Uint32Array.of(300) }, 'SVP_E_INDEX', /300 examples/],
    [{ indices: new Uint32Array(0) }, 'SVP_E_SHAPE', /no example/],
    [{ indices: Uint32Array.of(1, 2), validation: Uint32Array.of(2) }, 'SVP_E_INDEX', /held out/],
    [{ texts: ['a', 3], labels: [0, 1] }, 'SVP_E_SHAPE', /texts\[1\]/],
    [{ learningRate: 1e6 }, 'SVP_E_NONFINITE', /lower learning rate/],
  ])('%p', async (options, code, message) => {
    const error = await failure(trainFastText({ ...OPTIONS, ...options } as TrainFastTextOptions));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('text of classes that the model lacks, or read otherwise, is told', async () => {
    const test = await textCorpus(['a'], { labels: ['other'] });
    expect((await failure(trainFastText({ ...OPTIONS, test }))).message).toMatch(/class "other"/);
    const model = await trainFastText(OPTIONS);
    const normalized = await textCorpus(['a'], { normalize: true });
    expect((await failure(model.score(normalized))).code).toBe('SVP_E_OPTION');
    expect((await failure(model.score(['a'], { indices: Uint32Array.of(1) }))).code).toBe('SVP_E_INDEX');
  });

  test('a model that is being trained further cannot be read meanwhile', async () => {
    const corpus = await textCorpus(data.texts, { labels: data.labels });
    const model = await trainFastText({ ...OPTIONS, texts: undefined, labels: undefined, corpus });
    const [one, two] = await Promise.all([model.score(corpus), model.score(corpus)]);
    expect(one).toEqual(two);
  });
});

test('a cancel is heard within 250 ms, at any moment', async () => {
  const large = labelledTexts(30_000, 5, 2, 100);
  const late: number[] = [];
  for (let i = 0; i < 12; i++) {
    const controller = new AbortController();
    let aborted = 0;
    const timer = setTimeout(
      () => {
        aborted = performance.now();
        controller.abort();
      },
      20 + 45 * i,
    );
    const error = await failure(
      trainFastText({ ...OPTIONS, ...large, epochs: 1000, dim: 50, signal: controller.signal, threads: 2 }),
    );
    clearTimeout(timer);
    late.push(performance.now() - aborted);
    expect(error.code).toBe('SVP_E_ABORT');
  }
  expect(Math.max(...late)).toBeLessThan(250);
});

test('progress goes to the end, with an estimate', async () => {
  const large = labelledTexts(20_000, 3, 2, 100);
  const seen: number[] = [];
  await trainFastText({
    ...OPTIONS,
    ...large,
    epochs: 20,
    onProgress: ({ stage, done, total, remainingMs, detail }) => {
      if (stage !== 'training fastText') return;
      expect(total).toBe(20 * 20_000);
      if (done > 0) expect(remainingMs).toBeGreaterThanOrEqual(0);
      expect(detail).toMatch(/^epoch \d+ of 20$/);
      seen.push(done);
    },
  });
  expect(seen.at(-1)).toBe(20 * 20_000);
  expect([...seen].sort((a, b) => a - b)).toEqual(seen);
});
