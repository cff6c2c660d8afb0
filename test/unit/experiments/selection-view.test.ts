import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { Random } from '../../../src/core/random';
import { coverageOf } from '../../../src/experiments/coverage';
import { principalPlane, symmetricEigen } from '../../../src/experiments/principal-plane';
import { selectionView } from '../../../src/experiments/selection-view';
import { writeSweep } from '../../fixtures/sweep/make-sweep';
import { sampleDataset } from './sample-images';

/** Rows that are stretched by `scales` along random orthogonal directions. */
function stretched(rows: number, scales: readonly number[], seed: number) {
  const random = new Random(seed);
  const columns = scales.length;
  const axes = symmetricEigen(
    ((m) => m.map((row, i) => row.map((value, j) => value + m[j][i])))(
      scales.map(() => scales.map(() => random.normal())),
    ),
  ).vectors;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (const [a, scale] of scales.entries()) {
      const along = scale * random.normal();
      for (let j = 0; j < columns; j++) data[i * columns + j] += 5 + along * axes[a][j];
    }
  }
  return { data, rows, columns };
}

/** Eigenvalues of the scatter matrix by Jacobi on the whole of it. */
function scatter({ data, rows, columns }: ReturnType<typeof stretched>) {
  const mean = Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += data[i * columns + j];
    return sum / rows;
  });
  return mean.map((_a, p) =>
    mean.map((_b, q) => {
      let sum = 0;
      for (let i = 0; i < rows; i++)
        sum += (data[i * columns + p] - mean[p]) * (data[i * columns + q] - mean[q]);
      return sum;
    }),
  );
}

describe('principalPlane', () => {
  test('equals the eigenvectors of the whole covariance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 2, max: 9 }), (seed, columns) => {
        const scales = Array.from({ length: columns }, (_, i) => 4 / (1 + i) ** 1.5);
        const matrix = stretched(60, scales, seed);
        const { x, y, variance } = principalPlane(matrix);
        const { values } = symmetricEigen(scatter(matrix));
        const total = values.reduce((a, b) => a + b, 0);
        expect(variance[0]).toBeCloseTo(values[0] / total, 6);
        expect(variance[1]).toBeCloseTo(values[1] / total, 6);
        const squares = (list: Float64Array) => list.reduce((sum, value) => sum + value * value, 0);
        expect(squares(x) / values[0]).toBeCloseTo(1, 6);
        expect(squares(y) / values[1]).toBeCloseTo(1, 5);
        expect(x.reduce((sum, value, i) => sum + value * y[i], 0) / total).toBeCloseTo(0, 5);
      }),
      { numRuns: 60 },
    );
  });

  test('a line, a point, one column and bad values', () => {
    const line = principalPlane({ data: Float32Array.of(0, 0, 3, 4, 6, 8), rows: 3, columns: 2 });
    expect(Array.from(line.x)).toEqual([-5, 0, 5].map((v) => expect.closeTo(v, 6)));
    expect(line.variance[0]).toBeCloseTo(1, 10);
    expect(principalPlane({ data: new Float32Array(8).fill(2), rows: 4, columns: 2 }).variance).toEqual([
      0, 0,
    ]);
    const one = principalPlane({ data: Float32Array.of(1, 3), rows: 2, columns: 1 });
    expect([Array.from(one.x), Array.from(one.y)]).toEqual([
      [-1, 1],
      [0, 0],
    ]);
    expect(() => principalPlane({ data: Float32Array.of(1, NaN), rows: 1, columns: 2 })).toThrow(
      expect.objectContaining({ code: 'SVP_E_NONFINITE', row: 0, column: 1 }),
    );
  });
});

