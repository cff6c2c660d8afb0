import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { EpochRecord } from '../../../src/core/run-record';
import { SvpError } from '../../../src/errors';
import { RunDirectory } from '../../../src/experiments/run-directory';
import { TrainingLog, type TrainingLogOptions } from '../../../src/experiments/training-log';
import { temporaryFolder } from '../../process/training-folder';
import { shownScalars } from '../../reference/event-file';

const folder = temporaryFolder();
const epochs: EpochRecord[] = [1, 2, 3, 4, 5].map((epoch) => ({
  epoch,
  learningRate: 0.1,
  trainLoss: 1 / epoch,
  trainAccuracy: epoch / 10,
  trainSeconds: 1,
}));

async function open(name: string, o: Partial<TrainingLogOptions> = {}): Promise<TrainingLog> {
  const run = await RunDirectory.create('train', folder.path(name), true);
  return TrainingLog.open({ run, finished: [], examples: 10, about: { arch: 'a' }, ...o });
}

const file = (name: string) => folder.path(`${name}/events.ndjson`);

async function events(name: string): Promise<Record<string, unknown>[]> {
  const lines = (await fs.readFile(file(name), 'utf8')).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line));
}

/** Events as `epoch 3`, `resumed 2`, `finished`. */
async function told(name: string): Promise<string[]> {
  return (await events(name)).map(({ event, epoch, epochs: n }) =>
    [event, epoch ?? n ?? ''].join(' ').trim(),
  );
}

async function shown(of: string): Promise<number[]> {
  const names = (await fs.readdir(of)).sort();
  const files = await Promise.all(names.map((name) => fs.readFile(path.join(of, name))));
  return (shownScalars(files)['loss/train'] ?? []).map(([step]) => step);
}

test('a line for the start, for each epoch in order, and for the end', async () => {
  const log = await open('whole');
  // Not waited for one by one, as the messages of a child process come.
  await Promise.all(epochs.map((epoch) => log.epoch(epoch)));
  await log.finish({ testAccuracy: Number.NaN, trainAccuracy: 0.5, validationAccuracy: undefined });
  expect(await told('whole')).toEqual([
    ...['started', 'epoch 1', 'epoch 2', 'epoch 3', 'epoch 4', 'epoch 5', 'finished'],
  ]);
  const [started, first, ...rest] = await events('whole');
  expect(started).toMatchObject({ arch: 'a' });
  expect(first).toMatchObject(epochs[0]);
  expect(Date.parse(first.time as string)).toBeGreaterThan(0);
  expect(rest.at(-1)).not.toHaveProperty('testAccuracy');
  expect((await fs.readFile(folder.path('whole/results.csv'), 'utf8')).trim().split('\n')).toHaveLength(6);
});

test('an epoch is in the file before the next one begins', async () => {
  const log = await open('flushed');
  await log.epoch(epochs[0]);
  expect(await told('flushed')).toEqual(['started', 'epoch 1']);
});

test('going on cuts off what lies behind the checkpoint, and a torn line', async () => {
  const log = await open('cut', { tensorboard: true });
  for (const epoch of epochs) await log.epoch(epoch);
  await fs.appendFile(file('cut'), '{"event":"fin');
  const again = await open('cut', { resume: true, finished: epochs.slice(0, 3), tensorboard: true });
  expect(await told('cut')).toEqual(['started', 'epoch 1', 'epoch 2', 'epoch 3', 'resumed 3']);
  expect(await shown(folder.path('cut/tensorboard'))).toEqual([1, 2, 3]);
  await again.epoch(epochs[3]);
  await again.epoch(epochs[4]);
  await again.finish({ seconds: 1 });
  expect((await told('cut')).slice(4)).toEqual(['resumed 3', 'epoch 4', 'epoch 5', 'finished']);
  expect(await shown(folder.path('cut/tensorboard'))).toEqual([1, 2, 3, 4, 5]);
});

test('going on adds the epochs that the process that died could not write', async () => {
  const log = await open('lost', { tensorboard: true });
  await log.epoch(epochs[0]);
  await open('lost', { resume: true, finished: epochs.slice(0, 3), tensorboard: true });
  expect(await told('lost')).toEqual(['started', 'epoch 1', 'resumed 3', 'epoch 2', 'epoch 3']);
  expect(await shown(folder.path('lost/tensorboard'))).toEqual([1, 2, 3]);
});

test('TensorBoard gets what sessions without it did not log, at the time at which it happened', async () => {
  const log = await open('late', { tensorboard: true });
  await log.epoch(epochs[0]);
  const without = await open('late', { resume: true, finished: epochs.slice(0, 1) });
  await without.epoch(epochs[1]);
  const other = folder.path('elsewhere');
  await open('late', { resume: true, finished: epochs.slice(0, 2), tensorboard: other });
  expect(await shown(other)).toEqual([1, 2]);
  const last = await open('late', { resume: true, finished: epochs.slice(0, 2), tensorboard: true });
  await last.epoch(epochs[2]);
  expect(await shown(folder.path('late/tensorboard'))).toEqual([1, 2, 3]);
  expect(await told('late')).toEqual([
    ...['started', 'epoch 1', 'resumed 1', 'epoch 2', 'resumed 2', 'resumed 2', 'epoch 3'],
  ]);
});

test('to resume where nothing is starts', async () => {
  await open('nothing', { resume: true });
  expect(await told('nothing')).toEqual(['started']);
  await open('nothing', { resume: true });
  expect(await told('nothing')).toEqual(['started', 'resumed 0']);
});

test('damaged events are told, and can be deleted to go on', async () => {
  await open('damaged');
  await fs.writeFile(file('damaged'), '{"event":"started","time":"","elapsed":0}\n[]\n');
  const again = { resume: true, finished: epochs.slice(0, 2) };
  await expect(open('damaged', again)).rejects.toMatchObject({
    code: 'SVP_E_CHECKPOINT',
    row: 1,
    message: expect.stringContaining('Delete it'),
  });
  await fs.rm(file('damaged'));
  await open('damaged', again);
  expect(await told('damaged')).toEqual(['resumed 2', 'epoch 1', 'epoch 2']);
});

test('another run in the same folder begins its events anew', async () => {
  const log = await open('anew', { tensorboard: true });
  await log.epoch(epochs[0]);
  await open('anew', { tensorboard: true });
  expect(await told('anew')).toEqual(['started']);
  expect(await shown(folder.path('anew/tensorboard'))).toEqual([]);
});

test('a training that ends early says why', async () => {
  const log = await open('stopped');
  await log.stop(new SvpError('SVP_E_NONFINITE', 'The loss is NaN.'));
  expect((await events('stopped')).at(-1)).toMatchObject({
    event: 'stopped',
    code: 'SVP_E_NONFINITE',
    message: 'The loss is NaN.',
  });
});

test('without a run there is only TensorBoard, into a folder that is named', async () => {
  const o = { finished: [], examples: 1, about: {} };
  await expect(TrainingLog.open({ ...o, tensorboard: true })).rejects.toMatchObject({
    code: 'SVP_E_OPTION',
    option: 'tensorboard',
  });
  const log = await TrainingLog.open({ ...o, tensorboard: folder.path('alone') });
  await log.epoch(epochs[0]);
  await log.finish({});
  expect(await shown(folder.path('alone'))).toEqual([1]);
});

test('a failed write is told when the training ends', async () => {
  const log = await open('gone');
  await fs.rm(folder.path('gone'), { recursive: true });
  log.epoch(epochs[0]).catch(() => {});
  await expect(log.settled()).rejects.toMatchObject({ code: 'SVP_E_WRITE' });
});
