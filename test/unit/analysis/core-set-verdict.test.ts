import { accuracyMargin, chanceGap } from '../../../src/analysis/core-set-figures';
import { coreSetVerdict } from '../../../src/analysis/core-set-verdict';
import type { CoreSetRecord } from '../../../src/core/run-record';
import { makeCoreSetRecord, makeRow, withAccuracy } from '../../fixtures/core-set-record/make-record';

/** Every non-breaking space as a plain one. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

/** The fixture with the accuracies of its three proxy methods set: entropy, forgetting events, k-centers. */
function withProxies(entropy: number, forgetting: number, kCenters: number, random = 0.9048): CoreSetRecord {
  let record = withAccuracy(makeCoreSetRecord(), 'random', 'none', random);
  record = withAccuracy(record, 'entropy', 'proxy', entropy);
  record = withAccuracy(record, 'forgetting-events', 'proxy', forgetting);
  return withAccuracy(record, 'k-centers', 'proxy', kCenters);
}

test('the margin is that of the normal approximation', () => {
  // 1.96 · √(0.9 · 0.1 / 10,000) = 1.96 · 0.003
  expect(accuracyMargin(0.9, 10_000)).toBeCloseTo(0.00588, 10);
  expect(chanceGap(0.9, 0.9, 10_000)).toBeCloseTo(0.00588 * Math.SQRT2, 10);
});

test('a proxy method wins by more than chance', () => {
  const verdict = coreSetVerdict(makeCoreSetRecord());
  expect(verdict.outcome).toBe('method-wins');
  expect(plain(verdict.headline)).toBe(
    'Choosing by forgetting events on the proxy beat random by 1.04 points (91.52 % against 90.48 %).',
  );
  expect(verdict.details.map(plain)).toEqual([
    'Forgetting events (proxy) lost 0.62 points against the full pool (92.14 %) and was 1.55 times as fast (62.9 s end to end instead of 97.4 s).',
    'Random lost 1.66 points against the full pool (92.14 %) and was 1.99 times as fast (48.9 s end to end instead of 97.4 s).',
    "The oracle, the target choosing for itself by forgetting events, gave 91.66 %, 0.14 points more than the proxy's choice, in 146.2 s end to end instead of 62.9 s.",
    'These are single runs: with 10,000 test images, a gap of up to about 0.79 points may be chance, and another seed would shift the figures further.',
  ]);
});

test('a method that is ahead by no more than chance leaves the verdict that random kept up', () => {
  const verdict = coreSetVerdict(withProxies(0.9079, 0.9, 0.9031));
  expect(verdict.outcome).toBe('random-kept-up');
  expect(plain(verdict.headline)).toBe(
    'Random kept up: no method beat it by more than 0.31 points (entropy, 90.79 % against 90.48 %), which chance alone may explain.',
  );
});

test('the same lead counts when the test set is large enough', () => {
  const record = withProxies(0.9079, 0.9, 0.9031);
  record.dataset = { ...record.dataset, test: 1_000_000 };
  expect(coreSetVerdict(record).outcome).toBe('method-wins');
});

test('random wins by more than chance', () => {
  const verdict = coreSetVerdict(withProxies(0.88, 0.8913, 0.87));
  expect(verdict.outcome).toBe('random-wins');
  expect(plain(verdict.headline)).toBe(
    'Random won: the best method, forgetting events, fell 1.35 points short of it (89.13 % against 90.48 %).',
  );
});

test('random is ahead by no more than chance', () => {
  const verdict = coreSetVerdict(withProxies(0.9047, 0.9, 0.87));
  expect(verdict.outcome).toBe('random-ahead');
  expect(plain(verdict.headline)).toBe(
    'Random won: the best method, entropy, fell 0.01 points short of it (90.47 % against 90.48 %), a gap that chance alone may explain.',
  );
});

test('a tie names every method that tied', () => {
  const verdict = coreSetVerdict(withProxies(0.9048, 0.90481, 0.87));
  expect(verdict.outcome).toBe('tie');
  expect(plain(verdict.headline)).toBe(
    'Random kept up: the best methods, forgetting events and entropy, tied with it at 90.48 %.',
  );
});

test('a proxy that cost more than it saved is called so', () => {
  const record = makeCoreSetRecord();
  record.rows = record.rows.map((row) =>
    row.selector === 'proxy'
      ? makeRow(row.method, 'proxy', row.examples, row.testAccuracy, [60, 3, 49], 97.4)
      : row,
  );
  expect(plain(coreSetVerdict(record).details[0])).toBe(
    'Forgetting events (proxy) lost 0.62 points against the full pool (92.14 %) and was no faster (112.0 s end to end instead of 97.4 s): choosing cost as much as the smaller set saved, or more.',
  );
});

test('a subset that matches or beats the full pool is said to', () => {
  const same = coreSetVerdict(withProxies(0.9, 0.9214, 0.87)).details[0];
  expect(plain(same)).toContain('kept the accuracy of the full pool (92.14 %)');
  const better = coreSetVerdict(withProxies(0.9, 0.9314, 0.87)).details[0];
  expect(plain(better)).toContain('gained 1.00 point against the full pool');
});

test('without random or without a proxy method there is no comparison, and the record says what it can', () => {
  const record = makeCoreSetRecord();
  const without = (drop: (row: CoreSetRecord['rows'][number]) => boolean) => ({
    ...record,
    rows: record.rows.filter((row) => !drop(row)),
  });
  const noRandom = coreSetVerdict(without((row) => row.method === 'random'));
  expect(noRandom.outcome).toBe('no-comparison');
  expect(noRandom.headline).toContain('lacks a random subset');
  const noProxy = coreSetVerdict(without((row) => row.selector !== 'none'));
  expect(noProxy.headline).toContain('lacks a method that used the proxy');
  const onlyFull = coreSetVerdict(without((row) => row.method !== 'full'));
  expect(onlyFull.headline).toContain('no smaller subset');
  expect(onlyFull.details).toEqual([]);
});
