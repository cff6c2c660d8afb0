// npm run test:sanitizers — the C++ tests under AddressSanitizer + UndefinedBehaviorSanitizer and under ThreadSanitizer,
// then the addon itself, built with the first two, in a Node process. Ends with exit code 1 at the first report.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
let failed = 0;

function run(title, command, args, env = {}) {
  process.stdout.write(`${title} … `);
  const started = performance.now();
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  const reported = /ERROR: AddressSanitizer|runtime error:|WARNING: ThreadSanitizer|LeakSanitizer/.test(
    output,
  );
  const expected = env.EXPECTED_STATUS ? Number(env.EXPECTED_STATUS) : 0;
  if (result.error || result.status !== expected || reported) {
    failed++;
    console.log(
      `failed after ${seconds} s (${result.error?.message ?? result.signal ?? `exit ${result.status}`})`,
    );
    console.log(output.split('\n').slice(-120).join('\n'));
    return false;
  }
  console.log(`passed in ${seconds} s`);
  return true;
}

function build(folder, options) {
  return (
    run(`configure ${folder}`, 'cmake', ['-S', '.', '-B', folder, ...options]) &&
    run(`build ${folder}`, 'cmake', ['--build', folder, '-j', String(os.availableParallelism())])
  );
}

for (const sanitizer of ['address', 'thread']) {
  const folder = `build-${sanitizer}`;
  const options = [
    `-DSVP_SANITIZE=${sanitizer}`,
    '-DSVP_TESTS=ON',
    `-DSVP_ADDON=${sanitizer === 'address' ? 'ON' : 'OFF'}`,
  ];
  if (!build(folder, options)) continue;
  run(`C++ tests, ${sanitizer}`, path.join(root, folder, 'test', 'native', 'svp_native_tests'), [], {
    ASAN_OPTIONS: 'detect_leaks=1',
    TSAN_OPTIONS: 'halt_on_error=1',
  });
}

// Node itself is not instrumented, so the sanitizer's library goes in first; V8 never frees its heaps, so leaks are off.
const addon = path.join(root, 'build-address', 'Release', 'svp.node');
if (existsSync(addon) && process.platform === 'linux') {
  const library = (name) =>
    execFileSync(process.env.CXX ?? 'g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  const env = {
    LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
    ASAN_OPTIONS: 'detect_leaks=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  run('addon, every operation, address', process.execPath, ['test/parity/operations.cjs', addon], env);
  for (const [scenario, status] of [
    ['terminated', 0],
    ['workerExit', 0],
    ['together', 0],
    ['exit', 7],
    ['exitAtOnce', 7],
    ['unawaited', 0],
  ]) {
    run(`addon, ${scenario}, address`, process.execPath, ['test/native/environments.cjs', addon, scenario], {
      ...env,
      EXPECTED_STATUS: String(status),
    });
  }
}

console.log(failed === 0 ? 'No sanitizer reported anything.' : `${failed} steps failed.`);
process.exit(failed === 0 ? 0 : 1);
