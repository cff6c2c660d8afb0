import { protocolTable } from '../../../src/analysis/protocol-table';
import { formatProtocols, protocolsMarkdown, trialsCsv } from '../../../src/analysis/protocol-text';
import { protocolVerdict } from '../../../src/analysis/protocol-verdict';
import { compareWithRandom } from '../../../src/analysis/random-comparison';
import { pointAt, seriesGroups } from '../../../src/analysis/series';
import { activeTrial, coreSetTrials, type Trial } from '../../../src/analysis/trial';
import { activeRecord, coreSetRecord, sweepRuns } from '../../fixtures/sweep/make-sweep';

function trial(changes: Partial<Trial>, accuracy: number, seconds = 100): Trial {
  return {
    protocol: 'active',
    dataset: 'fashion-mnist',
    pool: 1000,
    test: 10_000,
    method: 'random',
    target: 'big',
    oracle: false,
    seed: 1,
    folder: '.',
    points: [
      {
        examples: 100,
        testAccuracy: accuracy,
        selectionSeconds: seconds,
        targetTrainSeconds: 50,
        endToEndSeconds: seconds + 50,
      },
    ],
    ...changes,
  };
}

describe('compareWithRandom', () => {
  test('is the paired t interval: known differences 1, 2, 3 points', () => {
    const pairs = [
      [0.91, 0.9],
      [0.82, 0.8],
      [0.73, 0.7],
    ] as const;
    const { outcome, difference, by } = compareWithRandom(pairs, 10_000)!;
    expect(by).toBe('seeds');
    expect(difference.mean).toBeCloseTo(0.02, 12);
    // 4.3027 · 0.01 / √3 = 0.02484: zero is inside, although all three differences are above it.
    expect(difference.low).toBeCloseTo(0.02 - 0.0248414, 6);
    expect(outcome).toBe('undecided');
  });

  test('is better or worse where the interval leaves out zero', () => {
    const up = [0.02, 0.021, 0.019].map((gain) => [0.9 + gain, 0.9] as const);
    expect(compareWithRandom(up, 100)!.outcome).toBe('better');
    expect(
      compareWithRandom(
        up.map(([a, b]) => [b, a] as const),
        100,
      )!.outcome,
    ).toBe('worse');
  });

  test('with one seed it is what the test set leaves, and says so', () => {
    const one = compareWithRandom([[0.92, 0.9]], 10_000)!;
    const reach = 1.96 * Math.sqrt((0.92 * 0.08 + 0.9 * 0.1) / 10_000);
    expect(one).toMatchObject({ by: 'test set', outcome: 'better' });
    expect(one.difference.low).toBeCloseTo(0.02 - reach, 10);
    expect(compareWithRandom([[0.92, 0.9]], 100)!.outcome).toBe('undecided');
    expect(compareWithRandom([], 100)).toBeUndefined();
  });
});

describe('series', () => {
  const trials = [1, 2, 3].flatMap((seed) => [
    trial({ seed }, 0.8 + seed / 100, 0),
    trial({ seed, method: 'entropy', proxy: 'big', oracle: true }, 0.85 + seed / 100, 400),
    trial({ seed, method: 'entropy', proxy: 'small' }, 0.846 + seed / 100, 100),
  ]);

  test('average seeds, pair them with random’s, and set speed-ups against the baseline', () => {
    const [group] = seriesGroups([...trials].reverse());
    expect(group.series.map((series) => series.label)).toEqual([
      'random',
      'entropy, big (baseline)',
      'entropy, small',
    ]);
    const [random, baseline, proxy] = group.series.map((series) => pointAt(series, 100)!);
    expect(random.accuracy).toEqual({ n: 3, mean: expect.closeTo(0.82, 12), std: expect.closeTo(0.01, 12) });
    expect(random.againstRandom).toBeUndefined();
    expect(proxy.againstRandom!.outcome).toBe('better');
    expect(proxy.againstRandom!.difference).toMatchObject({ n: 3, mean: expect.closeTo(0.046, 12) });
    expect([baseline.selectionSpeedUp, proxy.selectionSpeedUp]).toEqual([1, 4]);
    expect([baseline.likeBaseline, proxy.likeBaseline]).toEqual([true, true]);
  });

  test('a proxy more than one standard deviation below the baseline is not marked', () => {
    const worse = trials.map((t) =>
      t.proxy === 'small'
        ? { ...t, points: [{ ...t.points[0], testAccuracy: t.points[0].testAccuracy - 0.02 }] }
        : t,
    );
    expect(seriesGroups(worse)[0].series[2].points[0].likeBaseline).toBe(false);
  });

  test('only seeds that both were run with are paired; other data or targets never meet', () => {
    const own = trial({ seed: 3, method: 'entropy', proxy: 'small' }, 0.9);
    const groups = seriesGroups([
      trial({ seed: 1 }, 0.8),
      trial({ seed: 3 }, 0.84),
      own,
      trial({ dataset: 'mnist' }, 0.99),
    ]);
    expect(groups).toHaveLength(2);
    expect(groups[0].series[1].points[0].againstRandom).toMatchObject({
      by: 'test set',
      difference: { n: 1 },
    });
    expect(groups[0].series[1].points[0].againstRandom!.difference.mean).toBeCloseTo(0.06, 12);
  });

  test('verdicts say where random wins, keeps up or is missing', () => {
    const verdict = (list: Trial[]) => protocolVerdict(seriesGroups(list)[0]).headline;
    expect(verdict(trials)).toBe(
      'Methods beat random in 2 of 2 comparisons, by more than chance may explain, and never fell behind it.',
    );
    const lost = trials.map((t) =>
      t.method === 'random' ? { ...t, points: [{ ...t.points[0], testAccuracy: 0.95 + t.seed / 100 }] } : t,
    );
    expect(verdict(lost)).toMatch(/beat random in 0 of 2 comparisons.*fell behind it in 2/);
    expect(verdict(trials.filter((t) => t.method !== 'random'))).toMatch(
      /no random selection of the same size/,
    );
    const even = [trial({}, 0.8), trial({ method: 'entropy', proxy: 'small' }, 0.801)];
    expect(verdict(even)).toMatch(/^Random kept up: in none of 1 comparison /);
    expect(protocolVerdict(seriesGroups(even)[0]).details.at(-1)).toMatch(/^There is one seed:/);
  });
});

