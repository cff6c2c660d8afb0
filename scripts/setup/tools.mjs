// Looks for the tools that set-up needs but does not bring: compiler, CMake, Python with pip, npm.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './errors.mjs';

function answer(command, env) {
  const result = spawnSync(command[0], command.slice(1), { env, encoding: 'utf8', timeout: 60_000 });
  return result.status === 0 ? `${result.stdout}${result.stderr}` : null;
}

const olderThan = (version, wanted) => {
  for (let i = 0; i < wanted.length; i++) {
    if ((version[i] ?? 0) !== wanted[i]) return (version[i] ?? 0) < wanted[i];
  }
  return false;
};

const INSTALL_CMAKE =
  'Install CMake 3.18 or newer (`apt install cmake`, `brew install cmake`, or `python3 -m pip install cmake`) and run the same command again.';
const INSTALL_COMPILER =
  'Install one (`apt install build-essential`, `dnf install gcc-c++ make`, `xcode-select --install`), or name yours in CXX, and run the same command again.';

/** Throws where CMake is absent or too old. */
export function requireCMake(env) {
  const text = answer(['cmake', '--version'], env);
  if (text === null)
    throw new SetupError('CMake was not found; the native addon is built with it.', INSTALL_CMAKE);
  const version = /version (\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [0, 0];
  if (olderThan(version, [3, 18])) {
    throw new SetupError(`CMake ${version.join('.')} is too old; 3.18 or newer is needed.`, INSTALL_CMAKE);
  }
}

/** Throws where there is no C++ compiler, or none that understands C++17. */
export function requireCompiler(env) {
  const candidates = env.CXX ? [env.CXX] : ['c++', 'g++', 'clang++'];
  const compiler = candidates.find((name) => answer([...name.split(/\s+/), '--version'], env) !== null);
  if (process.platform === 'win32') return; // CMake finds Visual Studio by itself, outside PATH
  if (!compiler) {
    const tried = env.CXX ? `CXX names "${env.CXX}", which does not run` : `tried ${candidates.join(', ')}`;
    throw new SetupError(`A C++17 compiler was not found (${tried}).`, INSTALL_COMPILER);
  }
  const folder = mkdtempSync(join(tmpdir(), 'svp-compiler-'));
  try {
    const source = join(folder, 'probe.cc');
    writeFileSync(source, '#include <optional>\nint main() { return std::optional<int>{0}.value_or(1); }\n');
    const command = [...compiler.split(/\s+/), '-std=c++17', '-fsyntax-only', source];
    if (answer(command, env) === null) {
      throw new SetupError(`The C++ compiler "${compiler}" does not understand C++17.`, INSTALL_COMPILER);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The Python that runs pip.
 * @returns {{ python: string[], pipVersion: string }}
 */
export function requirePip(env) {
  const pythons = ['python3', 'python'].filter(
    (name) => answer([name, '-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], env) !== null,
  );
  if (pythons.length === 0) {
    throw new SetupError(
      'Python 3 was not found; the TensorFlow library for training comes through its pip.',
      'Install Python 3.8 or newer with pip (`apt install python3 python3-pip`, `brew install python`) and run the same command again.',
      { unsupported: true },
    );
  }
  for (const name of pythons) {
    const version = /pip (\d+)\.(\d+)\S*/.exec(answer([name, '-m', 'pip', '--version'], env) ?? '');
    if (!version) continue;
    if (olderThan(version.slice(1).map(Number), [20, 3])) {
      throw new SetupError(
        `pip ${version[1]}.${version[2]} is too old for TensorFlow's wheels; 20.3 or newer is needed.`,
        `Run \`${name} -m pip install --upgrade pip\` and then the same command again.`,
        { unsupported: true },
      );
    }
    return { python: [name], pipVersion: version[0].slice(4) };
  }
  throw new SetupError(
    `pip was not found (${pythons.map((name) => `\`${name} -m pip\``).join(', ')} does not run); the TensorFlow library for training comes through it.`,
    'Install it (`apt install python3-pip`, or `python3 -m ensurepip --upgrade`) and run the same command again.',
    { unsupported: true },
  );
}

/** How to call npm: the one that runs this script where there is one, so that both are of the same version. */
export function npmCommand(env) {
  const path = env.npm_execpath;
  if (path && /npm-cli\.c?js$/.test(path)) return [process.execPath, path];
  return process.platform === 'win32' ? ['npm.cmd'] : ['npm'];
}

/** Is this a Linux with glibc (the wheels' and prebuilt packages' C library)? Elsewhere the question does not matter. */
export function hasGlibc() {
  if (process.platform !== 'linux') return true;
  const loaders = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'];
  if (loaders.some((path) => existsSync(path)) && !existsSync('/etc/alpine-release')) return true;
  // The report is the sure way and costs 100 ms or more; without its network part, which looks up names.
  process.report.excludeNetwork = true;
  return Boolean(process.report.getReport().header.glibcVersionRuntime);
}
