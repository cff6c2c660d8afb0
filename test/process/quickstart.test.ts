/** The main job as its user runs it, in a profile small enough for a test. */
import { promises as fs } from 'node:fs';
import { parseCoreSetRecord } from '../../src/analysis/core-set-record';
import { readIndexFile } from '../../src/data/formats/index-file';
import { describeWithTensorFlow } from '../reference/with-tensorflow';
import { finished, runSvp, startSvp } from './run-svp';
import { filesBelow, litter, readTable, temporaryFolder } from './training-folder';

const network = { arch: 'preact8', width: 8, epochs: [1, 1], learningRates: [0.05, 0.01], batchSize: 16 };
const TINY = JSON.stringify({
  pool: 400,
  test: 200,
  proxy: network,
  target: network,
  gallery: 6,
});

const folder = temporaryFolder();

describeWithTensorFlow('svp quickstart', () => {
  test('prints the table and leaves the record, the report and every file of the run', async () => {
    const run = folder.path('run');
    const { code, stdout, stderr } = await runSvp(['quickstart', '--settings', TINY, '--run-dir', run]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });

    for (const words of [
      'full pool',
      'random',
      'entropy',
      'forgetting events',
      'k-centers',
      'oracle',
      'Speed-up',
    ]) {
      expect(stdout).toContain(words);
    }
    expect(stderr).toContain('report.html');

    const record = parseCoreSetRecord(JSON.parse(await fs.readFile(`${run}/core-set.json`, 'utf8')));
    expect(record.rows.map(({ method, selector, examples }) => [method, selector, examples])).toEqual([
      ['full', 'none', 400],
      ['random', 'none', 200],
      ['entropy', 'proxy', 200],
      ['forgetting-events', 'proxy', 200],
      ['k-centers', 'proxy', 200],
      ['forgetting-events', 'target', 200],
    ]);
    const [full, ...subsets] = record.rows;
    expect(full).toMatchObject({ speedUp: 1, selectorTrainSeconds: 0, selectionSeconds: 0 });
    expect(full.endToEndSeconds).toBe(full.targetTrainSeconds);
    for (const row of subsets) {
      const sum = row.selectorTrainSeconds + row.selectionSeconds + row.targetTrainSeconds;
      expect(row.endToEndSeconds).toBeCloseTo(sum, 9);
      expect(row.speedUp).toBeCloseTo(full.endToEndSeconds / sum, 9);
      expect(row.curve).toHaveLength(2);
      expect(row.selectorTrainSeconds).toBe(
        { none: 0, proxy: record.proxy.trainSeconds, target: full.targetTrainSeconds }[row.selector],
      );
    }
    for (const gallery of record.galleries) {
      expect(gallery.keptFirst).toHaveLength(6);
      expect(gallery.droppedFirst).toHaveLength(6);
    }

    const files = await filesBelow(run);
    const training = (part: string) => [
      `${part}.csv`,
      ...['train.index', 'dev.index', 'results.csv'].map((f) => `${part}/${f}`),
    ];
    const choice = ['selected.index', 'selection.csv', ...training('target')];
    const methods = ['random', 'entropy', 'forgetting-events', 'k-centers', 'oracle'];
    expect(files).toEqual(
      [
        ...['config.json', 'core-set.json', 'report.html', 'train.index', 'dev.index', 'test.index'],
        ...training('proxy'),
        ...training('target'),
        ...methods.flatMap((method) => choice.map((file) => `${method}/${file}`)),
        'k-centers/initial_subset_8.index',
      ].sort(),
    );
    expect(await fs.readFile(`${run}/report.html`, 'utf8')).toContain('k-centers');

    // What was chosen is a half of the pool, and what the target was trained on.
    const pool = new Set(await readIndexFile(`${run}/train.index`));
    expect(pool.size).toBe(400);
    for (const method of methods) {
      const selected = await readIndexFile(`${run}/${method}/selected.index`);
      expect(new Set(selected).size).toBe(200);
      expect([...selected].every((row) => pool.has(row))).toBe(true);
      expect(await readIndexFile(`${run}/${method}/target/train.index`)).toEqual(selected);
      const [line] = await readTable(`${run}/${method}/selection.csv`);
      const initial = method === 'k-centers' ? 8 : 0;
      expect(line).toMatchObject({
        nexamples: 200,
        current_nexamples: initial,
        new_nexamples: 200 - initial,
      });
      expect(line.total_time).toBeCloseTo(line.inference_time + line.ranking_time, 9);
    }
    const selected = await readIndexFile(`${run}/k-centers/selected.index`);
    expect(await readIndexFile(`${run}/k-centers/initial_subset_8.index`)).toEqual(selected.slice(0, 8));
    const [proxy] = await readTable(`${run}/proxy.csv`);
    expect(proxy).toMatchObject({ nexamples: 400, test_accuracy: record.proxy.testAccuracy });
  });

  test('Ctrl-C in the middle of it is told, ends with 130, and leaves whole files and no process', async () => {
    const run = folder.path('stopped');
    const child = startSvp(['quickstart', '--settings', TINY, '--run-dir', run, '--progress', 'plain']);
    const ended = finished(child);
    const isTraining = new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('proxy on the full pool')) resolve();
      });
    });
    await Promise.race([isTraining, ended]);
    const workers = await childrenOf(child.pid as number);
    expect(workers.length).toBe(1);
    const stoppedAt = performance.now();
    child.kill('SIGINT');
    const { code, stderr, stdout } = await ended;
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain('stopped by SIGINT');
    expect(stderr).toContain('Nothing is left half-written');
    expect(stderr).toContain('Run svp quickstart again');
    const files = await filesBelow(run);
    expect(litter(files)).toEqual([]);
    expect(files).not.toContain('core-set.json');
    expect(files).not.toContain('report.html');
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow();
  });

  test('the training child ends with a parent that is killed', async () => {
    const child = startSvp([
      ...['quickstart', '--settings', TINY, '--run-dir', folder.path('killed'), '--progress', 'plain'],
    ]);
    const ended = finished(child);
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('proxy on the full pool')) resolve();
      });
    });
    const [worker] = await childrenOf(child.pid as number);
    child.kill('SIGKILL');
    await ended;
    // It notices at its next step.
    for (let i = 0; i < 100 && isAlive(worker); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isAlive(worker)).toBe(false);
  });
});