describe('tables', () => {
  const size = { pool: 20_000, seeds: [1, 2, 3] };
  const trials = sweepRuns(size).flatMap((run) =>
    run.kind === 'active'
      ? [activeTrial(activeRecord(run, size), run.folder, run)]
      : coreSetTrials(coreSetRecord(run, size), run.folder, run),
  );
  const groups = seriesGroups(trials);

  test('are in the paper’s shape: methods and proxies by budgets', () => {
    expect(groups.map((group) => group.protocol)).toEqual(['active', 'core-set']);
    const [active, coreSet] = groups.map(protocolTable);
    expect(active.blocks.map((block) => block.key)).toEqual([
      'error',
      'againstRandom',
      'selectionSpeedUp',
      'selectionTime',
      'totalTime',
    ]);
    expect(active.blocks[0].budgets).toEqual([
      '10\u00a0%',
      '20\u00a0%',
      '30\u00a0%',
      '40\u00a0%',
      '50\u00a0%',
    ]);
    expect(active.blocks[0].rows).toHaveLength(5);
    expect(active.blocks[0].cells[0][0].text).toMatch(/^\d+\.\d\d\u00a0±\u00a0\d\.\d\d$/);
    // Random chooses nothing: it has no line among the speed-ups, nor against itself.
    expect(active.blocks[2].rows.map((row) => row.proxy)).toEqual([
      'preact20 (baseline)',
      'preact20-short',
      'preact8',
    ]);
    expect(coreSet.blocks.map((block) => block.key)).toContain('totalSpeedUp');
    expect(coreSet.blocks[0].rows.at(-1)).toEqual({ method: 'Full pool', proxy: '—' });
    expect(coreSet.blocks[0].budgets.at(-1)).toBe('100\u00a0%');
    for (const { blocks } of [active, coreSet]) {
      for (const { rows, budgets, cells } of blocks) {
        expect(cells).toHaveLength(rows.length);
        for (const row of cells) expect(row).toHaveLength(budgets.length);
      }
    }
  });

  test('the full pool’s trainings of several runs with one seed count once', () => {
    expect(groups[1].full!.seeds).toEqual([1, 2, 3]);
    expect(groups[1].full!.points[0].accuracy.n).toBe(3);
  });

  test('as text, as Markdown and as CSV', () => {
    const text = formatProtocols(groups);
    expect(text).toContain('Active learning on Fashion-MNIST, target preact20');
    expect(text).toMatch(/Least confidence, preact20 \(baseline\) {2,}/);
    expect(text).not.toContain('\u00a0');
    const markdown = protocolsMarkdown(groups);
    expect(markdown).toContain(
      '| Method | Proxy | 10 % | 20 % | 30 % | 40 % | 50 % |\n|---|---|--:|--:|--:|--:|--:|\n| Random |',
    );
    const csv = trialsCsv(trials).trim().split('\n');
    expect(csv).toHaveLength(1 + 5 * 3 * 5 + 4 * 3 * (3 + 1));
    expect(csv[0].split(',')).toHaveLength(csv[1].split(',').length);
    const first = trials[0];
    expect(csv[1]).toBe(
      [
        'active',
        'fashion-mnist',
        'random',
        '',
        'preact20',
        'false',
        first.seed,
        2000,
        0.1,
        first.points[0].testAccuracy,
        first.points[0].selectionSeconds,
        first.points[0].targetTrainSeconds,
        first.points[0].endToEndSeconds,
      ].join(','),
    );
  });
});
