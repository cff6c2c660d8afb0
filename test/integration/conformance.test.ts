/**
 * Cases with known answers from other tools' suites, each through the library and through the command line.
 * Ties go to the lowest row; picks are listed in order.
 */
import { promises as fs, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/core/random';
import { writeNpy } from '../../src/data/formats/npy';
import { ForgettingTracker, kCenterGreedy, type Matrix, select, uncertainty } from '../../src/index';
import { runSvp } from '../process/run-svp';

const folder = mkdtempSync(join(tmpdir(), 'svp-conformance-'));
afterAll(() => fs.rm(folder, { recursive: true }));
let files = 0;

function matrix(rows: number[][]): Matrix {
  return { data: Float32Array.from(rows.flat()), rows: rows.length, columns: rows[0]?.length ?? 1 };
}

async function npy({ data, rows, columns }: Matrix): Promise<string> {
  const file = join(folder, `${files++}.npy`);
  await writeNpy(file, data, [rows, columns]);
  return file;
}

interface Answer {
  indices: number[];
  radii?: (number | null)[];
  scores?: number[];
}

/** `svp select …  --json` as an object; a failure shows what the command said. */
async function command(...args: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await runSvp(['select', ...args, '--json', '--quiet']);
  if (code !== 0) throw new Error(`svp select ${args.join(' ')} exited with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}

/** The same k-centers selection by each door. */
const DOORS: [string, (features: Matrix, budget: number, initial?: number[]) => Promise<Answer>][] = [
  [
    'kCenterGreedy',
    async (features, budget, initial) => {
      const from = initial ? { initial: Uint32Array.from(initial) } : { start: 0 };
      const { indices, radii } = await kCenterGreedy(features, { budget, ...from });
      return { indices: Array.from(indices), radii: Array.from(radii) };
    },
  ],
  [
    'select()',
    async (features, budget, initial) => {
      const from = initial ? { initial: Uint32Array.from(initial) } : { start: 0 };
      const { indices, radii } = await select({ method: 'kcenters', features, budget, ...from });
      return { indices: Array.from(indices), radii: Array.from(radii as Float64Array) };
    },
  ],
  [
    'svp select',
    async (features, budget, initial) => {
      let from = ['--start', '0'];
      if (initial) {
        const file = join(folder, `${files++}.index`);
        await fs.writeFile(file, initial.map((row) => `${row}\n`).join(''));
        from = ['--initial', file];
      }
      return command(await npy(features), '--method', 'k-centers', '--budget', String(budget), ...from);
    },
  ],
];

/** '0,1 2,3' → [[0, 1], [2, 3]] */
const points = (text: string) => text.split(' ').map((point) => point.split(',').map(Number));

describe.each(DOORS)('k-centers by %s', (_name, pick) => {
  test.each([
    ['torch_cluster', '-1,-1 -1,1 1,1 1,-1 -2,-2 -2,2 2,2 2,-2', 4, [0, 6, 5, 7]],
    ['pytorch3d', '-1,-1 -1.3,1.1 .2,-1.1 0,0 1.3,1.3 1,.5 -1.3,.2 1.5,-.5', 3, [0, 4, 1]],
    ['greedypermutation, three values', '0 1 2', 3, [0, 2, 1]],
    ['greedypermutation, values 0,30,20,5,3,1', '0 1 3 5 20 30', 6, [0, 5, 4, 3, 2, 1]],
  ])('%s', async (_case, rows, budget, expected) => {
    expect((await pick(matrix(points(rows)), budget)).indices).toEqual(expected);
  });

  test('goldener: with duplicates the picks stay distinct', async () => {
    const { indices, radii } = await pick(matrix(points('0,0 1,0 1,0 3,0')), 4);
    expect(indices).toEqual([0, 3, 1, 2]);
    expect(radii?.slice(1)).toEqual([3, 1, 0]);
  });

  test.each([32, 512, 513, 3000])(
    'kaolin: n = %i, half of the points identical: k distinct picks, each the farthest at its moment',
    async (n) => {
      const random = new Random(n);
      const rows = Array.from({ length: n }, (_, row) =>
        row % 2 ? [0.5, 0.5, 0.5] : [random.uniform(), random.uniform(), random.uniform()],
      );
      const features = matrix(rows);
      for (const k of [0, 1, 8, 32, n]) {
        const { indices, radii } = await pick(features, k);
        expect(new Set(indices).size).toBe(k);
        expect(indices).toHaveLength(k);
        expectFarthest(features, indices, radii as number[]);
      }
    },
  );

  test('on integer points radii never increase, and every prefix is the selection of that size', async () => {
    const random = new Random(7);
    const features = matrix(Array.from({ length: 60 }, () => [random.below(20), random.below(20)]));
    const { indices, radii } = await pick(features, 60);
    for (let i = 2; i < 60; i++) expect(radii![i]).toBeLessThanOrEqual(radii![i - 1] as number);
    for (const k of [1, 2, 5, 17, 59]) expect((await pick(features, k)).indices).toEqual(indices.slice(0, k));
  });

  test('going on from an initial pool in batches equals selecting at once', async () => {
    const random = new Random(8);
    const features = matrix(
      Array.from({ length: 80 }, () => [random.normal(), random.normal(), random.normal()]),
    );
    const { indices } = await pick(features, 40);
    let sofar = indices.slice(0, 1);
    for (const batch of [9, 10, 20]) sofar = [...sofar, ...(await pick(features, batch, sofar)).indices];
    expect(sofar).toEqual(indices);
  });
});

/** Each pick after the first must be a farthest one, the lowest row on ties, at the radius given. */
function expectFarthest({ data, rows }: Matrix, indices: number[], radii: (number | null)[]): void {
  // Squared distance to the nearest pick so far; −1 for rows picked, which are out of the race also where all are at 0.
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const farthest = [];
  const distances = [];
  for (const [step, picked] of indices.entries()) {
    let best = step === 0 ? picked : 0;
    for (let row = 0; row < rows; row++) if (nearest[row] > nearest[best]) best = row;
    farthest.push(best);
    distances.push(nearest[best] === Number.POSITIVE_INFINITY ? radii[step] : Math.sqrt(nearest[best]));
    for (let row = 0; row < rows; row++) {
      const x = data[row * 3] - data[picked * 3];
      const y = data[row * 3 + 1] - data[picked * 3 + 1];
      const z = data[row * 3 + 2] - data[picked * 3 + 2];
      // Three columns: the numerics contract adds the first and the third before the second.
      nearest[row] = Math.min(nearest[row], x * x + z * z + y * y);
    }
    nearest[picked] = -1;
  }
  expect(indices).toEqual(farthest);
  expect(radii).toEqual(distances);
}

describe('uncertainty (scikit-activeml)', () => {
  const logits = matrix(points('.2,.5,.3 .1,.7,.2').map((row) => row.map(Math.log)));
  const CASES = [
    ['least-confidence', 'leastConfidence', [0.5, 0.3]],
    ['entropy', 'entropy', [1.029653014, 0.8018185525]],
    ['margin', 'margin', [0.8, 0.5]],
  ] as const;

  test.each(CASES)('%s by the library', async (method, measure, expected) => {
    const values = (await uncertainty(logits, { measures: [measure] }))[measure] as Float32Array;
    const { indices, scores } = await select({ method, logits, budget: 2 });
    expect(Array.from(indices)).toEqual([0, 1]);
    expected.forEach((value, row) => {
      expect(values[row]).toBeCloseTo(value, 6);
      expect((scores as Float32Array)[row]).toBe(values[row]);
    });
  });

  test.each(CASES)('%s by the command line', async (method, _measure, expected) => {
    const answer = await command('--logits', await npy(logits), '--method', method, '--budget', '100%');
    expect(answer.indices).toEqual([0, 1]);
    expected.forEach((value, i) => {
      expect(answer.scores?.[i]).toBeCloseTo(value, 6);
    });
  });

  test('a zero probability: entropy .610864, not NaN', async () => {
    const zero = matrix([[0.7, 0.3, 0].map(Math.log)]);
    expect((await uncertainty(zero, { measures: ['entropy'] })).entropy?.[0]).toBeCloseTo(0.610864, 6);
    const answer = await command('--logits', await npy(zero), '--method', 'entropy', '--budget', '1');
    expect(answer.scores?.[0]).toBeCloseTo(0.610864, 6);
  });
});

describe('forgetting events', () => {
  // Presentations of three examples, one row an epoch: 0,1,0,1,0 then 1,1,1,1,1 then never correct.
  const epochs = points('0,1,0 1,1,0 0,1,0 1,1,0 0,1,0');
  const tracker = new ForgettingTracker(3);
  for (const correct of epochs) tracker.update(Uint32Array.of(0, 1, 2), Uint8Array.from(correct));

  test('two events; none; never learned: infinite, or its presentations, or zero', () => {
    expect(Array.from(tracker.counts())).toEqual([2, 0, Number.POSITIVE_INFINITY]);
    expect(Array.from(tracker.counts('presentations'))).toEqual([2, 0, 5]);
    expect(Array.from(tracker.counts('zero'))).toEqual([2, 0, 0]);
  });

  test.each([
    ['infinite', [2, 0, 1]],
    ['zero', [0, 1, 2]],
  ] as const)('never learned as %s, by the library and the command line', async (never, expected) => {
    const counts = tracker.counts(never === 'zero' ? 'zero' : 'infinity');
    const { indices } = await select({ method: 'forgetting_events', forgetting: counts, budget: 3 });
    expect(Array.from(indices)).toEqual(never === 'zero' ? [0, 1, 2] : [2, 0, 1]);
    const file = join(folder, `${files++}.npy`);
    await writeNpy(file, counts, [3]);
    const answer = await command('--forgetting', file, '--method', 'forgetting-events', '--budget', '3');
    expect(answer.indices).toEqual(expected);
  });
});
