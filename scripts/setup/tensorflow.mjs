// Part "training": TensorFlow's library and the binding of @tensorflow/tfjs-node-gpu, made once in the cache and linked
// into node_modules, so that a fresh `npm ci` costs no download and no compilation.
import { spawnSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensureFolder } from './context.mjs';
import { commonCause, SetupError } from './errors.mjs';
import { acquireLock } from './lock.mjs';
import { errorLines, run } from './run.mjs';
import { hashInputs, readJson, sweep, writeJson } from './stamp.mjs';
import { wantsGpu } from './tensorflow-gpu.mjs';
import { fetchWheel, unpackWheel, wheelFor } from './tensorflow-wheel.mjs';
import { hasGlibc, requireCMake, requireCompiler, requirePip } from './tools.mjs';

/** The highest Node-API version that the package's binding knows; every Node from 12.22 on has it. */
const NAPI_VERSION = 8;

const packageFolder = (context) => join(context.root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
const bindingFile = (context) =>
  join(packageFolder(context), 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');
const installedStamp = (context) => join(packageFolder(context), 'lib', 'stamp.json');

const wantedWheel = (context) => wheelFor(process.platform, process.arch, hasGlibc(), wantsGpu(context));

/** Everything that decides whether an installed runtime is the right one. */
function wantedKey(context, wheel) {
  const packageRoot = packageFolder(context);
  const recipe = join(context.root, 'scripts', 'setup', 'tfjs-binding', 'CMakeLists.txt');
  const facts = { wheel: wheel.sha256, napi: NAPI_VERSION, platform: process.platform, arch: process.arch };
  const binding = hashInputs(packageRoot, [join(packageRoot, 'binding')], facts);
  return hashInputs(context.root, [recipe], binding).slice(0, 16);
}

function librariesIntact(folder) {
  const stamp = readJson(join(folder, 'stamp.json'));
  if (!stamp?.libraries) return false;
  return Object.entries(stamp.libraries).every(([name, size]) => {
    const entry = statSync(join(folder, name), { throwIfNoEntry: false });
    return entry !== undefined && entry.size === size;
  });
}

export const training = {
  part: 'training',
  title: 'TensorFlow runtime',

  check(context) {
    const wheel = wantedWheel(context);
    const installed = readJson(installedStamp(context));
    if (installed === null) return { state: 'missing', detail: 'the TensorFlow library is not installed' };
    if (installed.key !== wantedKey(context, wheel)) {
      return { state: 'stale', detail: 'the installed TensorFlow library or binding is another one' };
    }
    const binding = statSync(bindingFile(context), { throwIfNoEntry: false });
    if (binding?.size !== installed.bindingSize || !librariesIntact(join(packageFolder(context), 'deps'))) {
      return { state: 'stale', detail: 'files of the TensorFlow library are missing or damaged' };
    }
    return {
      state: 'ready',
      detail: `TensorFlow ${installed.version} ${wheel.parts ? 'for GPUs ' : ''}for @tensorflow/tfjs-node-gpu`,
    };
  },

  async make(context) {
    const wheel = wantedWheel(context);
    const key = wantedKey(context, wheel);
    const unpacked = join(context.cache, 'tensorflow', wheel.key, 'deps');
    const binding = join(context.cache, 'tensorflow', wheel.key, `binding-${key}`, 'tfjs_binding.node');
    if (!librariesIntact(unpacked) || !existsSync(binding)) {
      // The tools are looked for only when there is something to make: a warm cache needs none of them.
      const lock = await acquireLock(join(context.cache, 'lock'), context.say);
      const { childStarted } = context;
      context.childStarted = lock.child;
      try {
        sweep(context.cache, /\.tmp$/);
        if (!librariesIntact(unpacked)) {
          rmSync(unpacked, { recursive: true, force: true });
          const { python } = requirePip(context.env);
          const wheelPath = await fetchWheel(context, wheel, python);
          const parts = [];
          for (const part of wheel.parts ?? []) parts.push(await fetchWheel(context, part, python));
          context.live('      unpacking TensorFlow');
          await unpackWheel(context, wheel, wheelPath, python, parts);
        }
        if (!existsSync(binding)) await compileBinding(context, unpacked, binding);
      } finally {
        context.childStarted = childStarted;
        lock.release();
      }
    }
    install(context, unpacked, binding, key);
    const failure = tryOut(context);
    if (failure !== null) {
      rmSync(installedStamp(context), { force: true });
      rmSync(binding, { force: true }); // compiled elsewhere or for another system library: made anew next time
      throw failure;
    }
  },
};

async function compileBinding(context, deps, target) {
  requireCMake(context.env);
  requireCompiler(context.env);
  context.live('      compiling the binding to TensorFlow');
  const source = join(context.root, 'scripts', 'setup', 'tfjs-binding');
  const build = ensureFolder(join(context.cache, `binding-${process.pid}.tmp`));
  const headers = join(context.root, 'node_modules', 'node-api-headers', 'include');
  const settings = {
    CMAKE_BUILD_TYPE: 'Release',
    TFJS_PACKAGE: packageFolder(context),
    DEPS: deps,
    NODE_API_INCLUDE: headers,
    NAPI_VERSION,
  };
  try {
    const define = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
    for (const [name, command] of [
      ['training-configure', ['cmake', '-S', source, '-B', build, ...define]],
      ['training-build', ['cmake', '--build', build, '--parallel', String(availableParallelism())]],
    ]) {
      const result = await run(context, name, command);
      if (result.code === 0) continue;
      const o = {
        what: 'the binding to TensorFlow',
        where: context.cache,
        source: 'nothing',
        log: result.log,
      };
      throw (
        commonCause(result.output, o) ??
        new SetupError(
          `The binding to TensorFlow did not compile: ${errorLines(result.output)}`,
          'Read the log; most often the compiler is too old or a system header is missing (`apt install build-essential`).',
          { log: result.log },
        )
      );
    }
    ensureFolder(join(target, '..'));
    renameSync(join(build, 'tfjs_binding.node'), target);
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
}

/** A second name for the same file where the file system allows it, else a copy (sharing blocks where it can). */
function linkOrCopy(from, to) {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP'].includes(error.code)) throw error;
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
}

function linkTree(from, to) {
  ensureFolder(to);
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const entry = lstatSync(source);
    if (entry.isDirectory()) linkTree(source, join(to, name));
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), join(to, name));
    else linkOrCopy(source, join(to, name));
  }
}

