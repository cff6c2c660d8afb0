import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type Batch, createLoader, evaluationBatches, type LoaderOptions } from '../../../src/data/loader';
import { findWorkerFile } from '../../../src/data/loader-thread';
import { normalizationTable } from '../../../src/data/transforms/normalize';
import { sampleDataset } from './sample-dataset';
import { failure, temporaryFolder } from './temporary';

const folder = temporaryFolder();
const dataset = sampleDataset({ count: 103, channels: 2 });
const augment = { padding: 2, flip: true };
const built = findWorkerFile() !== undefined;

type Copied = { values: number[]; labels: number[]; indices: number[]; size: number };
const copy = (b: Batch): Copied => ({
  values: Array.from(b.values),
  labels: Array.from(b.labels),
  indices: Array.from(b.indices),
  size: b.size,
});

async function collect(options: Partial<LoaderOptions>, epochs: number[]): Promise<Copied[][]> {
  const loader = createLoader({ dataset, batchSize: 16, ...options });
  const all: Copied[][] = [];
  for (const e of epochs) {
    const batches: Copied[] = [];
    for await (const b of loader.epoch(e)) batches.push(copy(b));
    expect(batches.length).toBe(loader.batches);
    expect(batches.reduce((n, b) => n + b.size, 0)).toBe(loader.examples);
    all.push(batches);
  }
  await loader.close();
  return all;
}

// The worker thread runs the compiled file: with `npm test` it is built; without it only the same-thread path exists.
const modes: ('auto' | 'off')[] = built ? ['auto', 'off'] : ['off'];
if (!built)
  console.warn('dist/data/loader-worker.js is not built: the worker path of the loader is not tested');

test('auto means the worker thread where it is built', async () => {
  const loader = createLoader({ dataset, batchSize: 16 });
  expect(loader.mode).toBe(built ? 'worker' : 'same-thread');
  await loader.close();
});

describe.each(modes)('worker: %s', (worker) => {
  test('every row once an epoch, in another order each time; the last batch is smaller', async () => {
    const [a, b] = await collect({ worker }, [0, 1]);
    const rows = (epoch: Copied[]) => epoch.flatMap((x) => x.indices);
    expect(rows(a).sort((x, y) => x - y)).toEqual(Array.from({ length: 103 }, (_, i) => i));
    expect(rows(a)).not.toEqual(rows(b));
    expect(a.map((x) => x.size)).toEqual([16, 16, 16, 16, 16, 16, 7]);
    for (const batch of a) {
      expect(batch.labels).toEqual(batch.indices.map((i) => dataset.labels[i]));
      expect(batch.values.length).toBe(batch.size * 60);
    }
  });

  test('epochs in any order, again, and after an unfinished one: the same batches', async () => {
    const [first, second] = await collect({ worker, augment, seed: 3 }, [0, 1]);
    const loader = createLoader({ dataset, batchSize: 16, worker, augment, seed: 3 });
    for await (const _ of loader.epoch(7)) break;
    for (const [e, wanted] of [
      [1, second],
      [0, first],
      [1, second],
    ] as const) {
      const got: Copied[] = [];
      for await (const b of loader.epoch(e)) got.push(copy(b));
      expect(got).toEqual(wanted);
    }
    await loader.close();
  });

  test('without shuffling and augmentation: the rows as given, normalised', async () => {
    const indices = Uint32Array.of(5, 5, 102, 0);
    const [[a, b]] = await collect({ worker, indices, shuffle: false, batchSize: 3 }, [4]);
    expect([a.indices, b.indices]).toEqual([[5, 5, 102], [0]]);
    const table = normalizationTable(dataset.mean, dataset.std);
    const image = Array.from(dataset.images.subarray(102 * 60, 103 * 60), (v, i) => table[(i % 2) * 256 + v]);
    expect(a.values.slice(120)).toEqual(image);
  });

  test('dropLast, no rows, batches larger than the data', async () => {
    expect((await collect({ worker, dropLast: true }, [0]))[0].map((x) => x.size)).toEqual([
      16, 16, 16, 16, 16, 16,
    ]);
    expect((await collect({ worker, dropLast: true, batchSize: 200 }, [0]))[0]).toEqual([]);
    expect((await collect({ worker, indices: new Uint32Array(0) }, [0]))[0]).toEqual([]);
    expect((await collect({ worker, batchSize: 1_000_000 }, [0]))[0].map((x) => x.size)).toEqual([103]);
  });

  test('a batch stays as it is until the next is asked for, however long that takes', async () => {
    const loader = createLoader({ dataset, batchSize: 16, worker, augment });
    for await (const b of loader.epoch(0)) {
      const before = copy(b);
      await new Promise((done) => setTimeout(done, 10));
      expect(copy(b)).toEqual(before);
    }
    await loader.close();
  });

  test('close and abort in the middle of an epoch; a second epoch at once', async () => {
    const loader = createLoader({ dataset, batchSize: 16, worker });
    const iterator = loader.epoch(0)[Symbol.asyncIterator]();
    await iterator.next();
    for await (const _ of loader.epoch(1)) break;
    expect(await failure(iterator.next())).toMatchObject({ code: 'SVP_E_OPTION' });
    const other = loader.epoch(2)[Symbol.asyncIterator]();
    await other.next();
    await Promise.all([loader.close(), loader.close()]);
    expect((await failure(other.next())).code).toBe('SVP_E_ABORT');
    expect((await failure(loader.epoch(0)[Symbol.asyncIterator]().next())).code).toBe('SVP_E_ABORT');

    const controller = new AbortController();
    const aborted = createLoader({ dataset, batchSize: 16, worker, signal: controller.signal });
    const third = aborted.epoch(0)[Symbol.asyncIterator]();
    await third.next();
    controller.abort();
    expect(await failure(third.next())).toMatchObject({ code: 'SVP_E_ABORT', name: 'AbortError' });
    await aborted.close();
  });
});

