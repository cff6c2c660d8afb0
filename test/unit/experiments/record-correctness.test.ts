import { promises as fs } from 'node:fs';
import { writeNpy } from '../../../src/data/formats/npy';
import { forgettingHistory } from '../../../src/experiments/forgetting-history';
import { correctnessPath } from '../../../src/experiments/record-correctness';
import { RunDirectory } from '../../../src/experiments/run-directory';
import { trainFolder } from '../../../src/experiments/train-folder';
import { temporaryFolder } from '../../process/training-folder';

const folder = temporaryFolder();

test('it goes into the run’s folder, each row once', async () => {
  const run = await RunDirectory.create('train', folder.path('run'));
  expect(correctnessPath(run, Uint32Array.of(1, 2, 5))).toBe(folder.path('run/correctness.npy'));
  const refused = (code: string) => expect.objectContaining({ code });
  expect(() => correctnessPath(undefined, Uint32Array.of(1))).toThrow(refused('SVP_E_OPTION'));
  expect(() => correctnessPath(run, Uint32Array.of(1, 2, 2))).toThrow(refused('SVP_E_INDEX'));
});

test('a new training in an old folder does not keep what the old one recorded', async () => {
  const runDirectory = folder.path('old');
  const run = await trainFolder({ runDirectory, leaveRunDirectory: true });
  await fs.writeFile(run.file('correctness.npy'), '');
  await expect(trainFolder({ runDirectory })).rejects.toMatchObject({ code: 'SVP_E_EXISTS' });
  await trainFolder({ runDirectory, resume: true });
  expect(await fs.readdir(runDirectory)).toEqual(['correctness.npy']);
  await trainFolder({ runDirectory, force: true });
  expect(await fs.readdir(runDirectory)).toEqual([]);
});

test('the forgetting history of a folder comes from it, as far as it has been recorded', async () => {
  const run = await RunDirectory.create('train', folder.path('history'));
  expect(await forgettingHistory(run.folder)).toEqual([]);
  const rows = [...[1, 0, 255], ...[0, 0, 255], ...[1, 1, 255], ...[0, 1, 255], ...[255, 255, 255]];
  await writeNpy(run.file('correctness.npy'), Uint8Array.from(rows), [5, 3]);
  const never = Number.POSITIVE_INFINITY;
  expect((await forgettingHistory(run.folder)).map(({ epoch, counts }) => [epoch, ...counts])).toEqual([
    [1, 0, never, never],
    [2, 1, never, never],
    [3, 1, 0, never],
    [4, 2, 0, never],
  ]);
});
