import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Random } from '../../../src/core/random';
import { writeNpy } from '../../../src/data/formats/npy';
import { kCenterGreedyOracle } from '../../reference/k-center-greedy';
import { inBench } from './modules';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'svp-bench-k-centers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A pool with two rows that are equally far: either may be picked. */
const points = [[0], [10], [-10], [4], [-3]];
const compare = (theirs: number[]) =>
  inBench<{ compared: number; equal: number; deviation?: number; words: string; problem: string }>(
    `const a = await load('cases/k-centers-answers.mjs');
    const row = (i) => Float32Array.from(input.points[i]);
    const ours = { indices: Uint32Array.of(0, 1, 2, 3, 4), radii: Float64Array.of(Infinity, 10, 10, 4, 3) };
    const agreement = a.comparePicks(ours, { indices: Uint32Array.from(input.theirs) }, row);
    let problem = '';
    try { a.requireAgreement(agreement, 'rival'); } catch (error) { problem = error.message; }
    return { ...agreement, words: a.describeAgreement(agreement), problem };`,
    { points, theirs },
  );

test('a rival may take the other of two rows that are equally far, and no other row', () => {
  expect(compare([0, 1, 2, 3, 4])).toEqual({
    compared: 5,
    equal: 5,
    words: '5 picks, all the same',
    problem: '',
  });
  expect(compare([0, 1, 2])).toMatchObject({ compared: 3, equal: 3, problem: '' });
  const swapped = compare([0, 2, 1, 3, 4]);
  expect(swapped).toMatchObject({ compared: 5, equal: 1, deviation: 0, problem: '' });
  expect(swapped.words).toMatch(/^first 1 of 5 picks the same/);
  const wrong = compare([0, 1, 3, 2, 4]);
  expect(wrong.deviation).toBeCloseTo(0.6);
  expect(wrong.problem).toMatch(/rival: its radii differ from ours by 0\.6/);
});

test('one bit of one radius is enough to differ from the oracle', () => {
  const check = (radius: number) =>
    inBench<string>(
      `const { requireSameBits } = await load('cases/k-centers-answers.mjs');
      const oracle = { indices: Uint32Array.of(0, 5), radii: Float64Array.of(Infinity, 1.5) };
      try { requireSameBits({ ...oracle, radii: Float64Array.of(Infinity, input) }, oracle, 'ours'); } catch (e) { return e.message; }
      return '';`,
      radius,
    );
  expect(check(1.5)).toBe('');
  expect(check(1.5 + 2 ** -52)).toMatch(
    /^ours: pick 1 is row 5 at radius 1\.5000000000000002, .* row 5 at radius 1\.5\.$/,
  );
});

test('the positions whose radii are compared ascend and reach the last pick', () => {
  const sampled = inBench<number[][]>(
    `const { sampledPositions } = await load('cases/k-centers-answers.mjs');
    return [0, 1, 2, 300, 301, 128116].map(sampledPositions);`,
  );
  expect(sampled.slice(0, 3)).toEqual([[], [], [1]]);
  for (const positions of sampled.slice(3)) {
    expect(positions.every((position, i) => i === 0 || position > positions[i - 1])).toBe(true);
  }
  expect(sampled.map((positions) => positions.at(-1))).toEqual([undefined, undefined, 1, 299, 300, 128115]);
  expect(sampled[5].length).toBeLessThan(400);
});

test('every target is measured: against a rival of its case, over enough picks', () => {
  const plan = inBench<{ problems: string[]; ids: string[]; picks: Record<string, number> }>(
    `const plan = await load('cases/k-centers-plan.mjs');
    const problems = [];
    const picks = {};
    for (const name of Object.keys(plan.CASES)) {
      for (const quick of [false, true]) {
        const spec = plan.caseOf(name, quick);
        for (const id of Object.keys(spec.targets)) if (!spec.rivals.includes(id)) problems.push(name + ' ' + id);
        if (spec.picks > spec.input.rows) problems.push(name + ' picks');
        for (const { id, picks: timed, kind, runs } of plan.subjectsOf(spec, { peers: true, runs: 2 })) {
          if (!(timed >= 3) || !(runs >= 1)) problems.push(name + ' ' + id + ' ' + timed);
          if (kind !== 'python' && timed !== spec.picks) problems.push(id + ' is not whole');
          if (!quick) picks[name + ' ' + id] = timed;
        }
      }
    }
    const spec = plan.caseOf('trained-1281k', false);
    return { problems, picks, ids: plan.subjectsOf(spec, { peers: false, runs: 2 }).map(({ id }) => id) };`,
  );
  expect(plan.problems).toEqual([]);
  expect(plan.ids).toEqual(['svp-2', 'svp-1']);
  expect(plan.picks['trained-1281k prototype']).toBe(128_116);
  expect(plan.picks['trained-1281k torch-pairwise']).toBe(3);
  expect(plan.picks['ranking-70k sklearn']).toBe(300);
});

