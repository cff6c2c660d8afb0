import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { ForgettingTracker } from '../../../src/native/forgetting-tracker';
import { temporaryFolder } from '../data/temporary';

const folder = temporaryFolder();

/** One run: for each example the presentations it had. */
function run(histories: string[]): ForgettingTracker {
  const tracker = new ForgettingTracker(histories.length);
  histories.forEach((history, i) => {
    for (const correct of history) tracker.update([i], [correct === '1']);
  });
  return tracker;
}

const histories = (examples: number) =>
  fc.array(fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 8 }), {
    minLength: examples,
    maxLength: examples,
  });

describe('merge of several runs', () => {
  test('adds up events; never learned is what no run learned', () => {
    const merged = ForgettingTracker.merge([run(['1010', '000', '10', '']), run(['110', '00', '00', ''])]);
    expect(Array.from(merged.counts())).toEqual([3, Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY]);
    expect(Array.from(merged.counts('presentations'))).toEqual([3, 5, 1, 0]);
    expect(Array.from(merged.presentations())).toEqual([7, 5, 4, 0]);
  });

  test('any runs: the sums, whatever their order, and counters that could be saved', () => {
    fc.assert(
      fc.property(fc.array(histories(4), { minLength: 1, maxLength: 4 }), (runs) => {
        const trackers = runs.map(run);
        const merged = ForgettingTracker.merge(trackers);
        const counts = merged.counts();
        for (let i = 0; i < 4; i++) {
          const learned = runs.some((histories) => histories[i].includes('1'));
          const events = runs.reduce(
            (sum, histories) => sum + (histories[i].match(/1(?=0)/g) ?? []).length,
            0,
          );
          expect(counts[i]).toBe(learned ? events : Number.POSITIVE_INFINITY);
        }
        expect(ForgettingTracker.merge(trackers.toReversed()).counts()).toEqual(counts);
        expect(ForgettingTracker.fromJSON(merged.toJSON())).toEqual(merged);
      }),
    );
  });

  test('goes on counting from the last run that learned the example', () => {
    const merged = ForgettingTracker.merge([run(['1', '0']), run(['0', '0'])]);
    merged.update([0, 1], [false, false]);
    expect(Array.from(merged.counts('zero'))).toEqual([1, 0]);
  });

  test('needs runs over one pool', () => {
    expect(() => ForgettingTracker.merge([])).toThrow(expect.objectContaining({ code: 'SVP_E_SHAPE' }));
    expect(() => ForgettingTracker.merge([new ForgettingTracker(2), new ForgettingTracker(3)])).toThrow(
      /Tracker 0 counts 2 examples, tracker 1 3/,
    );
  });
});

describe('save and load', () => {
  const file = path.join(folder, 'counters');

  test('any counters come back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 9 }).chain(histories), async (examples) => {
        const tracker = run(examples);
        await tracker.save(file);
        expect(await ForgettingTracker.load(file)).toEqual(tracker);
      }),
      { numRuns: 30 },
    );
  });

  test('every flipped byte, a truncated and a longer file are refused', async () => {
    await run(['1010', '0', '11']).save(file);
    const good = readFileSync(file);
    expect(good.length).toBe(3 * 9 + 48);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at] ^= 16;
      writeFileSync(file, bad);
      await expect(ForgettingTracker.load(file)).rejects.toMatchObject({ code: 'SVP_E_FORMAT', file });
    }
    writeFileSync(file, good);
    for (const length of [0, 20, 47, good.length - 1]) {
      truncateSync(file, length);
      await expect(ForgettingTracker.load(file)).rejects.toMatchObject({ code: 'SVP_E_FORMAT' });
      writeFileSync(file, good);
    }
    writeFileSync(file, Buffer.concat([good, Buffer.of(0)]));
    await expect(ForgettingTracker.load(file)).rejects.toMatchObject({ code: 'SVP_E_FORMAT' });
  });

  test('a file that claims four thousand million examples takes no memory', async () => {
    const header = Buffer.alloc(100);
    header.write('SVPFORG1');
    header.writeBigUInt64LE(4294967295n, 8);
    writeFileSync(file, header);
    await expect(ForgettingTracker.load(file)).rejects.toThrow(
      /100 bytes are not those of 4294967295 examples/,
    );
  });

  test('a missing file and a folder that cannot be written are typed, and the old file stays', async () => {
    await expect(ForgettingTracker.load(path.join(folder, 'none'))).rejects.toMatchObject({
      code: 'SVP_E_FILE',
    });
    const closed = path.join(folder, 'closed');
    mkdirSync(closed);
    const tracker = new ForgettingTracker(2);
    await tracker.save(path.join(closed, 'counters'));
    await expect(tracker.save(path.join(closed, 'counters', 'below'))).rejects.toMatchObject({
      code: 'SVP_E_WRITE',
    });
    expect(readdirSync(closed)).toEqual(['counters']);
    expect(await ForgettingTracker.load(path.join(closed, 'counters'))).toEqual(tracker);
  });
});
