/** R3: a run of either protocol that is killed at any moment goes on to the index files of an unbroken run. */
import { spawn } from 'node:child_process';
import { promises as fs, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Random } from '../../src/core/random';
import { writeProtocolProgram } from './protocol-child';
import { filesBelow, litter, temporaryFolder } from './training-folder';

const folder = temporaryFolder();
const KILLS = 20;

const BODY = `
  const [kind, runDirectory, log] = process.argv.slice(2);
  const dataset = { train: tinyImages(400, { seed: 1 }), test: tinyImages(40, { seed: 2 }) };
  const bench = await openWorkbench({ dataset, host: new FakeTrainingHost({ log, epochMs: 6 }) });
  const network = { arch: 'preact8', epochs: [3], learningRates: [0.1] };
  const options = { dataset, proxy: network, target: { ...network, arch: 'preact20' }, runDirectory, resume: true, seed: 5, validation: 10 };
  if (kind === 'active') {
    await activeLearningAt(bench, { ...options, method: 'k-centers', warmStart: true, initialSubset: 20, rounds: [20, 30, 40, 50], evalTargetAt: [40, 160] });
  } else {
    await coreSetAt(bench, { ...options, method: 'entropy', subset: [50, 100, 200], fullTarget: true });
  }
  await bench.close();
`;

let program: string;
beforeAll(() => {
  program = writeProtocolProgram(folder.path('program'), BODY);
});

/** Runs the program to its end, or kills it after so long. @returns whether it ended by itself, and how long it took */
function start(
  kind: string,
  run: string,
  log: string,
  killAfter?: number,
): Promise<{ done: boolean; ms: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, kind, run, log], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 0) reject(new Error(stderr));
      else resolve({ done: signal === null, ms: performance.now() - startedAt });
    });
  });
}

async function indexFiles(run: string): Promise<Record<string, string>> {
  const names = (await filesBelow(run)).filter((name) => name.endsWith('.index'));
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await fs.readFile(path.join(run, name), 'utf8')] as const),
    ),
  );
}

const epochsIn = (log: string) =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('epoch'));

test.each(['active', 'coreset'])(
  '%s, killed at 20 random moments',
  async (kind) => {
    const unbroken = folder.path(`${kind}-unbroken`);
    const whole = await start(kind, unbroken, folder.path(`${kind}-unbroken.log`));
    const wanted = await indexFiles(unbroken);
    expect(Object.keys(wanted).length).toBeGreaterThan(10);
    const epochs = epochsIn(folder.path(`${kind}-unbroken.log`));
    expect(new Set(epochs).size).toBe(epochs.length);

    const random = new Random(7);
    // The first tenth of a second or so is Node itself starting: kills there prove little.
    const head = Math.min(120, whole.ms / 4);
    let kills = 0;
    for (let attempt = 0; kills < KILLS; attempt++) {
      const broken = folder.path(`${kind}-broken-${attempt}`);
      const log = `${broken}.log`;
      let done = false;
      let killed = 0;
      while (!done) {
        const patience = killed >= 7 ? undefined : head + random.uniform() * (whole.ms - head);
        ({ done } = await start(kind, broken, log, patience));
        if (!done) killed++;
      }
      kills += killed;
      expect(await indexFiles(broken)).toEqual(wanted);
      expect(litter(await filesBelow(broken))).toEqual([]);
      // A killed epoch or pass is repeated, a finished one never: at most one epoch a kill.
      const run = epochsIn(log);
      expect(new Set(run)).toEqual(new Set(epochs));
      expect(run.length).toBeLessThanOrEqual(epochs.length + killed);
    }
  },
  180_000,
);
