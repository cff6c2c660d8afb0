import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { EpochRecord } from '../../../src/core/run-record';
import { TensorBoardLog } from '../../../src/experiments/tensorboard-log';
import { temporaryFolder } from '../../process/training-folder';
import { decodeEvents, shownScalars } from '../../reference/event-file';

const folder = temporaryFolder();

const epoch = (n: number, more: Partial<EpochRecord> = {}): EpochRecord => ({
  epoch: n,
  learningRate: 0.5,
  trainLoss: 2 / n,
  trainAccuracy: n / 8,
  trainSeconds: 4,
  ...more,
});

async function files(of: string): Promise<Buffer[]> {
  const names = (await fs.readdir(of)).sort();
  return Promise.all(names.map((name) => fs.readFile(path.join(of, name))));
}

test('an epoch is a step with what was measured, and nothing else', async () => {
  const of = folder.path('one/deep');
  const log = await TensorBoardLog.open(of, 1, 100);
  const measured = { testAccuracy: 0, testSeconds: 2, validationAccuracy: 0.25, validationSeconds: 1 };
  await log.epoch(epoch(1, measured), 1_700_000_000_500);
  await log.epoch(epoch(300, { trainSeconds: 0, testAccuracy: Number.NaN }));
  expect(path.basename(log.file)).toMatch(/^events\.out\.tfevents\.\d{10}\.[\w.-]+$/);
  const [version, start, first, second] = decodeEvents(await fs.readFile(log.file));
  expect(version).toMatchObject({ fileVersion: 'brain.Event:2', step: 0, scalars: {} });
  expect(start).toMatchObject({ sessionStatus: 1, step: 1, scalars: {} });
  expect(first).toEqual({
    wallTime: 1_700_000_000.5,
    step: 1,
    scalars: {
      'loss/train': 2,
      'accuracy/train': 0.125,
      'accuracy/validation': 0.25,
      'accuracy/test': 0,
      learning_rate: 0.5,
      'seconds/train': 4,
      'seconds/validation': 1,
      'seconds/test': 2,
      examples_per_second: 25,
    },
  });
  expect(second.step).toBe(300);
  expect(Math.abs(second.wallTime - Date.now() / 1000)).toBeLessThan(60);
  expect(Object.keys(second.scalars).sort()).toEqual(
    ['loss/train', 'accuracy/train', 'learning_rate', 'seconds/train'].sort(),
  );
});

test('a session that begins again shows each epoch once, after a torn record too', async () => {
  const of = folder.path('again');
  const first = await TensorBoardLog.open(of, 1, 10);
  for (const n of [1, 2, 3]) await first.epoch(epoch(n));
  await fs.truncate(first.file, (await fs.stat(first.file)).size - 5);
  const second = await TensorBoardLog.open(of, 2, 10);
  expect(second.file > first.file).toBe(true);
  await second.epoch(epoch(2, { trainLoss: 9 }));
  await second.epoch(epoch(3));
  expect(shownScalars(await files(of))['loss/train']).toEqual([
    [1, 2],
    [2, 9],
    [3, Math.fround(2 / 3)],
  ]);
});

test('a folder that cannot be made is a typed error', async () => {
  const file = folder.path('file');
  await fs.writeFile(file, '');
  await expect(TensorBoardLog.open(path.join(file, 'x'), 1, 1)).rejects.toMatchObject({
    code: 'SVP_E_WRITE',
  });
});
