// From a .npy file (numpy.save) to an index file, one row number a line: what `svp select` does.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBudget, readNpyMatrix, select, writeIndexFile, writeNpy } from 'selection-via-proxy';

const folder = await mkdtemp(join(tmpdir(), 'svp-example-'));
const file = join(folder, 'features.npy');
await writeNpy(
  file,
  Float32Array.from({ length: 500 * 8 }, (_, i) => Math.sin(i * i)),
  [500, 8],
);

const features = await readNpyMatrix(file);
const budget = parseBudget('2%', features.rows);
const { indices } = await select({ method: 'k-centers', features, budget, start: 0 });
await writeIndexFile(join(folder, 'a.index'), indices);

console.log((await readFile(join(folder, 'a.index'), 'utf8')).trim().split('\n').join(' '));
await rm(folder, { recursive: true });
