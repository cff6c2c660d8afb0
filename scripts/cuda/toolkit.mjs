// Finds a CUDA compiler, or brings one from PyPI: NVIDIA publishes it there in parts (220 MB), and it needs neither a GPU
// nor a driver nor an administrator.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from '../setup/context.mjs';
import { commonCause, SetupError } from '../setup/errors.mjs';
import { acquireLock } from '../setup/lock.mjs';
import { errorLines, run } from '../setup/run.mjs';
import { readJson, writeJson } from '../setup/stamp.mjs';
import { requirePip } from '../setup/tools.mjs';

/** Compiler, runtime, headers: all of one release. */
const RELEASE = '13.0';
const WHEELS = ['nvcc', 'runtime', 'crt', 'cccl'].map((part) => `nvidia-cuda-${part}==${RELEASE}.*`);
WHEELS.push(`nvidia-nvvm==${RELEASE}.*`);

/** What the library is compiled for, where the compiler knows it; A100, A10/30 series, Ada, H100/H200, B200, Blackwell desktop. */
const ARCHITECTURES = [80, 86, 89, 90, 100, 120];

/**
 * @typedef {object} Toolkit
 * @property {string} nvcc @property {string} root @property {string} version "13.0" @property {number[]} architectures
 */

/** @returns {Toolkit | null} */
function describe(root) {
  const nvcc = join(root, 'bin', 'nvcc');
  if (!existsSync(nvcc)) return null;
  const ask = (option) => spawnSync(nvcc, [option], { encoding: 'utf8', timeout: 60_000 });
  const version = /release (\d+\.\d+)/.exec(ask('--version').stdout ?? '')?.[1];
  const listed = [...(ask('--list-gpu-arch').stdout ?? '').matchAll(/compute_(\d+)/g)].map((match) =>
    Number(match[1]),
  );
  const architectures = ARCHITECTURES.filter((architecture) => listed.includes(architecture));
  return version && architectures.length > 0 ? { nvcc, root, version, architectures } : null;
}

/** Folders in which a toolkit may lie: CUDA_HOME, CUDA_PATH, the one of `nvcc` on the path, /usr/local/cuda. */
function candidates(env) {
  const folders = [env.CUDA_HOME, env.CUDA_PATH];
  for (const folder of (env.PATH ?? '').split(':')) {
    if (folder && existsSync(join(folder, 'nvcc'))) folders.push(join(folder, '..'));
  }
  folders.push('/usr/local/cuda');
  return folders.filter(Boolean);
}

/**
 * A toolkit of this machine, else the one in the cache, else, with `download`, one from PyPI.
 * @param {import('../setup/context.mjs').Context} context @returns {Promise<Toolkit | null>}
 */
export async function findToolkit(context, { download = true } = {}) {
  for (const folder of candidates(context.env)) {
    const found = describe(folder);
    if (found) return found;
  }
  if (process.platform !== 'linux') {
    throw new SetupError(
      `The CUDA library is not made for ${process.platform}.`,
      'Use Linux, or WSL on Windows.',
      { unsupported: true },
    );
  }
  const target = join(context.cache, 'cuda-compiler', RELEASE);
  const root = join(target, 'nvidia', `cu${RELEASE.split('.')[0]}`);
  if (readJson(join(target, 'stamp.json')) !== null) {
    const found = describe(root);
    if (found) return found;
  }
  if (!download) return null;
  const lock = await acquireLock(join(ensureFolder(context.cache), 'lock'), context.say);
  const { childStarted } = context;
  context.childStarted = lock.child;
  try {
    if (readJson(join(target, 'stamp.json')) === null) await fetchWheels(context, target);
  } finally {
    context.childStarted = childStarted;
    lock.release();
  }
  const found = describe(root);
  if (found) return found;
  throw new SetupError(
    `The CUDA compiler from PyPI does not run on this machine (${process.platform} ${process.arch}).`,
    'Install the CUDA toolkit and name it in CUDA_HOME.',
    { unsupported: true },
  );
}

async function fetchWheels(context, target) {
  const { python } = requirePip(context.env);
  context.say(`cuda    fetching the CUDA ${RELEASE} compiler from PyPI (220 MB)`);
  const folder = ensureFolder(join(context.cache, `cuda-compiler-${process.pid}.tmp`));
  try {
    const result = await run(
      context,
      'cuda-download',
      [
        ...[...python, '-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--progress-bar', 'off'],
        ...['--target', join(folder, 'wheels'), ...WHEELS],
      ],
      { env: { ...context.env, TMPDIR: folder, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_CACHE_DIR: '1' } },
    );
    if (result.code !== 0) {
      const o = {
        what: 'the CUDA compiler (220 MB)',
        where: context.cache,
        source: "pip's package index",
        log: result.log,
      };
      const cause = commonCause(result.output, o);
      if (cause) throw new SetupError(cause.message, cause.fix, { unsupported: true, log: result.log });
      throw new SetupError(
        `pip could not fetch the CUDA compiler: ${errorLines(result.output)}`,
        'Read the log, or install a CUDA toolkit and name it in CUDA_HOME.',
        { unsupported: true, log: result.log },
      );
    }
    rmSync(target, { recursive: true, force: true });
    ensureFolder(join(target, '..'));
    renameSync(join(folder, 'wheels'), target);
    writeJson(join(target, 'stamp.json'), { wheels: WHEELS });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
