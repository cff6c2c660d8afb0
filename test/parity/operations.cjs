// Runs every operation of the addon on fixed inputs with 1 … 8 threads and prints { "operation, case": hash of the
// result's bytes } as JSON. A process of its own, because SVP_INSTRUCTION_SET must be in the real environment.
const { createHash } = require('node:crypto');

const addon = require(process.argv[2]);
const device = { device: 'cpu', library: '', settings: '' };

let state = 12345;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const values = (count, scale) => Float32Array.from({ length: count }, () => (random() - 0.5) * scale);

const hash = (...arrays) => {
  const digest = createHash('sha256');
  for (const a of arrays) digest.update(new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
  return digest.digest('hex').slice(0, 16);
};

async function main() {
  const hashes = {};
  // The same result for every thread count, or both are listed.
  const record = (name, result) => {
    hashes[name] = name in hashes && hashes[name] !== result ? `${hashes[name]} and ${result}` : result;
  };
  for (const columns of [1, 2, 7, 8, 9, 10, 16, 33, 100, 1000, 4097]) {
    const rows = Math.ceil(200_000 / columns);
    const logits = values(rows * columns, 50);
    for (let i = 0; i < logits.length; i += 13) logits[i] = Math.round(logits[i]); // ties
    for (let i = 1; i < logits.length; i += 101) if (i % columns !== 0) logits[i] = Number.NEGATIVE_INFINITY;
    const side = Math.min(rows, 150);
    const b = values(70 * columns, 50);
    for (let threads = 1; threads <= 8; threads++) {
      const measures = [new Float32Array(rows), new Float32Array(rows), new Float32Array(rows)];
      await addon.uncertainty(logits, rows, columns, 'logits', 1, threads, ...measures, '', device).promise;
      record(`uncertainty, ${columns} columns`, hash(...measures));

      const a = logits.slice(0, side * columns).map((x) => (Number.isFinite(x) ? x : 1));
      for (const cosine of [false, true]) {
        const distances = new Float64Array(side * 70);
        await addon.pairwiseDistances(a, side, b, 70, columns, cosine, false, threads, distances, '', device)
          .promise;
        record(`pairwise distances, ${columns} columns, ${cosine ? 'cosine' : 'euclidean'}`, hash(distances));
      }
    }
  }
  for (const columns of [1, 7, 32, 100]) {
    const rows = 1500;
    const budget = 300;
    const features = values(rows * columns, 8).map((x, i) => (i % 5 === 0 ? Math.round(x) : x));
    for (const filter of ['automatic', 'dense', 'projected']) {
      for (let threads = 1; threads <= 8; threads++) {
        const run = { rows: null, budget, initial: new Uint32Array(0), first: Uint32Array.of(3) };
        const options = {
          ...{ cosine: threads % 2 === 0 && columns > 1, radius: -1, threads, filter },
          ...{ checkpoint: '', checkpointEveryMs: 0, identity: '', instructionSet: '' },
          ...{ filterColumns: 0, block: 0, wake: 0, device },
        };
        const picks = new Uint32Array(budget);
        const radii = new Float64Array(budget);
        const nearest = new Uint32Array(rows);
        await addon.kCenterGreedy(features, rows, columns, null, [run], options, picks, radii, nearest)
          .promise;
        record(
          `k-centers, ${columns} columns, ${options.cosine ? 'cosine' : 'euclidean'}`,
          hash(picks, radii, nearest),
        );
      }
    }
  }
  await fastText(record);
  console.log(JSON.stringify({ set: addon.describe('').instructionSet, hashes }));
}

/** Trained on one thread, which has one answer; scored on several, which have the same. */
async function fastText(record) {
  const format = {
    ...{ kind: 'labelled', normalize: true, labelPrefix: '__label__', labelColumn: null, header: false },
    textColumns: new Uint32Array(0),
  };
  const corpus = addon.fastTextCorpus(format);
  const word = () => `w${Math.floor(60 * random() ** 2)}`;
  const lines = Array.from(
    { length: 500 },
    (_, i) => `__label__${i % 5} own${i % 5} ${Array.from({ length: i % 17 }, word).join(' ')}\n`,
  );
  await addon.fastTextCorpusPush(corpus, new Uint8Array(Buffer.from(lines.join(''))), true).promise;
  const { labels } = addon.fastTextCorpusDescribe(corpus);
  for (const dim of [1, 8, 10, 33, 100]) {
    const options = { dim, wordNgrams: 3, buckets: 4000, minCount: 2, seed: 7 };
    const { model } = await addon.fastTextStart(corpus, null, null, 5, options, 2).promise;
    const correct = new Uint8Array(500);
    for (let epoch = 0; epoch < 3; epoch++) {
      const schedule = { epoch, epochs: 3, learningRate: 0.7, shuffle: true };
      await addon.fastTextEpoch(model, labels, schedule, correct, 1, '').promise;
    }
    for (let threads = 1; threads <= 8; threads++) {
      const outputs = [5, 5, dim].map((columns) => new Float32Array(500 * columns));
      await addon.fastTextScore(model, corpus, null, ...outputs, threads, '').promise;
      record(`fastText, ${dim} dimensions`, hash(correct, ...outputs));
    }
    const several = await addon.fastTextStart(corpus, null, null, 5, options, 8).promise;
    const schedule = { epoch: 0, epochs: 3, learningRate: 0.7, shuffle: true };
    await addon.fastTextEpoch(several.model, labels, schedule, null, 8, '').promise;
  }
}

main();
