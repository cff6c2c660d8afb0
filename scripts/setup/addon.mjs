// Part "addon": build/Release/svp.node by cmake-js. package.json names its Node-API version (binary.napi_versions), so
// cmake-js takes the headers of the npm packages node-api-headers and node-addon-api and downloads nothing.
import { existsSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { commonCause, SetupError } from './errors.mjs';
import { errorLines, run } from './run.mjs';
import { hashInputs, readJson, writeJson } from './stamp.mjs';
import { requireCMake, requireCompiler } from './tools.mjs';

const binary = (context) => join(context.root, 'build', 'Release', 'svp.node');
const stampFile = (context) => join(context.root, 'build', 'svp-setup.json');

/** "file.cc:3:7: error: …" (GCC, Clang) or "file.cc(3): error C2065: …" (MSVC): building again would not help. */
const COMPILE_ERROR = /\.(?:cc|h)(?:[:(]\d+).*\berror\b/;

function wantedKey(context) {
  const versionOf = (name) => readJson(join(context.root, 'node_modules', name, 'package.json'))?.version;
  const facts = {
    packages: ['cmake-js', 'node-addon-api', 'node-api-headers'].map(versionOf),
    platform: process.platform,
    arch: process.arch,
    // Where the build folder was configured: CMake keeps absolute paths in it.
    root: context.root,
    compiler: [context.env.CXX, context.env.CXXFLAGS, context.env.CC, context.env.CFLAGS].map(
      (value) => value ?? null,
    ),
  };
  return hashInputs(
    context.root,
    [join(context.root, 'CMakeLists.txt'), join(context.root, 'native')],
    facts,
  );
}

export const addon = {
  part: 'addon',
  title: 'native addon',

  check(context) {
    const stamp = readJson(stampFile(context));
    const file = statSync(binary(context), { throwIfNoEntry: false });
    if (stamp === null || file === undefined)
      return { state: 'missing', detail: 'the native addon is not built' };
    if (stamp.size !== file.size)
      return { state: 'stale', detail: 'build/Release/svp.node is not the file that was built' };
    if (stamp.key !== wantedKey(context))
      return { state: 'stale', detail: 'the C++ sources have changed since the addon was built' };
    return { state: 'ready', detail: 'build/Release/svp.node' };
  },

  async make(context) {
    requireCMake(context.env);
    requireCompiler(context.env);
    const key = wantedKey(context);
    const cmakeJs = join(context.root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
    const build = () =>
      run(context, 'addon', [
        process.execPath,
        cmakeJs,
        'build',
        '--parallel',
        String(availableParallelism()),
      ]);
    rmSync(stampFile(context), { force: true });
    const configured = existsSync(join(context.root, 'build', 'CMakeCache.txt'));
    let result = await build();
    if (result.code !== 0 && configured && !COMPILE_ERROR.test(result.output)) {
      // A configuration of another compiler, generator or folder, or one that was broken off: from the beginning, once.
      rmSync(join(context.root, 'build'), { recursive: true, force: true });
      result = await build();
    }
    if (result.code === 0 && existsSync(binary(context))) {
      writeJson(stampFile(context), { key, size: statSync(binary(context)).size });
      return;
    }
    const o = {
      what: 'the native addon',
      where: join(context.root, 'build'),
      source: 'nothing',
      log: result.log,
    };
    throw (
      commonCause(result.output, o) ??
      new SetupError(
        `The native addon did not compile: ${errorLines(result.output)}`,
        'Read the log; most often the compiler is too old (C++17 is needed: GCC 9, Clang 10 or newer) or a build tool is missing (`apt install build-essential`).',
        { log: result.log },
      )
    );
  },
};
