import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeSetUp } from './fake-set-up';

const packageRoot = path.resolve(__dirname, '..', '..');
const PARTS = ['dependencies', 'addon', 'typescript', 'training'];

let world: FakeSetUp;
beforeEach(() => {
  world = new FakeSetUp();
});
afterEach(() => world.discard());

const begun = (tool: string) => world.calls().filter(({ what }) => what === `begin ${tool}`).length;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that has ended but was not yet collected still answers to signals.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z/.test(readFileSync(stat, 'utf8'));
}

describe('set-up in the real package', () => {
  test('with nothing to do takes under 2 s and says so', () => {
    const script = path.join(packageRoot, 'scripts', 'setup.mjs');
    const check = spawnSync(process.execPath, [script, '--check'], { cwd: packageRoot, encoding: 'utf8' });
    if (check.status !== 0) throw new Error(`run \`npm run setup\` before this test:\n${check.stdout}`);
    const times = [1, 2, 3].map(() => {
      const started = performance.now();
      const result = spawnSync(process.execPath, [script], { cwd: packageRoot, encoding: 'utf8' });
      expect(result.stderr).toMatch(/^set-up {2}nothing to do \(\d+\.\d s\)\n$/);
      expect(result.status).toBe(0);
      return performance.now() - started;
    });
    expect(times.sort((a, b) => a - b)[1]).toBeLessThan(2000);
  });

  test('the libraries for training come by pip for three kinds of machine, and elsewhere training is off', () => {
    const code = `
      const { wheelFor } = await import('./scripts/setup/tensorflow-wheel.mjs');
      const machines = [['linux', 'x64'], ['linux', 'arm64'], ['darwin', 'arm64']].map((m) => wheelFor(...m, true));
      const off = [['win32', 'x64', true], ['darwin', 'x64', true], ['linux', 'riscv64', true], ['linux', 'x64', false]];
      const messages = off.map((m) => { try { wheelFor(...m); } catch (e) { return [e.message, e.fix, e.unsupported]; } });
      console.log(JSON.stringify({ machines, messages }));`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: packageRoot,
      encoding: 'utf8',
    });
    const { machines, messages } = JSON.parse(result.stdout);
    expect(new Set(machines.map(({ sha256 }: { sha256: string }) => sha256)).size).toBe(3);
    for (const [problem, fix, unsupported] of messages) {
      expect(problem).toMatch(/^Training is off: TensorFlow 2\.19\.1 has no ready-made library for /);
      expect(fix).toContain('Selection and scoring work without it');
      expect(unsupported).toBe(true);
    }
    expect(messages[3][0]).toContain('without glibc');
  });
});

