import * as fc from 'fast-check';
import { ForgettingTracker } from '../../../src/native/forgetting-tracker';
import { referenceForgetting } from '../../reference/forgetting';

/** One example per history, presented in rounds as long as its history lasts. */
function track(histories: boolean[][]): ForgettingTracker {
  const tracker = new ForgettingTracker(histories.length);
  for (let t = 0; t < Math.max(0, ...histories.map((h) => h.length)); t++) {
    const indices = histories.flatMap((h, i) => (t < h.length ? [i] : []));
    tracker.update(
      indices,
      indices.map((i) => histories[i][t]),
    );
  }
  return tracker;
}

const history = (text: string) => Array.from(text, (c) => c === '1');

describe('ForgettingTracker', () => {
  test('the known cases', () => {
    const tracker = track(['01010', '111', '000'].map(history));
    expect(Array.from(tracker.counts())).toEqual([2, 0, Number.POSITIVE_INFINITY]);
    expect(Array.from(tracker.counts('presentations'))).toEqual([2, 0, 3]);
    expect(Array.from(tracker.counts('zero'))).toEqual([2, 0, 0]);
    expect(Array.from(tracker.presentations())).toEqual([5, 3, 3]);
  });

  test('any histories, in any batches', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.boolean(), { maxLength: 12 }), { maxLength: 20 }),
        fc.constantFrom('infinity' as const, 'presentations' as const, 'zero' as const),
        (histories, neverLearned) => {
          const tracker = track(histories);
          const expected = referenceForgetting(histories, neverLearned);
          expect(Array.from(tracker.counts(neverLearned))).toEqual(expected);
          const saved = JSON.parse(JSON.stringify(tracker));
          expect(Array.from(ForgettingTracker.fromJSON(saved).counts(neverLearned))).toEqual(expected);
        },
      ),
    );
  });

  test('an example that occurs twice in a batch is counted twice, in order', () => {
    const tracker = new ForgettingTracker(1);
    tracker.update(Uint32Array.of(0, 0, 0), Uint8Array.of(1, 0, 255));
    expect(Array.from(tracker.counts())).toEqual([1]);
  });

  test('goes on after saving', () => {
    const tracker = new ForgettingTracker(3);
    tracker.update([0, 1], [true, false]);
    const restored = ForgettingTracker.fromJSON(JSON.parse(JSON.stringify(tracker)));
    for (const t of [tracker, restored]) t.update([0, 1], [false, true]);
    expect(restored.toJSON()).toEqual(tracker.toJSON());
    expect(Array.from(restored.counts())).toEqual([1, 0, Number.POSITIVE_INFINITY]);
  });

  test.each([
    ['outside the pool', [0, 3], 'indices[1] is 3'],
    ['negative', [0, -1], 'indices[1] is -1'],
    ['a fraction', [0, 1.5], 'indices[1] is 1.5'],
    ['NaN', [0, Number.NaN], 'indices[1] is NaN'],
    ['2^32', [0, 2 ** 32], 'indices[1] is 4294967296'],
  ])('an index %s is refused and nothing is counted', (_, indices, message) => {
    const tracker = new ForgettingTracker(3);
    const before = tracker.toJSON();
    expect(() => tracker.update(indices, [true, true])).toThrow(
      expect.objectContaining({ code: 'SVP_E_INDEX', message: expect.stringContaining(message) }),
    );
    expect(tracker.toJSON()).toEqual(before);
  });

  test('lengths that differ and arguments of another type are refused', () => {
    const tracker = new ForgettingTracker(3);
    for (const [indices, correct] of [
      [[0, 1], [true]],
      ['01', [true, true]],
      [[0], 'y'],
      [[0], Float32Array.of(1)],
    ] as [never, never][]) {
      expect(() => tracker.update(indices, correct)).toThrow(
        expect.objectContaining({ code: 'SVP_E_SHAPE' }),
      );
    }
  });

  test('an impossible length and an unknown rule are refused', () => {
    for (const length of [-1, 1.5, 2 ** 32, Number.NaN, '5' as never]) {
      expect(() => new ForgettingTracker(length)).toThrow(expect.objectContaining({ code: 'SVP_E_OPTION' }));
    }
    expect(() => new ForgettingTracker(1).counts('infinite' as never)).toThrow(/Did you mean infinity/);
  });

  test('damaged JSON is refused', () => {
    const good = track(['0101', '11', '0'].map(history)).toJSON();
    const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');
    for (const bad of [
      null,
      7,
      {},
      { ...good, version: 2 },
      { ...good, length: 4 },
      { ...good, length: -1 },
      { ...good, events: undefined },
      { ...good, events: good.events.slice(4) },
      { ...good, state: '!!!!' },
      { ...good, state: base64(2, 3, 9) },
      { ...good, state: base64(1, 3, 1) },
      { ...good, state: base64(2, 3, 0) },
      { ...good, presentations: Buffer.alloc(12).toString('base64') },
    ]) {
      expect(() => ForgettingTracker.fromJSON(bad)).toThrow(
        expect.objectContaining({ code: 'SVP_E_FORMAT' }),
      );
    }
    expect(ForgettingTracker.fromJSON(good).toJSON()).toEqual(good);
  });
});
