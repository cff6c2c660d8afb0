import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { addonStatus } from '../../src/native/load';

function run(scenario: string, flags: string[] = []) {
  const started = performance.now();
  const child = spawnSync(
    process.execPath,
    [...flags, path.join(__dirname, 'environments.cjs'), addonStatus().path!, scenario],
    { encoding: 'utf8', timeout: 50_000 },
  );
  return { ...child, ms: performance.now() - started };
}

/** Ends as wanted, not by a signal (a crash), and says nothing on stderr. */
function expectClean(result: ReturnType<typeof run>, status: number) {
  expect({ status: result.status, signal: result.signal, stderr: result.stderr }).toEqual({
    status,
    signal: null,
    stderr: '',
  });
}

describe('jobs and the end of their environment', () => {
  test('workers terminated at any moment: no crash, the process goes on, memory stays flat', () => {
    const result = run('terminated');
    expectClean(result, 0);
    expect(JSON.parse(result.stdout).grownMiB).toBeLessThan(100);
  });

  test('process.exit inside workers in the middle of calls', () => {
    const result = run('workerExit');
    expectClean(result, 0);
    expect(JSON.parse(result.stdout).codes).toEqual([3, 3, 3, 3]);
  });

  test('the main thread and 8 workers at once', () => {
    const result = run('together');
    expectClean(result, 0);
    expect(JSON.parse(result.stdout).codes).toEqual(new Array(8).fill(0));
  });

  test.each(['exit', 'exitAtOnce'])('process.exit in the middle of calls: %s', (scenario) => {
    const result = run(scenario);
    expectClean(result, 7);
  });

  test('an uncaught error in the middle of a call', () => {
    const result = run('throwing');
    expect(result.signal).toBeNull();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('thrown on purpose');
  });

  test('a call that nobody awaits keeps the process until it has ended', () => {
    const result = run('unawaited');
    expectClean(result, 0);
    expect(result.stdout).toContain('settled');
  });

  test('10,000 small calls leave memory flat', () => {
    // V8's young generation is held small, or its growth would hide what the addon keeps.
    const result = run('manySmall', ['--expose-gc', '--max-semi-space-size=1']);
    expectClean(result, 0);
    const { residentMiB } = JSON.parse(result.stdout);
    expect(residentMiB[3] - residentMiB[1]).toBeLessThan(10);
  });

  test('handles and inputs that are garbage while their job runs', () => {
    // Cancelled jobs reject; these rejections are nobody's.
    expectClean(run('collected', ['--expose-gc', '--unhandled-rejections=none']), 0);
  });
});
