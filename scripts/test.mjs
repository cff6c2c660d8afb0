// Runs every check and adds them up: `node scripts/test.mjs [what …] [-- jest options]`, after scripts/setup.mjs.
//
// `what` is a group (types, unit, native, parity, process, integration, cpp) or a part of a test file's path; nothing
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
const GROUPS = ['types', ...SHARED, ...ALONE, 'cpp'];

const total = { passed: 0, failed: 0, skipped: [] };
const failures = [];

function fail(name) {
  total.failed++;
  failures.push(name);
}

/** Run a tool with its output on the terminal, or collected where it is to be read. */
function run(command, { collect = false, env = {} } = {}) {
  return new Promise((done) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: collect ? ['ignore', 'pipe', 'inherit'] : 'inherit',
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', (error) => {
      process.stderr.write(`${command[0]}: ${error.message}\n`);
      done({ code: 127, output });
    });
    child.on('close', (code, signal) => done({ code: code ?? `signal ${signal}`, output }));
  });
}

const heading = (text) => process.stderr.write(`\n── ${text}\n`);

async function checkTypes() {
  heading('types: src, test');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code } = await run([process.execPath, compiler, '-p', 'test/tsconfig.json', '--noEmit']);
  if (code === 0) total.passed++;
  else fail('type check: tsc -p test/tsconfig.json');
}

/** Add one jest report up; a file that could not even be loaded counts as one failure. */
function addJestReport(path, what) {
  if (!existsSync(path)) {
    fail(`${what}: jest ended without a report`);
    return;
  }
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
    await run([process.execPath, jest, ...args, '--json', `--outputFile=${report}`, '--passWithNoTests'], {
      // With --json jest puts its report on stdout, too; what people read goes to stderr.
      env: { SVP_TEST_RUN: '1' },
      collect: false,
    });
    addJestReport(report, what);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runCpp() {
  heading('C++ tests');
  const build = 'build-tests';
  const steps = [
    ['cmake', '-S', '.', '-B', build, '-DSVP_ADDON=OFF', '-DSVP_TESTS=ON', '-DCMAKE_BUILD_TYPE=Release'],
    ['cmake', '--build', build, '--parallel', String(availableParallelism())],
  ];
  for (const step of steps) {
    const { code } = await run(step);
    if (code === 0) continue;
    fail(`C++ tests: ${step.join(' ')}`);
    return;
  }
  const { code, output } = await run(['ctest', '--test-dir', build, '--output-on-failure'], {
    collect: true,
  });
  let counted = 0;
  for (const [, name, verdict] of output.matchAll(
    /^\s*\d+\/\d+ Test\s+#\d+: (\S+) [.\s]*(\S.*?)\s+[\d.]+ sec/gm,
  )) {
    counted++;
    if (verdict === 'Passed') total.passed++;
    else if (verdict === '***Skipped') total.skipped.push(`C++ ${name}`);
    else fail(`C++ ${name}: ${verdict.replace(/^\*+/, '')}`);
  }
  if (counted === 0 || (code !== 0 && !failures.some((name) => name.startsWith('C++ '))))
    fail('C++ tests: ctest failed');
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
if (wanted('cpp') && existsSync(join(root, 'test', 'native', 'CMakeLists.txt'))) await runCpp();

heading(`all checks took ${((Date.now() - started) / 60_000).toFixed(1)} min`);
if (total.skipped.length > 0)
  process.stderr.write(`skipped:\n${total.skipped.map((name) => `  ${name}\n`).join('')}`);
if (failures.length > 0) process.stderr.write(`failed:\n${failures.map((name) => `  ${name}\n`).join('')}`);
if (total.passed + total.failed === 0) process.stderr.write(`nothing matches ${words.join(' ')}\n`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
