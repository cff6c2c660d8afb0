import { nativeDevice } from '../../src/native/device';
import { loadAddon } from '../../src/native/load';
import { pairwiseDistances } from '../../src/native/pairwise-distances';
import { uncertainty } from '../../src/native/uncertainty';
import { makeRows } from '../reference/rows-of-many-kinds';
import { referenceUncertainty, withinPromise } from '../reference/uncertainty';
import { onHost, testOnHost, whyNot } from './cuda-host';

testOnHost(`pairwise distances: the processor's bits, in one tile and in many${whyNot}`, async () => {
  for (const [rows, others, columns] of [
    [1, 1, 1],
    [33, 70, 7],
    [65, 31, 40],
    [5, 200, 100],
  ]) {
    const a = makeRows('normal', rows, columns, 1);
    const b = makeRows('huge', others, columns, 2);
    for (const options of [{}, { squared: true }, { metric: 'cosine' }] as const) {
      const expected = await pairwiseDistances(a, b, options);
      for (const settings of ['', 'memory=20000']) {
        const actual = await onHost(settings, () => pairwiseDistances(a, b, { ...options, device: 'cuda' }));
        expect(actual).toEqual(expected);
      }
    }
  }
});

testOnHost(`uncertainty: within 2 ulp or 1e-7 of float64, for every width${whyNot}`, async () => {
  for (const columns of [1, 2, 3, 31, 32, 33, 100, 129, 300, 700, 1024, 1500]) {
    const rows = columns > 500 ? 40 : 90;
    const logits = makeRows('normal', rows, columns, columns);
    for (let i = 0; i < logits.data.length; i++) {
      const row = Math.floor(i / columns);
      logits.data[i] *= [1, 30, 0.01, 400][row % 4];
      if (row % 5 === 0) logits.data[i] = Math.round(logits.data[i]); // ties
      if (row % 7 === 0 && i % columns !== 0 && i % 3 === 0) logits.data[i] = Number.NEGATIVE_INFINITY;
    }
    const expected = referenceUncertainty(logits.data, columns);
    for (const settings of ['', 'memory=40000']) {
      const actual = await onHost(settings, () => uncertainty(logits, { device: 'cuda' }));
      for (const measure of ['entropy', 'leastConfidence', 'margin'] as const) {
        const wrong = Array.from(actual[measure]!).filter(
          (value, i) => !withinPromise(value, expected[measure][i]),
        );
        expect({ measure, columns, wrong }).toEqual({ measure, columns, wrong: [] });
      }
    }
  }
});

testOnHost(`uncertainty: the first row without scores is named${whyNot}`, async () => {
  const logits = makeRows('normal', 100, 10, 1);
  logits.data[735] = Number.NaN;
  logits.data[314] = Number.POSITIVE_INFINITY;
  logits.data.fill(Number.NEGATIVE_INFINITY, 900, 910);
  await expect(onHost('', () => uncertainty(logits, { device: 'cuda' }))).rejects.toMatchObject({
    code: 'SVP_E_NONFINITE',
    row: 31,
    column: 4,
  });
});

testOnHost(
  `forgetting counters: as the processor, also where a batch repeats an example${whyNot}`,
  async () => {
    const length = 50;
    const make = () => [new Uint32Array(length), new Uint32Array(length), new Uint8Array(length)] as const;
    const there = make();
    const here = make();
    let state = 7;
    const below = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let batch = 0; batch < 20; batch++) {
      const indices = Uint32Array.from({ length: 1 + below(300) }, () => below(length));
      const correct = Uint8Array.from(indices, () => below(2));
      loadAddon().forgettingUpdate(indices, correct, ...here, nativeDevice('cpu'));
      await onHost('', async () =>
        loadAddon().forgettingUpdate(indices, correct, ...there, nativeDevice('cuda')),
      );
    }
    expect(there).toEqual(here);
  },
);
