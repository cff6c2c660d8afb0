import { existsSync } from 'node:fs';
import { FakeSetUp, type Modes } from './fake-set-up';

let world: FakeSetUp;
beforeEach(() => {
  world = new FakeSetUp();
});
afterEach(() => world.discard());

describe('one message that names the thing and the fix', () => {
  const cases: [string, Modes, 'npm' | 'cmake' | 'c++' | 'python3' | null, RegExp, RegExp][] = [
    ['npm is missing', {}, 'npm', /npm was not found/, /put it on PATH/],
    [
      'npm has no network',
      { npm: 'network' },
      null,
      /No network connection to the npm registry/,
      /HTTPS_PROXY/,
    ],
    ['npm meets a full disk', { npm: 'disk' }, null, /disk is full: the npm packages/, /Free some space/],
    [
      'a proxy re-signs traffic',
      { npm: 'certificate' },
      null,
      /certificate is not trusted/,
      /NODE_EXTRA_CA_CERTS/,
    ],
    [
      'npm fails otherwise',
      { npm: 'broken' },
      null,
      /npm ci failed: .*in sync/,
      /bring the lock file up to date/,
    ],
    ['CMake is missing', {}, 'cmake', /CMake was not found/, /apt install cmake/],
    ['CMake is old', { cmake: 'old' }, null, /CMake 3\.5 is too old; 3\.18/, /Install CMake 3\.18/],
    ['the compiler is missing', {}, 'c++', /C\+\+17 compiler was not found/, /apt install build-essential/],
    [
      'the compiler is old',
      { compiler: 'c++11' },
      null,
      /"c\+\+" does not understand C\+\+17/,
      /Install one/,
    ],
    ['the addon does not compile', { cmakeJs: 'error' }, null, /a\.cc:3:7: error: expected/, /GCC 9/],
    ['TypeScript finds errors', { tsc: 'error' }, null, /index\.ts\(1,14\): error TS2322/, /Correct them/],
    [
      'pip has no network',
      { pip: 'network' },
      null,
      /No network connection to pip's package index/,
      /HTTPS_PROXY/,
    ],
    ['pip meets a full disk', { pip: 'disk' }, null, /disk is full: TensorFlow/, /Free some space/],
    [
      'the wheel is not the one expected',
      { pip: 'wrong' },
      null,
      /SHA-256 \w{64}, expected \w{64}/,
      /pypi\.org/,
    ],
    ['TensorFlow does not load', { tfjs: 'broken' }, null, /does not load: .*undefined symbol/, /Delete /],
  ];

  test.each(cases)('%s', async (_name, modes, tool, problem, fix) => {
    if (tool) world.remove(tool);
    const result = await world.run(modes);
    expect(result.code).toBe(4);
    const message = result.stderr.slice(result.stderr.indexOf('svp set-up:'));
    const [first, second, log, ...rest] = message.trimEnd().split('\n');
    expect(first).toMatch(problem);
    expect(second).toMatch(/^ {2}Fix: /);
    expect(second).toMatch(fix);
    if (log !== undefined) {
      expect(existsSync(/^ {2}Full output of the failed tool: (.*)$/.exec(log)?.[1] ?? log)).toBe(true);
    }
    expect(rest).toEqual([]);
    expect(result.stderr).not.toMatch(/^ {4}at /m);
    expect(world.litter()).toEqual([]);
    // The doctor can say later what went wrong, and the next attempt, with the cause removed, succeeds.
    const failed = (await world.states()).find(({ state }) => state === 'failed');
    expect(failed?.detail).toMatch(problem);
    expect(failed?.fix).toMatch(fix);
    if (tool === null) {
      expect((await world.run()).code).toBe(0);
      expect((await world.states()).every(({ state }) => state === 'ready')).toBe(true);
    }
  });

  test.each([
    ['Python is missing', {}, 'python3' as const, /Python 3 was not found/, /apt install python3/],
    ['pip is missing', { pip: 'absent' } as Modes, null, /pip was not found/, /ensurepip/],
    ['pip is old', { pip: 'old' } as Modes, null, /pip 9\.0 is too old/, /install --upgrade pip/],
  ])('%s: the rest is set up; only --require-training fails', async (_name, modes, tool, problem, fix) => {
    if (tool) world.remove(tool);
    const plain = await world.run(modes);
    expect(plain.stderr).toMatch(problem);
    expect(plain.stderr).toMatch(fix);
    expect(plain.stderr).toMatch(/Everything but training is ready/);
    expect(plain.code).toBe(0);
    expect((await world.states()).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'failed']);
    const required = await world.run(modes, ['--require-training']);
    expect(required.stderr).toMatch(problem);
    expect(required.code).toBe(4);
  });
});
