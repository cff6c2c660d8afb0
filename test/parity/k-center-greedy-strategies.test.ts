/** R2 on inputs large enough for epochs, chunks and blocks of their own: every combination gives the same bits. */
import { closeSync, promises as fs, ftruncateSync, mkdtempSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Matrix } from '../../src/core/matrix';
import { Random } from '../../src/core/random';
import { writeNpy } from '../../src/data/formats/npy';
import { kCenterGreedy } from '../../src/native/k-center-greedy';
import { addonStatus } from '../../src/native/load';

const folder = mkdtempSync(join(tmpdir(), 'svp-strategies-'));
afterAll(() => fs.rm(folder, { recursive: true }));

/** Rows near a few directions, so that the spectrum falls off as a trained network's features do. */
function features(rows: number, columns: number, seed: number): Matrix {
  const random = new Random(seed);
  const basis = Float32Array.from({ length: 12 * columns }, () => random.normal());
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let b = 0; b < 12; b++) {
      const weight = random.normal() / (b + 1);
      for (let k = 0; k < columns; k++) data[i * columns + k] += weight * basis[b * columns + k];
    }
    for (let k = 0; k < columns; k++)
      data[i * columns + k] = Math.max(0, data[i * columns + k] + 0.1 * random.normal());
  }
  return { data, rows, columns };
}

async function forced<T>(variables: Record<string, string>, body: () => Promise<T>): Promise<T> {
  Object.assign(process.env, variables);
  try {
    return await body();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

const matrix = features(6_000, 48, 1);
const budget = 2_500;

test('R2: threads, instruction sets, filters, blocks and epochs', async () => {
  const expected = await kCenterGreedy(matrix, { budget, start: 9, threads: 1, assignments: true });
  expect(new Set(expected.indices).size).toBe(budget);
  const combinations: [number, Record<string, string>][] = [];
  for (const set of addonStatus().availableInstructionSets!) {
    combinations.push([2, { SVP_INSTRUCTION_SET: set }]);
    combinations.push([
      3,
      { SVP_INSTRUCTION_SET: set, SVP_KCENTER_FILTER: 'dense', SVP_KCENTER_BLOCK: '100' },
    ]);
    combinations.push([
      8,
      { SVP_INSTRUCTION_SET: set, SVP_KCENTER_FILTER_COLUMNS: '8', SVP_KCENTER_WAKE: '50' },
    ]);
    combinations.push([
      5,
      { SVP_INSTRUCTION_SET: set, SVP_KCENTER_FILTER_COLUMNS: '32', SVP_KCENTER_WAKE: '6000' },
    ]);
  }
  for (const [threads, variables] of combinations) {
    const actual = await forced(variables, () =>
      kCenterGreedy(matrix, { budget, start: 9, threads, assignments: true }),
    );
    expect([variables, actual.indices]).toEqual([variables, expected.indices]);
    expect(actual.radii).toEqual(expected.radii);
    expect(actual.assignments).toEqual(expected.assignments);
    if (variables.SVP_INSTRUCTION_SET)
      expect(actual.stats.instructionSet).toBe(variables.SVP_INSTRUCTION_SET);
  }
}, 120_000);

test('rows longer than one pass of the product', async () => {
  const wide = features(300, 1_500, 2);
  const expected = await kCenterGreedy(wide, { budget: 200, start: 0 });
  for (const set of addonStatus().availableInstructionSets!) {
    const dense = await forced(
      { SVP_KCENTER_FILTER: 'dense', SVP_INSTRUCTION_SET: set, SVP_KCENTER_WAKE: '20' },
      () => kCenterGreedy(wide, { budget: 200, start: 0 }),
    );
    expect(dense.indices).toEqual(expected.indices);
    expect(dense.radii).toEqual(expected.radii);
  }
});

describe('features from a .npy file', () => {
  test('float32 and float64 as from memory; float16 as its exact widening', async () => {
    const expected = await kCenterGreedy(matrix, { budget: 500, start: 9 });
    const f4 = join(folder, 'f4.npy');
    const f8 = join(folder, 'f8.npy');
    await writeNpy(f4, matrix.data, [matrix.rows, matrix.columns]);
    await writeNpy(f8, Float64Array.from(matrix.data), [matrix.rows, matrix.columns]);
    for (const [file, input] of [
      [f4, 'float32'],
      [f8, 'float64, rounded to float32'],
    ]) {
      const actual = await kCenterGreedy(file, { budget: 500, start: 9 });
      expect(actual.indices).toEqual(expected.indices);
      expect(actual.radii).toEqual(expected.radii);
      expect(actual.stats.input).toBe(input);
    }
    // Every finite float16: sign, exponent, mantissa.
    const bits: number[] = [];
    for (let h = 0; h < 0x10000; h++) if ((h & 0x7c00) !== 0x7c00) bits.push(h);
    const widened = Float32Array.from(bits, (h) => {
      const magnitude =
        (h & 0x7c00) === 0 ? (h & 0x3ff) * 2 ** -24 : (1 + (h & 0x3ff) / 1024) * 2 ** (((h >> 10) & 31) - 15);
      return h & 0x8000 ? -magnitude : magnitude;
    });
    const columns = 31; // 63,488 values: 2,048 rows
    const f2 = join(folder, 'f2.npy');
    const header = `${`{'descr': '<f2', 'fortran_order': False, 'shape': (2048, ${columns}), }`.padEnd(117)}\n`;
    await fs.writeFile(
      f2,
      Buffer.concat([
        Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]),
        Buffer.from(header, 'latin1'),
        Buffer.from(Uint16Array.from(bits).buffer),
      ]),
    );
    const half = await kCenterGreedy(f2, { budget: 2_048, start: 0 });
    const whole = await kCenterGreedy({ data: widened, rows: 2_048, columns }, { budget: 2_048, start: 0 });
    expect(half.stats.input).toBe('float16');
    expect(half.indices).toEqual(whole.indices);
    expect(half.radii).toEqual(whole.radii);
  });

  test('R7: more than 2^32 values in a file beyond 8 GiB, most of it a hole', async () => {
    // 1,050,000 × 4,096 float16 zeros with a few rows written near the end of the file.
    const [rows, columns] = [1_050_000, 4096];
    expect(rows * columns).toBeGreaterThan(2 ** 32);
    const file = join(folder, 'hole.npy');
    const header = `${`{'descr': '<f2', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`.padEnd(117)}\n`;
    const handle = openSync(file, 'w');
    writeSync(handle, Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]), 0, 10, 0);
    writeSync(handle, header, 10, 'latin1');
    ftruncateSync(handle, 128 + rows * columns * 2);
    // Half-precision 5, 4 and 3.
    const far: [number, number][] = [
      [1_049_999, 0x4500],
      [524_287, 0x4400],
      [1_048_577, 0x4200],
    ];
    for (const [row, half] of far) {
      const at = 128 + (row * columns + columns - 1) * 2;
      writeSync(handle, Buffer.from(Uint16Array.of(half).buffer), 0, 2, at);
    }
    closeSync(handle);
    const { indices, radii } = await kCenterGreedy(file, { budget: 4, start: 0 });
    expect(Array.from(indices)).toEqual([0, 1_049_999, 1_048_577, 524_287]);
    expect(Array.from(radii)).toEqual([Number.POSITIVE_INFINITY, 5, 2, 1]);
  }, 120_000);

  test('what is not a usable file is a typed error', async () => {
    const pick = (file: string) => kCenterGreedy(file, { budget: 1, start: 0 });
    await expect(pick(join(folder, 'none.npy'))).rejects.toMatchObject({ code: 'SVP_E_FILE' });
    await expect(pick(folder)).rejects.toMatchObject({ code: 'SVP_E_FILE' });
    const write = async (name: string, header: string, data = 64) => {
      const file = join(folder, name);
      const text = `${header.padEnd(117)}\n`;
      await fs.writeFile(
        file,
        Buffer.concat([
          Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]),
          Buffer.from(text, 'latin1'),
          Buffer.alloc(data),
        ]),
      );
      return file;
    };
    const cases: [string, string, string][] = [
      ['short', "{'descr': '<f4', 'fortran_order': False, 'shape': (400, 4), }", 'SVP_E_FORMAT'],
      [
        'huge',
        "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 4), }",
        'SVP_E_FORMAT',
      ],
      [
        'overflow',
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 4), }",
        'SVP_E_FORMAT',
      ],
      ['fortran', "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 4), }", 'SVP_E_SHAPE'],
      ['ints', "{'descr': '<i4', 'fortran_order': False, 'shape': (4, 4), }", 'SVP_E_SHAPE'],
      ['vector', "{'descr': '<f4', 'fortran_order': False, 'shape': (16,), }", 'SVP_E_SHAPE'],
      ['nothing', '{', 'SVP_E_FORMAT'],
      ['unclosed', "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4", 'SVP_E_FORMAT'],
    ];
    for (const [name, header, code] of cases) {
      await expect(pick(await write(`${name}.npy`, header))).rejects.toMatchObject({
        code,
        message: expect.stringContaining(`${name}.npy`),
      });
    }
  });
});

