import { UNCERTAINTY_MEASURES, uncertainty } from '../../../src/native/uncertainty';
import { preciseUncertainty, ulpsApart } from '../../reference/uncertainty';

/**
 * The strict reading of docs/NUMERICS.md: 2 float32 ulp however small the value, on rows made to find systematic errors.
 * Rows where nothing can be averaged out (few distinct logits) are the hard ones.
 */
let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

type Row = (row: number, columns: number) => (k: number) => number;
const KINDS: Record<string, Row> = {
  'normal, any spread': (row) => () => normal() * [0.1, 1, 3, 10, 30][row % 5],
  'one above equal others': (row) => {
    const below = row * 0.0625 + random();
    return (k) => (k === 3 ? 0 : -below);
  },
  'two values in turns': (row) => {
    const below = 0.3 * row + random();
    return (k) => (k === 0 ? 1 : k % 2 ? 1 - below : 1 - below - random());
  },
  constant: (row) => () => row - 3.3,
  'an offset of 600': (row) => () => (row % 2 ? 600 : -600) + normal(),
  'an offset of 1e4': (row) => () => (row % 2 ? 1e4 : -1e4) + 3 * normal(),
  '±1e4': () => () => (random() - 0.5) * 2e4,
  'very confident': (row) => (k) => (k === 7 ? 0 : -10 - row + normal()),
  'confident from afar': (row) => (k) => (k === 20 ? 90 + row : normal()),
  '−Infinity': (row) => (k) => (k % (2 + row) === 1 ? Number.NEGATIVE_INFINITY : normal()),
  'ties for the largest': (row) => (k) => (k % (3 + row) === 0 ? 2 : normal() - 3),
  'tiny differences': () => () => normal() * 1e-6,
  'whole numbers': (row) => () => Math.round(normal() * (1 + row / 8)),
};

async function worst(data: Float32Array, columns: number, temperature = 1) {
  const actual = await uncertainty({ data, rows: data.length / columns, columns }, { temperature });
  const exact = preciseUncertainty(data, columns, temperature);
  let most = 0;
  for (const measure of UNCERTAINTY_MEASURES) {
    actual[measure]!.forEach((value, i) => {
      most = Math.max(most, ulpsApart(value, exact[measure][i]));
    });
  }
  return most;
}

function make(kind: string, rows: number, columns: number): Float32Array {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const logit = KINDS[kind](i, columns);
    for (let k = 0; k < columns; k++) data[i * columns + k] = logit(k);
    if (!data.subarray(i * columns, (i + 1) * columns).some(Number.isFinite)) data[i * columns] = 0;
  }
  return data;
}

describe.each(Object.keys(KINDS))('%s: 2 ulp of an exact evaluation, relatively', (kind) => {
  test.each([2, 10, 31, 32, 33, 40, 128, 136, 161, 1000, 4099])('%d classes', async (columns) => {
    const rows = Math.min(200, Math.ceil(12_000 / columns));
    expect(await worst(make(kind, rows, columns), columns)).toBeLessThanOrEqual(2);
  });
});

test.each([0.05, 0.7, 3, 1000])('temperature %d divides without rounding', async (temperature) => {
  for (const kind of Object.keys(KINDS)) {
    for (const columns of [10, 100]) {
      expect(await worst(make(kind, 60, columns), columns, temperature)).toBeLessThanOrEqual(2);
    }
  }
});

test('100,000 equal small classes below one', async () => {
  const columns = 100_000;
  for (let below = 8; below < 16; below += 0.61) {
    const data = new Float32Array(columns).fill(-below);
    data[77_777] = 0;
    expect(await worst(data, columns)).toBeLessThanOrEqual(2);
  }
});

test('100,000 classes', async () => {
  const columns = 100_000;
  expect(await worst(make('normal, any spread', 5, columns), columns)).toBeLessThanOrEqual(2);
});
