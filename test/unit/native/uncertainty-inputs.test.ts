import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { uncertainty } from '../../../src/native/uncertainty';
import { probabilityUncertainty, withinPromise } from '../../reference/uncertainty';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MEASURES = ['entropy', 'leastConfidence', 'margin'] as const;
let state = 3;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

/** binary16 bits of the values that have them exactly: multiples of 1/64 below 16. */
function toHalf(value: number): number {
  if (value === Number.NEGATIVE_INFINITY) return 0xfc00;
  if (value === 0) return 0;
  const magnitude = Math.abs(value);
  const exponent = Math.floor(Math.log2(magnitude));
  const fraction = (magnitude / 2 ** exponent - 1) * 1024;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}

describe('float16 logits', () => {
  test.each([1, 10, 33, 1000, 20_000])(
    '%d classes: the bits of the same values in float32',
    async (columns) => {
      const rows = Math.ceil(20_000 / columns) + 3;
      const data = Float32Array.from({ length: rows * columns }, (_, i) =>
        i % 97 === 5 && columns > 1 ? Number.NEGATIVE_INFINITY : Math.round((random() - 0.5) * 1000) / 64,
      );
      for (let i = 0; i < rows; i++)
        if (data[i * columns] === Number.NEGATIVE_INFINITY) data[i * columns] = 0;
      const half = Uint16Array.from(data, toHalf);
      expect(await uncertainty({ data: half, rows, columns }, { temperature: 1.5 })).toEqual(
        await uncertainty({ data, rows, columns }, { temperature: 1.5 }),
      );
    },
  );

  test('a NaN is named', async () => {
    const data = new Uint16Array(200);
    data[123] = 0x7e00;
    await expect(uncertainty({ data, rows: 20, columns: 10 })).rejects.toMatchObject({
      code: 'SVP_E_NONFINITE',
      row: 12,
      column: 3,
    });
  });
});

describe('probabilities', () => {
  test.each([1, 2, 10, 100, 1001])('%d classes, with zeros', async (columns) => {
    const rows = 40;
    const data = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      const row = data.subarray(i * columns, (i + 1) * columns);
      row.forEach((_, k) => {
        row[k] = k % 4 === 3 ? 0 : random() ** (1 + (i % 9));
      });
      const sum = row.reduce((a, b) => a + b, 0);
      row.forEach((p, k) => {
        row[k] = p / sum;
      });
    }
    const actual = await uncertainty({ data, rows, columns }, { from: 'probabilities' });
    const exact = probabilityUncertainty(data, columns);
    for (const measure of MEASURES) {
      const wrong = Array.from(actual[measure]!).filter(
        (value, i) => !withinPromise(value, exact[measure][i]),
      );
      expect({ measure, wrong }).toEqual({ measure, wrong: [] });
    }
  });

  test('known cases', async () => {
    const data = Float32Array.of(0.2, 0.5, 0.3, 0.1, 0.7, 0.2, 0.7, 0.3, 0);
    const scores = await uncertainty({ data, rows: 3, columns: 3 }, { from: 'probabilities' });
    const expected = [
      [1.029653014, 0.8018185525, 0.610864],
      [0.5, 0.3, 0.3],
      [0.8, 0.5, 0.6],
    ];
    MEASURES.forEach((measure, m) => {
      expected[m].forEach((value, row) => {
        expect(scores[measure]![row]).toBeCloseTo(value, 6);
      });
    });
  });

  test.each([
    ['negative', [0.5, 0.6, -0.1], 'SVP_E_FORMAT', 2],
    ['NaN', [0.5, Number.NaN, 0.5], 'SVP_E_NONFINITE', 1],
    ['Infinity', [Number.POSITIVE_INFINITY, 0, 0], 'SVP_E_NONFINITE', 0],
    ['a sum of 1.5', [0.5, 0.5, 0.5], 'SVP_E_FORMAT', undefined],
    ['logits', [3, 2, 0.5], 'SVP_E_FORMAT', undefined],
  ])('%s is refused with its row', async (_, row, code, column) => {
    const data = new Float32Array(3 * 50).fill(1 / 3);
    data.set(row, 3 * 41);
    await expect(
      uncertainty({ data, rows: 50, columns: 3 }, { from: 'probabilities' }),
    ).rejects.toMatchObject({
      code,
      row: 41,
      column,
    });
  });

  test('a temperature is for logits', async () => {
    const logits = { data: Float32Array.of(0.5, 0.5), rows: 1, columns: 2 };
    await expect(uncertainty(logits, { from: 'probabilities', temperature: 2 })).rejects.toMatchObject({
      code: 'SVP_E_OPTION',
    });
    for (const temperature of [0, -1, Number.NaN, 1e9]) {
      await expect(uncertainty(logits, { temperature })).rejects.toMatchObject({ code: 'SVP_E_OPTION' });
    }
  });
});