test('coverage equals its definition', async () => {
  const { data, rows, columns } = stretched(40, [3, 1, 1], 9);
  const places = Float64Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? (i * 7) % 40 : Infinity));
  const { points } = await coverageOf({ data, rows, columns }, places, [10, 25, 40]);
  for (const { examples, sampled, radius, mean } of points) {
    const picked = [...places.keys()].filter((i) => places[i] < examples);
    const distances = Array.from({ length: rows }, (_, i) =>
      Math.min(
        ...picked.map((p) =>
          Math.hypot(...[0, 1, 2].map((k) => data[i * columns + k] - data[p * columns + k])),
        ),
      ),
    );
    expect(sampled).toBe(picked.length);
    expect(radius).toBeCloseTo(Math.max(...distances), 9);
    expect(mean).toBeCloseTo(distances.reduce((a, b) => a + b, 0) / rows, 9);
  }
  expect(points.map((p) => p.radius)).toEqual(points.map((p) => p.radius).sort((a, b) => b - a));
});

describe('selectionView', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-view-'));
    await writeSweep(folder, { pool: 1000, seeds: [2, 3] });
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));

  test('of a sweep: its first seed on one map, covered better by more', async () => {
    const view = await selectionView(folder, { dataset: sampleDataset(1000) });
    expect(view.notes).toEqual([]);
    expect(view.map!.selections.map((s) => s.label)).toEqual([
      'active, random',
      'active, least-confidence, preact20',
      'active, least-confidence, preact20-short',
      'active, least-confidence, preact8',
      'active, k-centers, preact8',
      'random',
      'forgetting-events, preact20',
      'forgetting-events, preact8',
      'k-centers, preact8',
    ]);
    expect(view.map!.labels).toHaveLength(1000);
    // The sample is the whole pool here: the first budget of the core-set runs is 300.
    expect(view.map!.selections[5].positions).toHaveLength(300);
    for (const { points } of view.coverage) {
      for (const [i, point] of points.entries()) {
        if (i > 0) expect(point.radius).toBeLessThanOrEqual(points[i - 1].radius);
      }
    }
    expect(view.galleries.map((gallery) => gallery.method).sort()).toEqual([
      'forgetting-events',
      'k-centers',
      'least-confidence',
      'random',
    ]);
    const forgetting = view.galleries.find((gallery) => gallery.method === 'forgetting-events')!;
    const order = (
      await fs.readFile(path.join(folder, 'core-set/forgetting-events/preact8/seed-2/ranking.index'), 'utf8')
    )
      .trim()
      .split('\n')
      .map(Number);
    expect(forgetting.keptFirst.map((image) => image.index)).toEqual(order.slice(0, 16));
    expect(forgetting.droppedFirst.map((image) => image.index)).toEqual(order.slice(-16).reverse());
  });

  test('of a pool of texts: snippets', async () => {
    const texts = Array.from({ length: 1000 }, (_, i) => `text  ${i} ${'long '.repeat(100)}`);
    const run = path.join(folder, 'core-set/forgetting-events/preact8/seed-2');
    const view = await selectionView(run, {
      texts: { texts, classNames: texts.map((_t, i) => `c${i % 2}`) },
      gallery: 3,
    });
    expect(view.map).toBeUndefined();
    expect(view.notes).toEqual(['No run kept features of a sample of its pool: there is no map of them.']);
    const [{ keptFirst, droppedFirst }] = view.texts;
    expect([keptFirst.length, droppedFirst.length]).toEqual([3, 3]);
    expect(keptFirst[0].text).toMatch(new RegExp(`^text ${keptFirst[0].index} long .* …$`));
    expect(keptFirst[0].className).toBe(`c${keptFirst[0].index % 2}`);
  });

  test('what cannot be read is a note, what is no run an error', async () => {
    const run = path.join(folder, 'core-set/k-centers/preact8/seed-2');
    const view = await selectionView(run, { dataset: sampleDataset(10) });
    expect(view.notes.join()).toContain('is it the same data set?');
    expect((await selectionView(run, { dataset: 'no-such-set' })).notes.join()).toContain('cannot be loaded');
    await expect(selectionView(path.join(folder, 'none'))).rejects.toThrow(
      expect.objectContaining({ code: 'SVP_E_FILE' }),
    );
    await expect(selectionView(run, { galery: 3 } as never)).rejects.toThrow(/Did you mean gallery/);
  });
});
