import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const packageRoot = path.resolve(__dirname, '..', '..');

/** What each fake tool does instead of its work. */
export interface Modes {
  npm?: 'network' | 'disk' | 'certificate' | 'broken';
  cmake?: 'old';
  cmakeJs?: 'error';
  compiler?: 'c++11';
  tsc?: 'error';
  pip?: 'absent' | 'old' | 'network' | 'disk' | 'wrong';
  tfjs?: 'broken';
  /** Milliseconds that each tool waits before and after its work. */
  delay?: number;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const WHEEL = 'the wheel';
const LIBRARY = 'a library';

/** What every fake tool begins with: it tells the log of its start and end, and waits if it was told to. */
const PRELUDE = `#!${process.execPath}
const fs = require('node:fs'), path = require('node:path');
const modes = JSON.parse(process.env.FAKE_MODES), args = process.argv.slice(2);
const log = (text) => fs.appendFileSync(process.env.FAKE_LOG, text + ' ' + process.pid + '\\n');
const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, modes.delay || 0);
const stop = (text, code = 1) => { console.error(text); process.exit(code); };
const put = (file, text) => { fs.mkdirSync(path.dirname(file), { recursive: true }); fs.writeFileSync(file, text); };
const work = (name, body) => { log('begin ' + name); wait(); body(); wait(); log('end ' + name); };
`;

const CMAKE_JS = `${PRELUDE}
work('cmake-js', () => {
  if (modes.cmakeJs === 'error') stop('native/a.cc:3:7: error: expected ; before x');
  put('build/CMakeCache.txt', '');
  put('build/Release/svp.node', 'half');
  wait();
  put('build/Release/svp.node', 'an addon');
});`;

const TSC = `${PRELUDE}
work('tsc', () => {
  if (modes.tsc === 'error') stop("src/index.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.");
  const out = args[args.indexOf('--outDir') + 1];
  put(path.join(out, 'cli', 'main.js'), '');
  wait();
  put(path.join(out, 'index.js'), fs.readFileSync('src/index.ts'));
});`;

const TFJS = `
if (JSON.parse(process.env.FAKE_MODES).tfjs === 'broken') throw new Error('libtensorflow_cc.so.2: undefined symbol');
for (const file of ['lib/napi-v8/tfjs_binding.node', 'deps/lib/libtensorflow_cc.so.2', 'deps/lib/libtensorflow.so'])
  if (!require('node:fs').existsSync(__dirname + '/' + file)) throw new Error(file + ' is not there');
exports.tensor2d = () => null;
exports.matMul = () => ({ dataSync: () => [19, 22, 43, 50] });`;

const NPM = `${PRELUDE}
const said = {
  network: 'npm error code ENOTFOUND\\nnpm error network request to https://registry.npmjs.org/a failed',
  disk: 'npm error code ENOSPC\\nnpm error nospc ENOSPC: no space left on device, write',
  certificate: 'npm error code SELF_SIGNED_CERT_IN_CHAIN',
  broken: 'npm error code EUSAGE\\nnpm error \`npm ci\` can only install packages when your package.json and package-lock.json are in sync.',
}[modes.npm];
if (args[0] !== 'ci' || !args.includes('--ignore-scripts')) stop('npm was called with ' + args, 9);
work('npm', () => {
  fs.rmSync('node_modules', { recursive: true, force: true });
  if (said) stop(said);
  const lock = JSON.parse(fs.readFileSync('package-lock.json'));
  const own = JSON.parse(process.env.FAKE_FILES);
  for (const [folder, { version }] of Object.entries(lock.packages)) {
    if (folder === '') continue;
    put(path.join(folder, 'package.json'), JSON.stringify({ version, main: 'index.js' }));
    wait();
  }
  for (const [file, text] of Object.entries(own)) put(file, text);
  delete lock.packages[''];
  put('node_modules/.package-lock.json', JSON.stringify(lock));
});`;

const CMAKE = `${PRELUDE}
if (args[0] === '--version') { console.log('cmake version ' + (modes.cmake === 'old' ? '3.5.1' : '3.25.1')); process.exit(0); }
const build = args[0] === '--build' ? args[1] : null;
work('cmake', () => { if (build) put(path.join(build, 'tfjs_binding.node'), 'a binding'); });`;

const COMPILER = `${PRELUDE}
if (args[0] === '--version') { console.log('c++ 12'); process.exit(0); }
if (modes.compiler === 'c++11') stop("c++: error: unrecognized option '-std=c++17'");`;

const PYTHON = `${PRELUDE}
if (args[0] === '-m' && args[2] === '--version') {
  if (modes.pip === 'absent') stop('No module named pip');
  console.log('pip ' + (modes.pip === 'old' ? '9.0' : '24.0') + ' from somewhere');
} else if (args[0] === '-m') {
  const to = args[args.indexOf('--dest') + 1];
  work('pip', () => {
    if (modes.pip === 'network') stop('ERROR: Could not find a version that satisfies the requirement (from versions: none)');
    if (modes.pip === 'disk') stop('ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device');
    put(path.join(to, process.env.FAKE_WHEEL), 'ha');
    wait();
    put(path.join(to, process.env.FAKE_WHEEL), modes.pip === 'wrong' ? 'another wheel' : ${JSON.stringify(WHEEL)});
  });
} else if (args[2]) {
  work('unpack', () => {
    for (const name of ['lib/libtensorflow_cc.so.2', 'lib/libtensorflow_framework.so.2']) {
      put(path.join(args[3], name), ${JSON.stringify(LIBRARY)});
      console.log(name, ${LIBRARY.length});
      wait();
    }
    put(path.join(args[3], 'include/tensorflow/c/c_api.h'), '');
  });
}`;

/**
 * A copy of the set-up scripts in a small package of its own, with fake tools on PATH: every failure, interruption and
 * race can be had in a second and without the network. Only the wheel's hash in the copied script is changed.
 */
export class FakeSetUp {
  readonly root: string;
  readonly cache: string;
  private readonly base: string;
  private readonly bin: string;
  private readonly logFile: string;