test('R12: cancelled at random moments, the call rejects within 250 ms', async () => {
  const large = features(40_000, 64, 5);
  const random = new Random(7);
  const delays: number[] = [];
  while (delays.length < 60) {
    const stop = new AbortController();
    const running = kCenterGreedy(large, { budget: 30_000, start: 0, signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, random.below(400)));
    const at = performance.now();
    stop.abort();
    const ended = await running.then(
      () => 'done',
      (error) => error.name,
    );
    // A fast machine may have been done before.
    if (ended === 'AbortError') delays.push(performance.now() - at);
  }
  delays.sort((a, b) => a - b);
  expect(delays[Math.ceil(delays.length * 0.99) - 1]).toBeLessThan(250);
}, 120_000);

test('progress tells picks, radius and what is left', async () => {
  const large = features(30_000, 64, 6);
  const seen: { done: number; radius?: number; remainingMs?: number }[] = [];
  await kCenterGreedy(large, { budget: 30_000, start: 0, threads: 1, onProgress: (p) => seen.push(p) });
  expect(seen.at(-1)).toMatchObject({ done: 30_000, total: 30_000, stage: 'k-centers', unit: 'picks' });
  expect(seen.some((p) => p.done > 0 && p.done < 30_000 && p.radius! > 0 && p.remainingMs! >= 0)).toBe(true);
}, 120_000);
