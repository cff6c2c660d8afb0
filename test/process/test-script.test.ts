import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const packageRoot = path.resolve(__dirname, '..', '..');
let root: string;

/** Stands in for jest: reports what the "test files" that it was given say. */
const JEST = `
const fs = require('node:fs'), path = require('node:path');
const args = process.argv.slice(2);
const output = args.find((arg) => arg.startsWith('--outputFile=')).slice('--outputFile='.length);
const files = args.slice(args.indexOf('--runTestsByPath') + 1);
const testResults = files.map((file) => {
  const text = fs.readFileSync(file, 'utf8').trim();
  if (text === 'crash') process.kill(process.pid, 'SIGSEGV');
  const assertionResults = text === '' ? [] : text.split(' ').map((status, i) => ({ status, fullName: 'test ' + i }));
  const good = assertionResults.length > 0 && !text.includes('failed');
  return { name: path.resolve(file), status: good ? 'passed' : 'failed', assertionResults };
});
console.log('chatter of jest');
fs.writeFileSync(output, JSON.stringify({ testResults }));
process.exit(testResults.every(({ status }) => status === 'passed') ? 0 : 1);
`;

function put(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function runTests(...args: string[]) {
  return spawnSync(process.execPath, [path.join(root, 'scripts', 'test.mjs'), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'svp-test-script-'));
  mkdirSync(path.join(root, 'scripts'));
  cpSync(path.join(packageRoot, 'scripts', 'test.mjs'), path.join(root, 'scripts', 'test.mjs'));
  put('node_modules/jest/bin/jest.js', JEST);
  put('node_modules/typescript/bin/tsc', '');
  put('test/unit/room/a.test.ts', 'passed passed');
  put('test/parity/b.test.ts', 'passed');
  put('test/process/c.test.ts', 'passed');
  put('test/integration/d.test.ts', 'passed');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('npm test', () => {
  test('adds everything up into the only line on stdout', () => {
    const result = runTests();
    expect(result.stdout).toBe('6 passed, 0 failed\n'); // five tests and the type check
    expect(result.status).toBe(0);
  });

  test('counts failures, and files that could not be loaded, and lists them', () => {
    put('test/unit/room/a.test.ts', 'passed failed');
    put('test/process/c.test.ts', '');
    const result = runTests();
    expect(result.stdout).toBe('4 passed, 2 failed\n');
    expect(result.stderr).toMatch(
      /failed:\n {2}test\/unit\/room\/a\.test\.ts: test 1\n.*c\.test\.ts: did not run/,
    );
    expect(result.status).toBe(1);
  });

  test('lists what was skipped', () => {
    put('test/parity/b.test.ts', 'passed pending');
    const result = runTests();
    expect(result.stdout).toBe('6 passed, 0 failed, 1 skipped\n');
    expect(result.stderr).toMatch(/skipped:\n {2}test\/parity\/b\.test\.ts: test 1\n/);
    expect(result.status).toBe(0);
  });

  test('a crash of the test runner is a failure', () => {
    put('test/integration/d.test.ts', 'crash');
    const result = runTests();
    expect(result.stdout).toBe('5 passed, 1 failed\n');
    expect(result.stderr).toMatch(/test\/integration\/d\.test\.ts: jest ended with SIGSEGV/);
    expect(result.status).toBe(1);
  });

  test('wrong types are a failure', () => {
    put('node_modules/typescript/bin/tsc', 'process.exit(2)');
    expect(runTests()).toMatchObject({ stdout: '5 passed, 1 failed\n', status: 1 });
  });

  test('runs a group or the files whose path contains a word', () => {
    expect(runTests('parity', 'process').stdout).toBe('2 passed, 0 failed\n');
    expect(runTests('room/a').stdout).toBe('2 passed, 0 failed\n');
    expect(runTests('types').stdout).toBe('1 passed, 0 failed\n');
  });

  test('that matches nothing fails', () => {
    const result = runTests('no-such-thing');
    expect(result).toMatchObject({ stdout: '0 passed, 0 failed\n', status: 1 });
    expect(result.stderr).toContain('nothing matches no-such-thing');
  });
});
