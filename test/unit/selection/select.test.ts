import fc from 'fast-check';
import type { Matrix } from '../../../src/core/matrix';
import { Random } from '../../../src/core/random';
import { findMethod, methodNames } from '../../../src/selection/registry';
import { type SelectOptions, select } from '../../../src/selection/select';

function normals(rows: number, columns: number, seed = 1): Matrix {
  const random = new Random(seed);
  return { data: Float32Array.from({ length: rows * columns }, () => random.normal()), rows, columns };
}

/** Everything a method of the registry needs, for a pool of n rows. */
function inputs(method: string, n: number): Partial<SelectOptions> {
  switch (findMethod(method).needs) {
    case 'features':
      return { features: normals(n, 5), start: 0 };
    case 'logits':
      return { logits: normals(n, 4) };
    case 'forgetting':
      return {
        forgetting: Float64Array.from({ length: n }, (_, i) => (i % 11 === 0 ? Infinity : (i * 7) % 5)),
      };
    default:
      return { poolSize: n };
  }
}

const rejected = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

describe.each(methodNames())('select by %s', (method) => {
  const n = 120;

  test('picks are distinct rows of the pool, as many as asked, and never from the initial pool', async () => {
    const initial = Uint32Array.of(3, 1, 119);
    for (const budget of [0, 1, 17, n - 3]) {
      const { start: _start, ...given } = inputs(method, n);
      const { indices } = await select({ method, budget, initial, ...given });
      expect(indices).toHaveLength(budget);
      expect(new Set(indices).size).toBe(budget);
      for (const row of indices) expect(row < n && !initial.includes(row)).toBe(true);
    }
  });

  test('is the same every time, and a smaller budget gives a prefix', async () => {
    const all = (await select({ method, budget: n, ...inputs(method, n) })).indices;
    for (const budget of [1, 40, n]) {
      const { indices } = await select({ method, budget, ...inputs(method, n) });
      expect(Array.from(indices)).toEqual(Array.from(all.subarray(0, budget)));
    }
  });

  test('changes none of its inputs', async () => {
    const given = inputs(method, n);
    const initial = Uint32Array.of(5, 2);
    const before = structuredClone({ ...given, initial });
    const { start: _start, ...rest } = given;
    await select({ method, budget: 9, initial, ...rest });
    expect({ ...given, initial }).toEqual(before);
  });

  test.each([
    [-1, /-1/],
    [n + 1, /121.*120/],
    [0.5, /0\.5.*whole number.*120/],
    [undefined, /must be a number/],
  ])('a budget of %p is refused', async (budget, message) => {
    await expect(select({ method, ...inputs(method, n), budget: budget as number })).rejects.toMatchObject(
      rejected('SVP_E_BUDGET', message),
    );
  });

  test('an initial pool with a row twice, outside, or leaving too little is refused', async () => {
    const { start: _start, ...given } = inputs(method, n);
    const pick = (initial: Uint32Array, budget = 5) => select({ method, budget, initial, ...given });
    await expect(pick(Uint32Array.of(4, 7, 4))).rejects.toMatchObject(rejected('SVP_E_INDEX', /row 4 twice/));
    await expect(pick(Uint32Array.of(n))).rejects.toMatchObject(rejected('SVP_E_INDEX', /row 120.*120 rows/));
    await expect(pick(Uint32Array.of(0, 1), n - 1)).rejects.toMatchObject(
      rejected('SVP_E_BUDGET', /119.*118.*120.*initial pool of 2/),
    );
    await expect(pick([1] as never)).rejects.toMatchObject(rejected('SVP_E_SHAPE', /Uint32Array/));
  });

  test('an aborted signal ends it', async () => {
    await expect(
      select({ method, budget: 5, ...inputs(method, n), signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortError', code: 'SVP_E_ABORT' });
  });

  test('an unknown option suggests the near one', async () => {
    await expect(select({ method, budget: 5, ...inputs(method, n), sede: 1 } as never)).rejects.toMatchObject(
      rejected('SVP_E_OPTION', /"sede"\. Did you mean seed/),
    );
  });

  test('without what it needs it says so', async () => {
    const { needs } = findMethod(method);
    await expect(select({ method, budget: 1 })).rejects.toMatchObject(
      rejected('SVP_E_OPTION', needs === 'nothing' ? /poolSize/ : new RegExp(`needs ${needs}`)),
    );
  });
});

describe('select', () => {
  test('takes other spellings, and refuses unknown methods', async () => {
    const { indices } = await select({ method: 'Least_Confidence', budget: 2, logits: normals(5, 3) });
    expect(indices).toHaveLength(2);
    await expect(select({ method: 'kcentroids', budget: 1 })).rejects.toMatchObject(
      rejected('SVP_E_OPTION', /no selection method "kcentroids"/),
    );
    await expect(select({ method: 7 as never, budget: 1 })).rejects.toMatchObject({ code: 'SVP_E_OPTION' });
  });

  test("options of k-centers are refused for other methods, in select's words", async () => {
    for (const option of [
      'start',
      'metric',
      'radius',
      'randomInitial',
      'assignments',
      'device',
      'checkpoint',
      'classes',
    ]) {
      await expect(
        select({ method: 'random', budget: 1, poolSize: 3, [option]: 0 } as never),
      ).rejects.toMatchObject(
        rejected('SVP_E_OPTION', new RegExp(`${option} is for k-centers, not for random`)),
      );
    }
  });

  test('arrays that disagree about the size of the pool are refused', async () => {
    await expect(
      select({ method: 'entropy', budget: 1, logits: normals(4, 2), poolSize: 5 }),
    ).rejects.toMatchObject(rejected('SVP_E_SHAPE', /logits.*4 rows.*poolSize says 5/));
  });

  test('scores are of the whole pool, and order the picks', async () => {
    const { indices, scores } = await select({ method: 'margin', budget: 30, logits: normals(30, 6) });
    expect(scores).toHaveLength(30);
    for (let i = 1; i < 30; i++) expect(scores![indices[i]]).toBeLessThanOrEqual(scores![indices[i - 1]]);
  });

  test('random: every row is as likely as any other to be picked first', async () => {
    const counts = new Array(10).fill(0);
    for (let seed = 0; seed < 2_000; seed++) {
      counts[(await select({ method: 'random', budget: 1, poolSize: 10, seed })).indices[0]]++;
    }
    // 200 expected, standard deviation 13.4.
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(67);
  });

  test('forgetting counts may be of any number type; negative ones and NaN are refused with their row', async () => {
    const pick = (forgetting: SelectOptions['forgetting']) =>
      select({ method: 'forgetting', budget: 2, forgetting }).then(({ indices }) => Array.from(indices));
    for (const Type of [Float32Array, Uint32Array, Int32Array, Float64Array]) {
      expect(await pick(Type.of(1, 3, 2))).toEqual([1, 2]);
    }
    expect(await pick(Float64Array.of(5, Infinity, 2, Infinity))).toEqual([1, 3]);
    await expect(pick(Float64Array.of(1, -1))).rejects.toMatchObject({ code: 'SVP_E_FORMAT', row: 1 });
    await expect(pick(Float64Array.of(1, 2, NaN))).rejects.toMatchObject({ code: 'SVP_E_NONFINITE', row: 2 });
    await expect(pick([1, 2] as never)).rejects.toMatchObject({ code: 'SVP_E_SHAPE' });
  });
});

describe('row scorers', () => {
  const METHODS = ['least-confidence', 'margin', 'entropy'];

  test.each(METHODS)('%s in batches gives the scores of one pass, to the bit', async (method) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        async (batches) => {
          const rows = batches.reduce((a, b) => a + b);
          const logits = normals(rows, 5, rows);
          const scorer = findMethod(method).rowScorer!(rows);
          let at = 0;
          for (const size of batches) {
            await scorer.add({ data: logits.data.subarray(at * 5, (at + size) * 5), rows: size, columns: 5 });
            at += size;
          }
          expect(scorer.finish()).toEqual((await select({ method, budget: 0, logits })).scores);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('too many rows, and too few, are told', async () => {
    const scorer = findMethod('entropy').rowScorer!(3);
    await scorer.add(normals(2, 2));
    expect(() => scorer.finish()).toThrow(/2 rows, but the pool has 3/);
    await expect(scorer.add(normals(2, 2))).rejects.toMatchObject(rejected('SVP_E_SHAPE', /4 rows.*3/));
  });

  test('a NaN is named by its row in the pool', async () => {
    const scorer = findMethod('entropy').rowScorer!(5);
    await scorer.add(normals(2, 2));
    const bad = normals(3, 2);
    bad.data[3] = Number.NaN;
    await expect(scorer.add(bad)).rejects.toMatchObject({
      code: 'SVP_E_NONFINITE',
      row: 3,
      column: 1,
      message: expect.stringMatching(/row 3 of the pool/),
    });
  });
});
