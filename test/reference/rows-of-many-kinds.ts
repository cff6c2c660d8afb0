import type { Matrix } from '../../src/core/matrix';

/** Rows of several characters: spread, grids with ties, duplicates, constant, near-duplicates, offset, tiny, huge. */
export const rowKinds = [
  'normal',
  'grid',
  'duplicates',
  'constant',
  'near',
  'offset',
  'tiny',
  'huge',
  'denormal',
  'sparse',
] as const;

export function makeRows(
  shape: (typeof rowKinds)[number],
  rows: number,
  columns: number,
  seed: number,
): Matrix {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = () => uniform() + uniform() + uniform() + uniform() - 2;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < columns; k++) {
      const at = i * columns + k;
      if (shape === 'normal') data[at] = normal();
      else if (shape === 'grid') data[at] = Math.floor(uniform() * 3) - 1 || -0;
      else if (shape === 'duplicates') data[at] = i % 5 === 0 || i < 5 ? normal() : data[at - 5 * columns];
      else if (shape === 'constant') data[at] = 7.25;
      else if (shape === 'near') data[at] = 1 + (i % 3) + normal() * 1e-6;
      else if (shape === 'offset') data[at] = 1e6 + normal();
      else if (shape === 'tiny') data[at] = normal() * 1e-30;
      else if (shape === 'huge') data[at] = normal() * (i % 7 === 0 ? 1e30 : 1e29);
      else if (shape === 'denormal') data[at] = i % 2 ? normal() * 1e-42 : normal() * 1e-38;
      else data[at] = uniform() < 0.7 ? 0 : Math.abs(normal()) * (1 + (k % 3) * 4);
    }
  }
  return { data, rows, columns };
}
