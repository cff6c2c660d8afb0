import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { RunDirectory, runStamp } from '../../../src/experiments/run-directory';

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-run-'));
});
afterEach(async () => {
  await fs.rm(folder, { recursive: true, force: true });
});

const read = (name: string) => fs.readFile(path.join(folder, name), 'utf8');

test('a stamp is the UTC time without characters that file systems refuse', () => {
  expect(runStamp(new Date('2026-01-31T12:03:04.567Z'))).toBe('2026-01-31T120304Z');
});

test('the default folder is runs/<command>-<time> under the working directory', async () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    const run = await RunDirectory.create('quickstart');
    const made = path.relative(await fs.realpath(folder), await fs.realpath(run.folder));
    expect(made).toMatch(/^runs[/\\]quickstart-\d{4}-\d{2}-\d{2}T\d{6}Z$/);
  } finally {
    process.chdir(before);
  }
});

test('an existing folder is taken when empty, refused when not, and taken with force', async () => {
  await RunDirectory.create('train', folder);
  expect(await fs.readdir(folder)).toEqual([]);
  await fs.writeFile(path.join(folder, 'something'), 'kept');
  await expect(RunDirectory.create('train', folder)).rejects.toMatchObject({
    code: 'SVP_E_EXISTS',
    message: expect.stringContaining('--force'),
  });
  await RunDirectory.create('train', folder, true);
  expect(await read('something')).toBe('kept');
});

test('a folder that cannot be made is a write error that names it', async () => {
  await fs.writeFile(path.join(folder, 'file'), '');
  await expect(RunDirectory.create('train', path.join(folder, 'file', 'run'))).rejects.toMatchObject({
    code: 'SVP_E_WRITE',
  });
});

test('opening a run that is not there names the folder', async () => {
  await expect(RunDirectory.open(path.join(folder, 'nothing'))).rejects.toMatchObject({
    code: 'SVP_E_FILE',
    message: expect.stringContaining('nothing'),
  });
});

test('tables have the columns of the reference, with an empty field where there is no value', async () => {
  const run = await RunDirectory.create('coreset', folder);
  await run.writeTraining('proxy.csv', [
    {
      nexamples: 100,
      train_accuracy: 0.5,
      dev_accuracy: Number.NaN,
      test_accuracy: 0.25,
      train_time: 1.5,
      dev_time: Number.NaN,
      test_time: 0.125,
    },
  ]);
  expect(await read('proxy.csv')).toBe(
    'nexamples,train_accuracy,dev_accuracy,test_accuracy,train_time,dev_time,test_time\n100,0.5,,0.25,1.5,,0.125\n',
  );
  await run.writeSelection([
    {
      nexamples: 50,
      current_nexamples: 2,
      new_nexamples: 48,
      total_time: 3,
      inference_time: 2,
      ranking_time: 1,
    },
  ]);
  expect(await read('selection.csv')).toBe(
    'nexamples,current_nexamples,new_nexamples,total_time,inference_time,ranking_time\n50,2,48,3,2,1\n',
  );
});

test('an index file is one integer a line, in order', async () => {
  const run = await RunDirectory.create('coreset', folder);
  await run.writeIndices('selected.index', Uint32Array.of(7, 0, 12));
  expect(await read('selected.index')).toBe('7\n0\n12\n');
});

test('results.csv has a line for each epoch and split', async () => {
  const run = await RunDirectory.create('train', folder);
  await run.writeEpochs([
    {
      epoch: 1,
      learningRate: 0.1,
      trainLoss: 2,
      trainAccuracy: 0.5,
      validationAccuracy: 0.25,
      testAccuracy: 0.75,
      trainSeconds: 4,
      testSeconds: 1,
    },
    { epoch: 2, learningRate: 0.01, trainLoss: 1, trainAccuracy: 0.625, trainSeconds: 3 },
  ]);
  expect((await read('results.csv')).split('\n')).toEqual([
    'epoch,mode,learning_rate,loss,top1_accuracy,duration',
    '1,train,0.1,2,0.5,4',
    '1,dev,0.1,,0.25,',
    '1,test,0.1,,0.75,1',
    '2,train,0.01,1,0.625,3',
    '',
  ]);
});

test('sweeping removes the temporary names of interrupted writes, at any depth, and nothing else', async () => {
  const run = await RunDirectory.create('train', folder);
  const part = await run.within('proxy');
  const litter = path.join(part.folder, '.results.csv.0123456789ab.tmp');
  const others = ['.hidden', 'notes.tmp', '.results.csv.short.tmp'].map((name) => path.join(folder, name));
  for (const file of [litter, ...others]) await fs.writeFile(file, '');
  await run.sweep();
  await expect(fs.access(litter)).rejects.toThrow();
  for (const file of others) await fs.access(file);
});