describe('set-up from nothing', () => {
  test('makes every part, then nothing', async () => {
    const first = await world.run();
    expect(first.stderr).toMatch(/1\/4 npm packages: done.*2\/4 native addon: done.*3\/4 TypeScript: done/s);
    expect(first.stderr).toMatch(/4\/4 TensorFlow runtime: done.*ready in/s);
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(await world.states()).toEqual(
      PARTS.map((part) => expect.objectContaining({ part, state: 'ready', fix: null })),
    );
    expect(world.litter()).toEqual([]);

    world.forgetCalls();
    const second = await world.run();
    expect(second.stderr).toMatch(/^set-up {2}nothing to do/);
    expect(world.calls()).toEqual([]);
    expect(await world.run({}, ['--quiet'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('--check does nothing, tells what is missing and ends with 1', async () => {
    const result = await world.run({}, ['--check']);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/dependencies +missing.*\n +Fix: Run `npm run setup`/);
    expect(world.calls()).toEqual([]);
    expect((await world.states()).map(({ state }) => state)).toEqual([
      'missing',
      'missing',
      'missing',
      'missing',
    ]);
    expect(existsSync(path.join(world.root, '.cache'))).toBe(false);
  });

  test('an unknown option is refused before anything is done', async () => {
    const result = await world.run({}, ['--chekc']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/unknown option --chekc.*\n {2}Fix: the options are --quiet/);
    expect(world.calls()).toEqual([]);
  });

  test('--skip-training leaves training out', async () => {
    world.remove('python3');
    expect((await world.run({}, ['--skip-training'])).code).toBe(0);
    expect((await world.states()).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'missing']);
  });
});

describe('what was made is made again when', () => {
  beforeEach(async () => {
    expect((await world.run()).code).toBe(0);
    world.forgetCalls();
  });

  test.each([
    ['a C++ source changed', 'native/a.cc', 'int b;', 'addon', ['cmake-js']],
    ['CMakeLists.txt changed', 'CMakeLists.txt', '# new', 'addon', ['cmake-js']],
    ['a TypeScript source changed', 'src/index.ts', 'export const a = 2;', 'typescript', ['tsc']],
    ['the addon was overwritten', 'build/Release/svp.node', 'x', 'addon', ['cmake-js']],
  ])('%s', async (_what, file, text, part, tools) => {
    world.write(file, text);
    expect(
      (await world.states()).filter(({ state }) => state === 'stale').map((state) => state.part),
    ).toEqual([part]);
    expect((await world.run()).code).toBe(0);
    expect(world.calls().map(({ what }) => what)).toEqual(
      tools.flatMap((tool) => [`begin ${tool}`, `end ${tool}`]),
    );
  });

  test('a source file was removed: its output goes, too', async () => {
    world.write('dist/stray.js', '');
    world.write('src/index.ts', 'export const a = 3;');
    await world.run();
    expect(existsSync(path.join(world.root, 'dist', 'stray.js'))).toBe(false);
  });

  test('one package folder is missing', async () => {
    rmSync(path.join(world.root, 'node_modules', 'node-api-headers'), { recursive: true });
    expect((await world.run()).code).toBe(0);
    expect(begun('npm')).toBe(1);
  });

  test('node_modules is gone: training comes back from the cache without download or compilation', async () => {
    rmSync(path.join(world.root, 'node_modules'), { recursive: true });
    world.remove('python3');
    expect((await world.run()).code).toBe(0);
    expect(new Set(world.calls().map(({ what }) => what.split(' ')[1]))).toEqual(new Set(['npm']));
    expect((await world.states()).every(({ state }) => state === 'ready')).toBe(true);
  });

  test('the TensorFlow library was truncated, here and in the cache', async () => {
    const library = path.join(
      world.root,
      'node_modules/@tensorflow/tfjs-node-gpu/deps/lib/libtensorflow_cc.so.2',
    );
    writeFileSync(library, 'x'); // the cache has the same file under another name
    expect((await world.states())[3]).toMatchObject({ part: 'training', state: 'stale' });
    expect((await world.run()).code).toBe(0);
    expect(begun('pip')).toBe(0); // the wheel itself is whole
    expect(statSync(library).size).toBeGreaterThan(1);
  });
});

describe('interruption', () => {
  test('kill -9 at 12 moments: the next run repairs, nothing is left over', async () => {
    const modes = { delay: 15 };
    for (let moment = 0; moment < 12; moment++) {
      const { child, ended } = world.start(modes);
      await sleep(40 + 97 * moment);
      child.kill('SIGKILL');
      await ended;
    }
    const last = await world.run(modes);
    expect(last.code).toBe(0);
    expect((await world.states()).every(({ state }) => state === 'ready')).toBe(true);
    expect(world.litter()).toEqual([]);
    expect(readFileSync(path.join(world.root, 'build/Release/svp.node'), 'utf8')).toBe('an addon');
    expect(world.calls().filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  test('a tool that outlives a killed set-up is ended before the next one begins', async () => {
    const { child, ended } = world.start({ delay: 30_000 });
    while (begun('npm') === 0) await sleep(20);
    child.kill('SIGKILL');
    await ended;
    const orphan = world.calls()[0].pid;
    expect(isAlive(orphan)).toBe(true);
    expect((await world.run()).code).toBe(0);
    expect(isAlive(orphan)).toBe(false);
    expect(world.calls().filter(({ what }) => what === 'end npm')).toHaveLength(1);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends the tools, says how to go on and exits with 130',
    async (signal) => {
      const { child, ended } = world.start({ delay: 30_000 });
      while (begun('npm') === 0) await sleep(20);
      child.kill(signal);
      const result = await ended;
      expect(result.code).toBe(130);
      expect(result.stderr).toMatch(/interrupted\. What is done stays; run the same command again/);
      await sleep(100);
      expect(isAlive(world.calls()[0].pid)).toBe(false);
      expect(world.litter()).toEqual([]);
    },
  );
});

describe('the lock', () => {
  const lockFile = () => path.join(world.root, '.cache', 'setup', 'lock');

  test('two set-ups at once: the second waits, and finds nothing to do', async () => {
    const first = world.start({ delay: 20 });
    while (begun('npm') === 0) await sleep(10);
    const [one, two] = await Promise.all([first.ended, world.run()]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(two.stderr).toMatch(
      /another set-up \(process \d+\) is at work here: waiting for it\n.*nothing to do/,
    );
    for (const tool of ['npm', 'cmake-js', 'tsc', 'pip']) expect(begun(tool)).toBe(1);
  });

  test('eight at once over a dead one’s lock: one works', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    world.write(
      '.cache/setup/lock',
      JSON.stringify({ pid: dead, start: null, host: hostname(), child: null }),
    );
    const results = await Promise.all(Array.from({ length: 8 }, () => world.run({ delay: 5 })));
    expect(results.map(({ code }) => code)).toEqual(Array(8).fill(0));
    expect(begun('npm')).toBe(1);
    expect(world.litter()).toEqual([]);
  });

  test('a process number that was given out again does not hold the lock', async () => {
    const lock = { pid: process.pid, start: '1', host: hostname(), child: null };
    world.write('.cache/setup/lock', JSON.stringify(lock));
    const result = await world.run();
    expect(result.code).toBe(0);
    expect(result.stderr).not.toContain('waiting');
    expect(existsSync(lockFile())).toBe(false);
  });
});
