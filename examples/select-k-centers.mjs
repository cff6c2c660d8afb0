// Exact greedy k-centers on made-up features: ten clusters of a hundred rows; ten picks find one row of each.
import { kCenterGreedy } from 'selection-via-proxy';

const rows = 1000;
const columns = 16;
const data = new Float32Array(rows * columns);
for (let row = 0; row < rows; row++) {
  const cluster = row % 10;
  for (let k = 0; k < columns; k++)
    data[row * columns + k] = 10 * Math.cos(cluster * (k + 1)) + Math.sin(row * k) / 4;
}

const { indices, radii } = await kCenterGreedy({ data, rows, columns }, { budget: 10, start: 0 });
console.log('picked rows', Array.from(indices).join(', '));
console.log(
  'their clusters',
  Array.from(indices, (row) => row % 10)
    .sort()
    .join(', '),
);
console.log('radius before the last pick', radii[9].toFixed(3));

// Going on from a finished selection: what is picked already is the initial pool.
const more = await kCenterGreedy({ data, rows, columns }, { budget: 5, initial: indices });
console.log('five more', Array.from(more.indices).join(', '));
