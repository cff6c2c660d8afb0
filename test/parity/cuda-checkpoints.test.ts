import { mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { kCenterGreedy } from '../../src/native/k-center-greedy';
import { makeRows } from '../reference/rows-of-many-kinds';
import { onHost, testOnHost, whyNot } from './cuda-host';

const features = makeRows('normal', 500, 24, 11);
const folder = mkdtempSync(path.join(os.tmpdir(), 'svp-cuda-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Selects on the processor, or on the stand-in for a device. */
const on = {
  cpu: (rows: number, options: { budget: number; checkpoint?: { path: string; everyMs?: number } }) =>
    kCenterGreedy(
      { ...features, rows, data: features.data.subarray(0, rows * 24) },
      { start: 2, assignments: true, device: 'cpu', ...options },
    ),
  cuda: (rows: number, options: { budget: number; checkpoint?: { path: string; everyMs?: number } }) =>
    onHost('', () =>
      kCenterGreedy(
        { ...features, rows, data: features.data.subarray(0, rows * 24) },
        { start: 2, assignments: true, device: 'cuda', ...options },
      ),
    ),
};

for (const [from, to] of [
  ['cpu', 'cuda'],
  ['cuda', 'cpu'],
  ['cuda', 'cuda'],
] as const) {
  testOnHost(
    `a checkpoint written on ${from} goes on on ${to} as if it had never stopped${whyNot}`,
    async () => {
      const whole = await on.cpu(500, { budget: 200 });
      const checkpoint = { path: path.join(folder, `${from}-${to}`), everyMs: 0 };
      await on[from](500, { budget: 70, checkpoint });
      const resumed = await on[to](500, { budget: 200, checkpoint });
      expect(resumed.stats.resumedPicks).toBe(70);
      expect(resumed.indices).toEqual(whole.indices);
      expect(resumed.radii).toEqual(whole.radii);
      expect(resumed.assignments).toEqual(whole.assignments);
    },
    120_000,
  );

  testOnHost(
    `rows appended after a checkpoint of ${from} are heard on ${to}${whyNot}`,
    async () => {
      const one = { path: path.join(folder, `${from}-${to}-grown-a`) };
      const two = { path: path.join(folder, `${from}-${to}-grown-b`) };
      await on.cpu(400, { budget: 60, checkpoint: one });
      const expected = await on.cpu(500, { budget: 150, checkpoint: one });
      await on[from](400, { budget: 60, checkpoint: two });
      const actual = await on[to](500, { budget: 150, checkpoint: two });
      expect(actual.indices).toEqual(expected.indices);
      expect(actual.radii).toEqual(expected.radii);
      expect(actual.assignments).toEqual(expected.assignments);
    },
    120_000,
  );
}