function install(context, unpacked, binding, key) {
  const root = packageFolder(context);
  sweep(root, /\.tmp$/);
  rmSync(installedStamp(context), { force: true });
  const deps = join(root, 'deps');
  const fresh = join(root, `deps-${process.pid}.tmp`);
  linkTree(unpacked, fresh);
  rmSync(deps, { recursive: true, force: true });
  renameSync(fresh, deps);
  const file = bindingFile(context);
  ensureFolder(join(file, '..'));
  // A file of its own beside, then renamed over: a process that has the old binding loaded keeps it.
  const temporary = `${file}.${process.pid}.tmp`;
  sweep(join(file, '..'), /\.tmp$/);
  linkOrCopy(binding, temporary);
  renameSync(temporary, file);
  rmSync(temporary, { force: true }); // a rename between two names of one file leaves both
  const { version } = readJson(join(unpacked, 'stamp.json'));
  writeJson(installedStamp(context), { key, version, bindingSize: statSync(file).size });
}

// tfjs-node 4.22 calls functions of `util` that Node 23 removed; only their presence matters for this probe.
const PROBE = `
const util = require('node:util');
for (const name of ['isNullOrUndefined', 'isArray', 'isString']) util[name] ??= () => false;
const tf = require('@tensorflow/tfjs-node-gpu');
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
if (Array.from(product.dataSync()).join() !== '19,22,43,50') throw new Error('wrong product');
`;

/** Load the runtime in a process of its own and multiply two matrices. Null when all is well. */
function tryOut(context) {
  const result = spawnSync(process.execPath, ['-e', PROBE], {
    cwd: context.root,
    env: { ...context.env, TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' },
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (result.status === 0) return null;
  if (result.signal === 'SIGILL') {
    return new SetupError(
      'TensorFlow stopped with an illegal instruction: this processor lacks AVX, which its ready-made library needs.',
      'Selection and scoring work without training; to train, use a processor with AVX (any since about 2013).',
      { unsupported: true },
    );
  }
  const reason = errorLines(result.stderr || String(result.error ?? result.signal), 1);
  return new SetupError(
    `The TensorFlow runtime was installed but does not load: ${reason}`,
    `Delete ${join(context.cache, 'tensorflow')} and run the same command again; it is unpacked and compiled anew.`,
  );
}
