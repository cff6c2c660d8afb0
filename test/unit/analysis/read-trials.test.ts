import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readTrials } from '../../../src/analysis/read-trials';
import { parseRunRecord, readRun } from '../../../src/analysis/run-record-file';
import { makeCoreSetRecord } from '../../fixtures/core-set-record/make-record';
import { activeRecord, coreSetRecord, sweepRuns, writeSweep } from '../../fixtures/sweep/make-sweep';

const size = { pool: 1000, seeds: [1, 2] };
let folder: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-trials-'));
  await writeSweep(path.join(folder, 'sweep'), size);
  await fs.mkdir(path.join(folder, 'quick'));
  await fs.writeFile(path.join(folder, 'quick/core-set.json'), JSON.stringify(makeCoreSetRecord()));
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

const code = (expected: string) => expect.objectContaining({ code: expected });

test('a sweep gives the trials of its finished runs, and names the others', async () => {
  const file = path.join(folder, 'sweep/record.json');
  const record = JSON.parse(await fs.readFile(file, 'utf8'));
  const whole = await readTrials([path.join(folder, 'sweep')]);
  expect(whole.name).toBe('Fashion-MNIST, three seeds');
  // 18 runs; the core-set ones trained the full pool as well.
  expect(whole.trials).toHaveLength(10 + 8 * 2);
  expect(whole.trials[2]).toMatchObject({
    method: 'least-confidence',
    proxy: 'preact20',
    oracle: true,
    target: 'preact20',
  });

  record.runs[0].state = 'waiting';
  record.runs[1] = { ...record.runs[1], state: 'failed', error: 'no disk' };
  const other = path.join(folder, 'sweep/part.json');
  await fs.writeFile(other, JSON.stringify(record));
  const part = await readTrials([other]);
  expect(part.runs).toHaveLength(16);
  expect([part.waiting, part.failed]).toEqual([
    [record.runs[0].id],
    [{ id: record.runs[1].id, error: 'no disk' }],
  ]);
  record.runs = record.runs.map((run: object) => ({ ...run, state: 'waiting' }));
  await fs.writeFile(other, JSON.stringify(record));
  await expect(readTrials([other])).rejects.toThrow(/is finished yet/);
});

test('several runs are read together, a quickstart among them', async () => {
  const runs = ['sweep/active/random/seed-1', 'quick'].map((name) => path.join(folder, name));
  const { trials, sources, name } = await readTrials(runs);
  expect(name).toBeUndefined();
  expect(sources.map((source) => source.seed)).toEqual([1, 1]);
  expect(trials.map((t) => `${t.protocol} ${t.method} ${t.oracle}`)).toEqual([
    'active random false',
    'core-set full false',
    'core-set random false',
    'core-set entropy false',
    'core-set forgetting-events false',
    'core-set k-centers false',
    'core-set forgetting-events true',
  ]);
});

test('damaged records are told with the place', async () => {
  const runs = sweepRuns(size);
  const active = activeRecord(runs[2], size);
  expect(parseRunRecord(active)).toEqual(active);
  const coreSet = coreSetRecord(runs[12], size);
  expect(parseRunRecord({ ...coreSet, later: 1 })).toEqual(coreSet);
  const bad = structuredClone(active);
  bad.targets[1].testAccuracy = 7;
  expect(() => parseRunRecord(bad)).toThrow(/targets\[1\]\.testAccuracy/);
  bad.targets[1].testAccuracy = 0.5;
  bad.targets[1].examples = 5000;
  expect(() => parseRunRecord(bad)).toThrow(/more than the pool of 1000/);
  bad.targets[1].examples = 100;
  expect(() => parseRunRecord(bad)).toThrow(/does not come after 100/);
  expect(() => parseRunRecord({ kind: 'other' })).toThrow(code('SVP_E_FORMAT'));
  await expect(readRun(path.join(folder, 'none'))).rejects.toThrow(code('SVP_E_FILE'));
  await fs.mkdir(path.join(folder, 'broken'));
  await fs.writeFile(path.join(folder, 'broken/record.json'), '{"kind":');
  await expect(readRun(path.join(folder, 'broken'))).rejects.toThrow(/is not JSON/);
});