describe('views and memory', () => {
  const rows = 500;
  const columns = 100; // beyond what is copied
  const values = Float32Array.from({ length: rows * columns }, (_, i) => 5 * Math.sin(i * i));

  test('a view with an offset, odd lengths and shared memory', async () => {
    const expected = await uncertainty({ data: values, rows, columns });
    const wide = new Float32Array(values.length + 3).fill(Number.NaN);
    wide.set(values, 1);
    expect(await uncertainty({ data: wide.subarray(1, -2), rows, columns })).toEqual(expected);
    const shared = new Float32Array(new SharedArrayBuffer(4 * values.length + 4), 4);
    shared.set(values);
    expect(await uncertainty({ data: shared, rows, columns })).toEqual(expected);
  });

  test('a buffer whose owner wants to move it while a call runs', async () => {
    const expected = await uncertainty({ data: values, rows, columns });
    const mine = values.slice();
    const running = uncertainty({ data: mine, rows, columns });
    try {
      structuredClone(mine.buffer, { transfer: [mine.buffer] });
    } catch {
      // Node 21 and later refuse.
    }
    expect(await running).toEqual(expected);
  });

  test('neither type of array, or lengths that do not agree, are refused', async () => {
    for (const data of [new Float64Array(4), [1, 2, 3, 4], new Int16Array(4), null]) {
      await expect(uncertainty({ data, rows: 2, columns: 2 } as never)).rejects.toMatchObject({
        code: 'SVP_E_SHAPE',
      });
    }
    await expect(uncertainty({ data: new Uint16Array(5), rows: 2, columns: 2 })).rejects.toMatchObject({
      code: 'SVP_E_SHAPE',
    });
  });

  test('cancelling ends a call within 250 ms', async () => {
    const large = { data: new Float32Array(4e6).fill(1), rows: 400_000, columns: 10 };
    for (const delay of [0, 1, 3]) {
      const controller = new AbortController();
      const call = uncertainty(large, { signal: controller.signal, threads: 1 });
      await new Promise((resolve) => setTimeout(resolve, delay));
      const start = performance.now();
      controller.abort();
      await call.catch((error) => expect(error).toMatchObject({ code: 'SVP_E_ABORT' }));
      expect(performance.now() - start).toBeLessThan(250);
    }
  });

  test('10,000 small calls leave memory as it was', async () => {
    const small = { data: values.subarray(0, 200), rows: 20, columns: 10 };
    const halves = { data: new Uint16Array(200), rows: 20, columns: 10 };
    const many = async (calls: number) => {
      for (let i = 0; i < calls; i += 2) await Promise.all([uncertainty(small), uncertainty(halves)]);
      collectGarbage(); // else what is measured is when V8 gets round to it
      return process.memoryUsage().rss;
    };
    const before = await many(3000);
    expect(((await many(10_000)) - before) / 2 ** 20).toBeLessThan(40);
  }, 60_000);
});