test('figures are medians, extrapolated per pick, and held against the targets', () => {
  const figures = inBench<{
    subjects: { id: string; seconds: number; extrapolated: boolean; oursIsFasterBy?: number }[];
    targets: { against: string; measured: number; met: boolean }[];
    twoThreads: { measured: number; met: boolean };
    memory: { met: boolean };
    text: string;
  }>(
    `const { caseFigures } = await load('cases/k-centers-figures.mjs');
    const { section } = await load('cases/k-centers-section.mjs');
    const spec = {
      name: 'x', title: 'a case', input: { kind: 'noise', rows: 9, columns: 2 }, picks: 100, oracle: 7,
      targets: { slow: 50, fast: 50 }, memory: 10,
    };
    const trial = (id, picks, ...seconds) => ({
      subject: { id, label: id },
      outputs: seconds.map((s) => ({ seconds: s, picks, peakBytesBesideFeatures: 11, radius: 1 })),
      agreement: { compared: picks, equal: picks },
    });
    const trials = [trial('svp-2', 100, 2, 1, 9), trial('svp-1', 100, 3), trial('slow', 5, 5.5, 5, 4), trial('fast', 100, 99)];
    const figures = caseFigures(spec, trials);
    const record = { cases: [figures], growth: [], versions: [], machine: 'here', measuredAt: '2026-01-01' };
    return { ...figures, text: section(record) };`,
  );
  expect(figures.subjects.map(({ id, seconds }) => [id, seconds])).toEqual([
    ['svp-2', 2],
    ['svp-1', 3],
    ['slow', 100],
    ['fast', 99],
  ]);
  expect(figures.subjects.map(({ extrapolated }) => extrapolated)).toEqual([false, false, true, false]);
  expect(figures.targets).toEqual([
    { against: 'slow', wanted: 50, measured: 50, met: true },
    { against: 'fast', wanted: 50, measured: 49.5, met: false },
  ]);
  expect(figures.twoThreads).toMatchObject({ measured: 1.5, met: false });
  expect(figures.memory.met).toBe(false);
  expect(figures.text).toMatch(/\| slow \| 5 \| 1 s \| ≈ 100 s \| 1 \| 50 × \|/);
  expect(figures.text).toMatch(/speed against slow \| ≥ 50 × \| 50 × \| met/);
  expect(figures.text).toMatch(/speed against fast \| ≥ 50 × \| 49\.5 × \| missed/);
});

test('finished trials are found again, by the next process too, until the bench starts afresh', () => {
  const file = path.join(folder, 'results', 'partial.json');
  const seen = inBench<unknown[]>(
    `const { TrialStore, keyOf } = await load('cases/k-centers-store.mjs');
    new TrialStore(input).put(keyOf(['a', 1]), { output: { seconds: 2 } });
    const again = new TrialStore(input);
    const fresh = new TrialStore(input, { fresh: true });
    return [again.find(keyOf(['a', 1])), again.find(keyOf(['a', 2])) ?? null, fresh.find(keyOf(['a', 1])) ?? null];`,
    file,
  );
  expect(seen).toEqual([{ output: { seconds: 2 } }, null, null]);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
  const open = () =>
    inBench(`const { TrialStore } = await load('cases/k-centers-store.mjs'); new TrialStore(input);`, file);
  expect(open).toThrow(/partial\.json cannot be read .* --fresh/);
});

test('growth is drawn on one scale, the growth with picks from the progress of one run', () => {
  const drawn = inBench<{ points: { axis: string; at: number }[]; svg: string }>(
    `const { growthFigures } = await load('cases/k-centers-figures.mjs');
    const { growthSvg } = await load('cases/k-centers-chart.mjs');
    const curve = Array.from({ length: 50 }, (_, i) => [i * 100, i / 10 + 0.01]);
    const points = growthFigures([
      { axis: 'n', at: 100, output: { seconds: 1 } },
      { axis: 'n', at: 1000, output: { seconds: 5 } },
      { axis: 'k', at: 9, output: { seconds: 6, picks: 5000, curve } },
    ]);
    return { points, svg: await growthSvg(points) };`,
  );
  const picks = drawn.points.filter(({ axis }) => axis === 'k').map(({ at }) => at);
  expect(picks[0]).toBe(100);
  expect(picks.at(-1)).toBe(5000);
  expect(picks.length).toBeLessThan(20);
  expect(drawn.svg).toMatch(/^<svg[^>]*xmlns/);
});

test('the float64 loop and the C++ rival answer what the oracle in TypeScript answers', async () => {
  const random = new Random(3);
  const features = { rows: 203, columns: 11, data: new Float32Array(203 * 11).map(() => random.normal()) };
  const file = path.join(folder, 'features.npy');
  await writeNpy(file, features.data, [features.rows, features.columns]);
  const answers = inBench<{ indices: number[]; radii?: (number | null)[] }[]>(
    `const { spawnSync } = await import('node:child_process');
    const { readFileSync } = await import('node:fs');
    const { PROGRAMS } = await load('cases/k-centers-programs.mjs');
    const { parseAnswer } = await load('cases/k-centers-answers.mjs');
    return ['k-centers-oracle', 'k-centers-row-per-pick'].map((name) => {
      const answer = input.file + '.' + name;
      const { status, stderr } = spawnSync(PROGRAMS[name]().file, [input.file, '203', '2', answer], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      const { indices, radii } = parseAnswer(readFileSync(answer), 203);
      return { indices: [...indices], ...(radii && { radii: [...radii] }) };
    });`,
    { file },
  );
  const expected = kCenterGreedyOracle(features, { budget: 203, first: [0] });
  expect(answers[0].indices).toEqual(expected.indices);
  expect(answers[0].radii?.slice(1)).toEqual(expected.radii.slice(1));
  expect(answers[1].indices).toEqual(expected.indices);
});
