import { promises as fs, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { arrayHeader } from '../../../src/cli/select-inputs';
import { sampleRows } from '../../../src/cli/select-sample';
import { writeNpy } from '../../../src/data/formats/npy';

const folder = mkdtempSync(join(tmpdir(), 'svp-sample-'));
afterAll(() => fs.rm(folder, { recursive: true }));

test('a sample holds distinct whole rows in order, from the first to near the last', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 500 }),
      fc.constantFrom(Float32Array, Float64Array),
      async (rows, columns, most, Type) => {
        const file = join(folder, 'x.npy');
        // The value tells row and column.
        const data = new Type(rows * columns);
        for (let i = 0; i < data.length; i++) data[i] = Math.floor(i / columns) * 10 + (i % columns);
        await writeNpy(file, data, [rows, columns]);
        const sample = await sampleRows(file, await arrayHeader(file), most);
        expect(sample.rows).toBe(Math.min(rows, most));
        let previous = -1;
        for (let i = 0; i < sample.rows; i++) {
          const row = sample.data[i * columns] / 10;
          expect(row).toBeGreaterThan(previous);
          previous = row;
          for (let k = 0; k < columns; k++) expect(sample.data[i * columns + k]).toBe(row * 10 + k);
        }
        expect(previous).toBeLessThan(rows);
        if (sample.rows > 128) expect(previous).toBeGreaterThan(rows * 0.9);
      },
    ),
    { numRuns: 60 },
  );
});