if (built) {
  test('the worker gives the batches of the same thread, to the bit', async () => {
    for (const options of [{}, { augment }, { augment, seed: 9, batchSize: 7 }]) {
      expect(await collect({ ...options, worker: 'auto' }, [0, 1, 5])).toEqual(
        await collect({ ...options, worker: 'off' }, [0, 1, 5]),
      );
    }
  });

  test('a worker that dies is a typed error, not a hang', async () => {
    const files: [string, string, RegExp][] = [
      ['throws.js', 'throw new Error("broken on purpose")', /broken on purpose/],
      ['leaves.js', 'process.exit(3)', /ended with code 3/],
      ['missing.js', '', /missing\.js/],
    ];
    for (const [name, source, message] of files) {
      const workerFile = path.join(folder, name);
      if (source !== '') writeFileSync(workerFile, source);
      const loader = createLoader({ dataset, batchSize: 16 }, { workerFile });
      const e = await failure(loader.epoch(0)[Symbol.asyncIterator]().next());
      expect(e).toMatchObject({ code: 'SVP_E_INTERNAL', message: expect.stringMatching(message) });
      await loader.close();
    }
  });

  const compiled = path.join(path.dirname(findWorkerFile()!), 'loader.js');
  const script = (body: string) => `
    const { createLoader } = require(${JSON.stringify(compiled)});
    const dataset = { name: 's', images: new Uint8Array(4000 * 784), labels: new Uint8Array(4000), count: 4000,
      height: 28, width: 28, channels: 1, classes: 1, classNames: ['a'], mean: [0.5], std: [0.5] };
    const options = { dataset, batchSize: 64, augment: { padding: 4, flip: true } };
    (async () => { ${body} })();`;

  test('a loader that is not closed does not keep the process alive', () => {
    const body =
      'const l = createLoader(options); for await (const b of l.epoch(0)) { console.log(l.mode, b.size); break; }';
    const out = execFileSync(process.execPath, ['-e', script(body)], { timeout: 30_000, encoding: 'utf8' });
    expect(out).toBe('worker 64\n');
  });

  test('hand-over works while the main thread never turns its event loop between batches', async () => {
    // Busy for longer than a batch takes to prepare, as a synchronous training step is: each next one is ready.
    const body = `
      const l = createLoader(options); let n = 0;
      const busy = () => { const end = performance.now() + 5; while (performance.now() < end); };
      for await (const b of l.epoch(0)) { busy(); n += b.size; }
      await l.close(); console.log(n);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script(body)], { timeout: 30_000 });
    expect(stdout).toBe('4000\n');
  });

  test('twenty loaders made and closed leave no thread', () => {
    const body = `
      const fs = require('node:fs');
      const threads = () => fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0;
      const one = async () => { const l = createLoader(options); for await (const b of l.epoch(0)) break; await l.close(); };
      await one(); const before = threads();
      for (let i = 0; i < 20; i++) await one();
      console.log(threads() - before);`;
    const out = execFileSync(process.execPath, ['-e', script(body)], { timeout: 60_000, encoding: 'utf8' });
    expect(Number(out)).toBeLessThanOrEqual(0);
  });
}

describe('evaluation batches', () => {
  test('all rows in order, or those named; never augmented', () => {
    const all = [...evaluationBatches(dataset, undefined, 50)].map((b) => b.size);
    expect(all).toEqual([50, 50, 3]);
    const rows: number[] = [];
    for (const b of evaluationBatches(dataset, Uint32Array.of(9, 3), 1)) rows.push(b.indices[0], b.labels[0]);
    expect(rows).toEqual([9, dataset.labels[9], 3, dataset.labels[3]]);
    expect([...evaluationBatches(dataset, new Uint32Array(0), 10)]).toEqual([]);
  });

  test('errors', () => {
    expect(() => [...evaluationBatches(dataset, undefined, 0)]).toThrow(/batchSize/);
    expect(() => [...evaluationBatches(dataset, Uint32Array.of(103), 5)]).toThrow(/indices\[0\] is 103/);
  });
});

describe('options', () => {
  const make = (o: object) => () => createLoader({ dataset, batchSize: 16, ...o } as LoaderOptions);
  test.each<[object, RegExp]>([
    [{ batchSize: 0 }, /batchSize/],
    [{ batchsize: 5 }, /unknown option "batchsize".*batchSize/],
    [{ augment: { padding: -1, flip: true } }, /augment/],
    [{ augment: { padding: 1 } }, /augment/],
    [{ seed: 0.5 }, /seed/],
    [{ dataset: { ...dataset, count: 5 } }, /dataset/],
    [{ indices: Uint32Array.of(103) }, /indices\[0\] is 103/],
  ])('%j', (o, message) => {
    expect(make(o)).toThrow(message);
  });

  test('an epoch that is no whole number', async () => {
    const loader = createLoader({ dataset, batchSize: 16, worker: 'off' });
    expect((await failure(loader.epoch(-1)[Symbol.asyncIterator]().next())).code).toBe('SVP_E_OPTION');
  });

  test('inputs are left alone, and may change afterwards', async () => {
    const indices = Uint32Array.of(3, 2, 1);
    const loader = createLoader({ dataset, batchSize: 3, indices, worker: 'off' });
    indices.fill(0);
    for await (const b of loader.epoch(0)) expect(Array.from(b.indices).sort()).toEqual([1, 2, 3]);
  });
});