describe('svp quickstart, before it trains', () => {
  test('--dry-run prints the plan and writes nothing', async () => {
    const run = folder.path('never');
    const { code, stdout } = await runSvp(['quickstart', '--fast', '--dry-run', '--run-dir', run]);
    expect(code).toBe(0);
    expect(stdout).toContain('target on k-centers');
    expect(stdout).toContain('Nothing was written');
    await expect(fs.access(run)).rejects.toThrow();
    const json = JSON.parse((await runSvp(['quickstart', '--dry-run', '--json'])).stdout);
    expect(json).toMatchObject({
      dryRun: true,
      dataset: 'fashion-mnist',
      estimatedSeconds: expect.any(Number),
    });
  });

  test('a run folder that is not empty is refused before any work', async () => {
    const run = folder.path('full');
    await fs.mkdir(run);
    await fs.writeFile(`${run}/notes.txt`, 'mine');
    const { code, stderr } = await runSvp(['quickstart', '--settings', TINY, '--run-dir', run]);
    expect(code).toBe(2);
    expect(stderr).toContain('SVP_E_EXISTS');
    expect(stderr).toContain('--force');
    expect(await filesBelow(run)).toEqual(['notes.txt']);
  });

  test('a run folder that cannot be made is an error of resources that names it', async () => {
    const file = folder.path('file');
    await fs.writeFile(file, '');
    const { code, stderr } = await runSvp(['quickstart', '--settings', TINY, '--run-dir', `${file}/run`]);
    expect(code).toBe(4);
    expect(stderr).toContain('SVP_E_WRITE');
    expect(stderr).toContain(`${file}/run`);
  });

  test.each([
    [['--fraction', '0'], /--fraction/],
    [['--fraction', '1.1'], /--fraction/],
    [['--pool', '100000'], /SVP_E_BUDGET.*60000/],
    [['--fastt'], /--fast/],
    [['--settings', '{"proxi":{}}'], /proxi.*proxy/],
    [['--settings', '{"oracle":"entropie"}'], /entropy/],
    [['--settings', '{"target":{"arch":"preact21","epochs":[1],"learningRates":[0.1]}}'], /preact20/],
    [['--settings', '{"target":{"arch":"preact20","epochs":[1,1],"learningRates":[0.1]}}'], /epochs/],
    [['--settings', '{"methods":["random","uniform"]}'], /twice/],
  ])('%p is a wrong use', async (args, message) => {
    const run = folder.path('wrong');
    const { code, stderr } = await runSvp(['quickstart', '--run-dir', run, ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    await expect(fs.access(run)).rejects.toThrow();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The processes whose parent is `pid`, from /proc; none where there is no /proc. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await fs.readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
