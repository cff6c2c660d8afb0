import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { receivedError, sendableError } from '../../../src/core/sent-error';
import { SvpError } from '../../../src/errors';
import type { TrainJob } from '../../../src/experiments/training-host';
import { TrainingProcess } from '../../../src/experiments/training-process';

/** A child that speaks the protocol without TensorFlow; `job.arch` says how it behaves. */
const WORKER = `
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
let dataset;
process.on('message', (m) => {
  if (m.type === 'open') { dataset = m.dataset; return; }
  if (m.type === 'abort') { if (!deaf) process.send({ type: 'failed', id: m.id, error: { code: 'SVP_E_ABORT', message: 'stopped' } }); return; }
  if (m.type === 'release') { process.send({ type: 'done', id: m.id, value: undefined }); return; }
  const how = m.job.arch;
  if (how === 'echo') {
    process.send({ type: 'progress', id: m.id, progress: { stage: 's', done: 1, total: 2, unit: 'u', elapsedMs: 1 } });
    process.send({ type: 'epoch', id: m.id, epoch: { epoch: 1, learningRate: 0.1, trainLoss: 1, trainAccuracy: 0.5, trainSeconds: 1 } });
    process.send({ type: 'done', id: m.id, value: { forgetting: Float64Array.of(Infinity, 2), testAccuracy: NaN, name: dataset.name, pid: process.pid } });
  } else if (how === 'refuse') {
    process.send({ type: 'failed', id: m.id, error: { code: 'SVP_E_INDEX', message: 'row 3', row: 3 } });
  } else if (how === 'crash') {
    process.stderr.write('before the end\\nterminate called', () => process.abort());
  } else if (how === 'deaf') deaf = true;
  else if (how === 'pid') process.send({ type: 'progress', id: m.id, progress: { stage: String(process.pid), done: 0, total: 1, unit: 'u', elapsedMs: 1 } });
});
let deaf = false;
`;

let folder: string;
let worker: string;
let host: TrainingProcess;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-worker-'));
  worker = path.join(folder, 'worker.js');
  await fs.writeFile(worker, WORKER);
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  host = new TrainingProcess({ name: 'some-images' }, worker);
});
afterEach(() => host.close());

const job = (arch: string): TrainJob => ({ arch, weightSeed: 0, seed: 0, epochs: [1], learningRates: [0.1] });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('results, progress and epochs arrive as they were sent, not-a-number and infinity too', async () => {
  const onProgress = jest.fn();
  const onEpoch = jest.fn();
  const outcome = await host.train(job('echo'), { onProgress, onEpoch });
  expect(outcome).toMatchObject({ name: 'some-images', testAccuracy: Number.NaN });
  expect(Array.from(outcome.forgetting!)).toEqual([Number.POSITIVE_INFINITY, 2]);
  expect(onProgress).toHaveBeenCalledWith(expect.objectContaining({ stage: 's', done: 1 }));
  expect(onEpoch).toHaveBeenCalledWith(expect.objectContaining({ epoch: 1 }));
  // The same child serves the next job.
  const { pid } = outcome as unknown as { pid: number };
  expect(await host.train(job('echo'))).toMatchObject({ pid });
  await host.release('anything');
});

test('an error of the job keeps its code and details', async () => {
  await expect(host.train(job('refuse'))).rejects.toMatchObject({
    name: 'SvpError',
    code: 'SVP_E_INDEX',
    message: 'row 3',
    row: 3,
  });
});

test('a crash is a typed error with the end of stderr, now and for later jobs', async () => {
  const crash = { code: 'SVP_E_RUNTIME', message: expect.stringContaining('terminate called') };
  await expect(host.train(job('crash'))).rejects.toMatchObject(crash);
  await expect(host.train(job('echo'))).rejects.toMatchObject(crash);
});

test('an abort ends the job; the child stays for the next', async () => {
  const controller = new AbortController();
  const training = host.train(job('wait'), { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(training).rejects.toMatchObject({ name: 'AbortError', code: 'SVP_E_ABORT' });
  await expect(host.train(job('echo'), { signal: controller.signal })).rejects.toMatchObject({
    code: 'SVP_E_ABORT',
  });
  await expect(host.train(job('echo'))).resolves.toBeDefined();
});

test('a child that does not answer an abort is killed', async () => {
  const controller = new AbortController();
  const training = host.train(job('deaf'), { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  const startedAt = Date.now();
  await expect(training).rejects.toMatchObject({ name: 'AbortError' });
  expect(Date.now() - startedAt).toBeLessThan(4000);
});

test('closing ends the child, and a job under way with it', async () => {
  let pid = 0;
  const training = host.train(job('pid'), {
    onProgress: ({ stage }) => {
      pid = Number(stage);
    },
  });
  while (pid === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isAlive(pid)).toBe(true);
  const ended = expect(training).rejects.toMatchObject({ code: 'SVP_E_RUNTIME' });
  await host.close();
  await ended;
  expect(isAlive(pid)).toBe(false);
});

test('a worker that is not there is a typed error, and closing still works', async () => {
  const lost = new TrainingProcess({ name: 'x' }, path.join(folder, 'nothing.js'));
  await expect(lost.train(job('echo'))).rejects.toMatchObject({ code: 'SVP_E_RUNTIME' });
  await lost.close();
});

test('errors of other kinds travel as internal ones', () => {
  expect(sendableError(new TypeError('x is not a function'))).toMatchObject({
    code: 'SVP_E_INTERNAL',
    message: 'x is not a function',
  });
  const back = receivedError(sendableError(new SvpError('SVP_E_FILE', 'gone', { file: '/a' })));
  expect(back).toMatchObject({ code: 'SVP_E_FILE', message: 'gone', file: '/a', exitCode: 3 });
});
