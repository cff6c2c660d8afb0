import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readNpyMatrix } from '../../../src/data/formats/npy';
import { inBench } from './modules';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'svp-bench-inputs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes 25 × 3 values that say their place, in chunks of 10 rows; `failAt`: the row at which a chunk fails once. */
const WRITE = `
  const { writeMatrix } = await load('inputs/matrix-file.mjs');
  const asked = [];
  const write = (failAt, recipe) => writeMatrix(input.file, {
    rows: 25, columns: 3, recipe, chunkRows: 10,
    makeChunk: (first, count) => {
      asked.push(first);
      if (first === failAt) throw new Error('cut off');
      return Float32Array.from({ length: count * 3 }, (_, i) => recipe.scale * (first * 3 + i));
    },
  });
`;

test('a matrix that is written in two runs is the one that is written at once', async () => {
  const file = path.join(folder, 'deep', 'a.npy');
  const asked = inBench<number[]>(
    `${WRITE}
    await write(20, { scale: 1 }).catch(() => {});
    await write(-1, { scale: 1 });
    return asked;`,
    { file },
  );
  expect(asked).toEqual([0, 10, 20, 20]);
  const matrix = await readNpyMatrix(file);
  expect([matrix.rows, matrix.columns]).toEqual([25, 3]);
  expect(Array.from(matrix.data)).toEqual(Array.from({ length: 75 }, (_, i) => i));
  const atOnce = path.join(folder, 'b.npy');
  inBench(`${WRITE} await write(-1, { scale: 1 });`, { file: atOnce });
  expect(readFileSync(file)).toEqual(readFileSync(atOnce));
  expect(readdirSync(path.dirname(file)).sort()).toEqual(['a.npy', 'a.npy.json']);
});

test('a beginning of another recipe is thrown away, and so is a whole file of it', async () => {
  const file = path.join(folder, 'a.npy');
  const seen = inBench<{ asked: number[]; found: boolean[] }>(
    `${WRITE}
    const { findMatrix } = await load('inputs/matrix-file.mjs');
    const find = (scale) => findMatrix(input.file, { rows: 25, columns: 3, recipe: { scale } }) !== undefined;
    await write(20, { scale: 1 }).catch(() => {});
    const found = [find(1)];
    await write(-1, { scale: 2 });
    return { asked, found: [...found, find(1), find(2)] };`,
    { file },
  );
  expect(seen.asked).toEqual([0, 10, 20, 0, 10, 20]);
  expect(seen.found).toEqual([false, false, true]);
  expect((await readNpyMatrix(file)).data[74]).toBe(148);
});

test('the beginning of a matrix, rows and columns alike, is read alone', () => {
  const read = inBench<{ part: number[]; problem: string }>(
    `${WRITE}
    await write(-1, { scale: 1 });
    const { readRows } = await load('inputs/matrix-file.mjs');
    let problem = '';
    try { readRows(input.file, 20, 6, 3); } catch (error) { problem = error.message; }
    return { part: [...readRows(input.file, 7, 3, 2)], problem };`,
    { file: path.join(folder, 'a.npy') },
  );
  expect(read.part).toEqual([21, 22, 24, 25, 27, 28]);
  expect(read.problem).toMatch(/25 × 3/);
});

test('a variant is the image, shifted, mirrored and blackened as drawn', () => {
  const size = { height: 12, width: 12, channels: 2 };
  const variant = (draws: number[]) =>
    inBench<number[]>(
      `const { variantInto } = await load('inputs/augment.mjs');
      const image = Uint8Array.from({ length: 12 * 12 * 2 }, (_, i) => 1 + i % 251);
      const target = new Uint8Array(image.length + 5).fill(255);
      const draws = [...input.draws];
      variantInto(target, 5, image, 0, input.size, { below: () => draws.shift() });
      return [...target];`,
      { draws, size },
    );
  const pixel = (y: number, x: number, c: number) =>
    y < 0 || y > 11 || x < 0 || x > 11 ? 0 : 1 + (((y * 12 + x) * 2 + c) % 251);
  const expected = (of: (y: number, x: number, c: number) => number) => {
    const values = [255, 255, 255, 255, 255];
    for (let y = 0; y < 12; y++) for (let x = 0; x < 12; x++) values.push(of(y, x, 0), of(y, x, 1));
    return values;
  };
  // Draws: shift of rows and columns (3 is none), mirrored, erased, corner, height and width beyond 4.
  expect(variant([3, 3, 0, 0, 0, 0, 0, 0])).toEqual(expected(pixel));
  expect(variant([0, 5, 0, 0, 0, 0, 0, 0])).toEqual(expected((y, x, c) => pixel(y - 3, x + 2, c)));
  expect(variant([3, 3, 1, 0, 0, 0, 0, 0])).toEqual(expected((y, x, c) => pixel(y, 11 - x, c)));
  expect(variant([3, 3, 0, 1, 7, 2, 6, 1])).toEqual(
    expected((y, x, c) => (y >= 7 && x >= 2 && x < 7 ? 0 : pixel(y, x, c))),
  );
});