  constructor() {
    this.base = mkdtempSync(path.join(tmpdir(), 'svp-set-up-'));
    this.root = path.join(this.base, 'package');
    this.cache = path.join(this.base, 'cache');
    this.bin = path.join(this.base, 'bin');
    this.logFile = path.join(this.base, 'calls.log');
    writeFileSyncDeep(this.logFile, '');
    cpSync(path.join(packageRoot, 'scripts'), path.join(this.root, 'scripts'), { recursive: true });
    const wheelScript = path.join(this.root, 'scripts', 'setup', 'tensorflow-wheel.mjs');
    const hash = createHash('sha256').update(WHEEL).digest('hex');
    writeFileSync(
      wheelScript,
      readFileSync(wheelScript, 'utf8').replace(/sha256: '\w{64}'/g, `sha256: '${hash}'`),
    );
    const version = '1.0.0';
    const names = [
      'cmake-js',
      'typescript',
      'node-api-headers',
      'node-addon-api',
      '@tensorflow/tfjs-node-gpu',
    ];
    const packages = Object.fromEntries(
      names.map((name) => [`node_modules/${name}`, { version, integrity: name }]),
    );
    this.write('package.json', '{}');
    this.write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
    this.write('CMakeLists.txt', '');
    this.write('native/a.cc', 'int a;');
    this.write('tsconfig.json', '{}');
    this.write('src/index.ts', 'export const a = 1;');
    const tools = { npm: NPM, cmake: CMAKE, 'c++': COMPILER, python3: PYTHON };
    for (const [name, text] of Object.entries(tools)) {
      writeFileSyncDeep(path.join(this.bin, name), text);
      chmodSync(path.join(this.bin, name), 0o755);
    }
  }

  /** Take a tool off PATH. */
  remove(tool: 'npm' | 'cmake' | 'c++' | 'python3'): void {
    rmSync(path.join(this.bin, tool));
  }

  write(file: string, text: string): void {
    writeFileSyncDeep(path.join(this.root, file), text);
  }

  start(modes: Modes = {}, args: string[] = []): { child: ChildProcess; ended: Promise<Ended> } {
    const wheelScript = readFileSync(
      path.join(this.root, 'scripts', 'setup', 'tensorflow-wheel.mjs'),
      'utf8',
    );
    const wheel = /file: `([^`]*x86_64\.whl)`/.exec(wheelScript)?.[1].replace(`$${'{VERSION}'}`, '2.19.1');
    const files = {
      'node_modules/cmake-js/bin/cmake-js': CMAKE_JS,
      'node_modules/typescript/bin/tsc': TSC,
      'node_modules/@tensorflow/tfjs-node-gpu/index.js': TFJS,
      'node_modules/@tensorflow/tfjs-node-gpu/binding/a.cc': '',
      'node_modules/node-api-headers/include/node_api.h': '',
    };
    const child = spawn(process.execPath, [path.join(this.root, 'scripts', 'setup.mjs'), ...args], {
      cwd: this.root,
      env: {
        PATH: this.bin,
        HOME: this.base,
        SVP_CACHE: this.cache,
        FAKE_LOG: this.logFile,
        FAKE_MODES: JSON.stringify(modes),
        FAKE_FILES: JSON.stringify(files),
        FAKE_WHEEL: wheel,
        // The same on a machine with a driver.
        SVP_TENSORFLOW_DEVICE: 'cpu',
      },
    });
    const ended = new Promise<Ended>((resolve) => {
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text;
      });
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return { child, ended };
  }

  run(modes: Modes = {}, args: string[] = []): Promise<Ended> {
    return this.start(modes, args).ended;
  }

  /** How the parts stand, by `--check --json`. */
  async states(): Promise<{ part: string; state: string; detail: string; fix: string | null }[]> {
    const { stdout } = await this.run({}, ['--check', '--json']);
    return JSON.parse(stdout);
  }

  /** The tools that were called, "begin npm", "end npm" …, with the process id of each. */
  calls(): { what: string; pid: number }[] {
    return readFileSync(this.logFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ what: line.replace(/ \d+$/, ''), pid: Number(/\d+$/.exec(line)?.[0]) }));
  }

  forgetCalls(): void {
    writeFileSync(this.logFile, '');
  }

  /** Files and folders that only a set-up at work may have. */
  litter(): string[] {
    const below = (folder: string): string[] =>
      !existsSync(folder)
        ? []
        : readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
            const name = path.join(folder, entry.name);
            return [name, ...(entry.isDirectory() ? below(name) : [])];
          });
    return [...below(this.root), ...below(this.cache)].filter((name) => /\.tmp$|\/lock$/.test(name));
  }

  discard(): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

function writeFileSyncDeep(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
