// Runs every check and adds them up: `node scripts/test.mjs [what …] [-- jest options]`, after scripts/setup.mjs.
//
// `what` is a group (types, unit, native, parity, process, integration) or a part of a test file's path; nothing
// means everything. The last line is always `N passed, N failed` or `N passed, N failed, N skipped`; the exit code is 1
// when anything failed or nothing ran.
//
// Groups run one after the other. Tests of logic share the cores; tests that start processes, measure time or train run
// one file at a time, each in a fresh process, because TensorFlow and the time limits want the machine for themselves.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const SHARED = ['unit', 'native', 'parity'];
const ALONE = ['process', 'integration'];
const GROUPS = ['types', ...SHARED, ...ALONE];

const total = { passed: 0, failed: 0, skipped: [] };
const failures = [];

function fail(name) {
  total.failed++;
  failures.push(name);
}

/** A run of jest that takes longer than this hangs: it is ended and counts as a failure. */
const LIMIT_MS = 12 * 60_000;

/** Run a script of this Node with all its output on stderr, so that stdout holds the last line alone. */
function run(args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const finish = (outcome) => {
      clearTimeout(timer);
      done(outcome);
    };
    child.on('error', (error) => finish(error.message));
    child.on('close', (code, signal) =>
      finish(code === 0 ? null : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
}

const heading = (text) => process.stderr.write(`\n── ${text}\n`);

async function checkTypes() {
  heading('types: src, test');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const problem = await run([compiler, '-p', 'test/tsconfig.json', '--noEmit']);
  if (problem === null) total.passed++;
  else fail(`type check: tsc -p test/tsconfig.json ${problem}`);
}

/** Add one jest report up; a file that could not even be loaded counts as one failure. */
function addJestReport(path) {
  if (!existsSync(path)) return;
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    const results = file.assertionResults;
    for (const { status, fullName } of results) {
      if (status === 'passed') total.passed++;
      else if (status === 'failed') fail(`${name}: ${fullName}`);
      else total.skipped.push(`${name}: ${fullName}`);
    }
    if (file.status === 'failed' && !results.some(({ status }) => status === 'failed'))
      fail(`${name}: did not run`);
  }
}

async function runJest(what, args) {
  const folder = mkdtempSync(join(tmpdir(), 'svp-test-'));
  const report = join(folder, 'report.json');
  try {
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const before = total.failed;
    const problem = await run([jest, '--json', `--outputFile=${report}`, ...args]);
    addJestReport(report);
    if (problem !== null && total.failed === before) fail(`${what}: jest ${problem}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Test files of a group, as paths from the root. */
function testFiles(group) {
  const folder = join(root, 'test', group);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', group, name))
    .sort();
}

/** The CUDA compiler comes from PyPI where it is not here; a slow network must not hold the tests up. */
const CUDA_LIMIT_MS = 5 * 60_000;

function runWithin(limit, args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
    const timer = setTimeout(() => child.kill('SIGTERM'), limit);
    child.on('error', (error) => done(error.message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done(code === 0 ? null : signal ? `not ready within ${limit / 60_000} minutes` : code);
    });
  });
}

/** The kernels for this processor, which the parity tests run; and for devices, where a compiler is here or can be had. */
async function buildCuda() {
  heading('cuda: the kernels, for this processor and for devices');
  const script = join(root, 'scripts', 'build-cuda.mjs');
  const host = await runWithin(CUDA_LIMIT_MS, [script, '--host']);
  if (host === null) total.passed++;
  else fail(`npm run build:cuda -- --host: ${host}`);
  const device = await runWithin(CUDA_LIMIT_MS, [script]);
  if (device === null) total.passed++;
  else if (device === 1) fail('npm run build:cuda: the kernels do not compile');
  else
    total.skipped.push(
      `npm run build:cuda: no CUDA compiler was to be had (${device === 3 ? 'see above' : device})`,
    );
}

const split = process.argv.indexOf('--', 2);
const own = process.argv.slice(2, split === -1 ? undefined : split);
const jestOptions = [
  ...own.filter((arg) => arg.startsWith('-')),
  ...(split === -1 ? [] : process.argv.slice(split + 1)),
];
const words = own.filter((arg) => !arg.startsWith('-'));
const groups = words.filter((word) => GROUPS.includes(word));
const paths = words.filter((word) => !GROUPS.includes(word));
const everything = words.length === 0;

const wanted = (group) => everything || groups.includes(group);
const chosen = (group) =>
  testFiles(group).filter((file) => wanted(group) || paths.some((path) => file.includes(path)));

const started = Date.now();
if (wanted('types')) await checkTypes();
const shared = SHARED.flatMap(chosen);
if (shared.some((file) => file.includes('cuda'))) await buildCuda();
if (shared.length > 0) {
  heading(`jest: ${SHARED.join(', ')} (${shared.length} files)`);
  const cores = availableParallelism();
  const workers = cores <= 4 ? cores : Math.ceil(cores / 2);
  await runJest('jest', [...jestOptions, `--maxWorkers=${workers}`, '--runTestsByPath', ...shared]);
}
for (const file of ALONE.flatMap(chosen)) {
  heading(`jest: ${file}`);
  await runJest(file, [...jestOptions, '--runInBand', '--runTestsByPath', file]);
}

heading(`all checks took ${((Date.now() - started) / 60_000).toFixed(1)} min`);
if (total.skipped.length > 0)
  process.stderr.write(`skipped:\n${total.skipped.map((name) => `  ${name}\n`).join('')}`);
if (failures.length > 0) process.stderr.write(`failed:\n${failures.map((name) => `  ${name}\n`).join('')}`);
if (total.passed + total.failed === 0) process.stderr.write(`nothing matches ${words.join(' ')}\n`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
