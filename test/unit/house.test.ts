import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  checkImports,
  checkIncludes,
  checkLength,
  checkLooseMath,
  checkMachinePaths,
  NATIVE_PARTS,
  ROOMS,
} from './house/rules';
import { importsOf } from './house/source-imports';

const root = path.resolve(__dirname, '..', '..');
const CODE = /\.(?:ts|mts|cts|js|mjs|cjs|cc|h|cu|cuh|py|sh)$/;
const TEXT = /\.(?:ts|mts|js|mjs|cc|h|cu|cuh|py|sh|json|md|txt|yml|yaml)$|^\.ci\/run$/;

/** Files of the package below a folder, as paths from the root with forward slashes; what is built or measured is left out. */
function filesBelow(folder: string): string[] {
  const full = path.join(root, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      const skip = /^(?:node_modules|build.*|dist.*|coverage|results|fixtures|\.venv|__pycache__)$/.test(
        entry.name,
      );
      return skip ? [] : filesBelow(name);
    }
    return [name];
  });
}

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const topLevel = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isFile() && TEXT.test(entry.name) && entry.name !== 'package-lock.json')
  .map((entry) => entry.name);
const folders = ['src', 'native', 'cuda', 'scripts', 'bench', 'test', 'examples', 'docs', '.ci'];
const files = [...topLevel, ...folders.flatMap(filesBelow)];
const source = files.filter((file) => /^src\/.*\.ts$/.test(file));
const native = files.filter((file) => /^(?:native|cuda)\/.*\.(?:cc|h|cu|cuh)$/.test(file));

describe('the house', () => {
  test('imports follow the table of rooms', () => {
    expect(source.length).toBeGreaterThan(10);
    expect(source.flatMap((file) => checkImports(file, read(file)))).toEqual([]);
  });

  test('every room of the table exists', () => {
    const present = new Set(source.map((file) => file.split('/')[1]));
    expect(Object.keys(ROOMS).filter((room) => !present.has(room))).toEqual([]);
  });

  test('relative imports name files that exist', () => {
    const broken = source.flatMap((file) =>
      importsOf(read(file))
        .filter(({ specifier }) => specifier?.startsWith('.'))
        .map(({ line, specifier }) => ({
          line,
          target: path.posix.join(path.posix.dirname(file), specifier ?? ''),
        }))
        .filter(
          ({ target }) =>
            ![`${target}.ts`, `${target}/index.ts`, target].some((name) => files.includes(name)),
        )
        .map(({ line, target }) => `${file}:${line}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('C++ includes follow binding → core → include/svp ← cpu | cuda', () => {
    expect(native.length).toBeGreaterThan(5);
    const exists = (name: string) => files.includes(name);
    expect(native.flatMap((file) => checkIncludes(file, read(file), exists))).toEqual([]);
    expect(Object.keys(NATIVE_PARTS)).toContain('binding');
  });

  test('there is no folder or file named utils', () => {
    const vague = /(?:^|\/)(?:utils?|helpers?|misc|common)(?:\/|\.[a-z]+$)/;
    expect(files.filter((file) => vague.test(file))).toEqual([]);
  });

  test('no file of code is over 320 lines', () => {
    expect(files.filter((file) => CODE.test(file)).flatMap((file) => checkLength(file, read(file)))).toEqual(
      [],
    );
  });

  test('no compiler switch changes what floating-point code means', () => {
    const built = files.filter((file) =>
      /^(?:native|cuda)\/|CMakeLists\.txt$|\.cmake$|^scripts\//.test(file),
    );
    expect(built.flatMap((file) => checkLooseMath(file, read(file)))).toEqual([]);
    expect(read('CMakeLists.txt')).toContain('-ffp-contract=off');
  });

  test('no path of somebody’s machine is written down', () => {
    const written = files.filter((file) => TEXT.test(file) && !file.startsWith('test/unit/house'));
    expect(written.flatMap((file) => checkMachinePaths(file, read(file)))).toEqual([]);
  });

  test('the lock file names the packages of every platform', () => {
    // npm leaves out those that it could not install when it wrote the file, and `npm ci` then refuses it everywhere.
    type Entry = { version?: string; optionalDependencies?: Record<string, string> };
    const packages = JSON.parse(read('package-lock.json')).packages as Record<string, Entry>;
    const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          !packages[`node_modules/${name}`]?.version && !packages[`${folder}/node_modules/${name}`]?.version,
      ),
    );
    expect(missing).toEqual([]);
  });

  test('format and lint: biome ci', () => {
    const biome = path.join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
    const result = spawnSync(process.execPath, [biome, 'ci', '--max-diagnostics=50', '--colors=off', '.'], {
      cwd: root,
      encoding: 'utf8',
    });
    // The report itself as the value under test: a failure shows what to correct.
    expect(result.status === 0 ? 'clean' : `${result.stdout}\n${result.stderr}`).toBe('clean');
  });
});

describe('the checks themselves', () => {
  test('a forbidden import is found however it is written', () => {
    const forms = [
      "import { train } from '../training/trainer';",
      "import type { Trained } from '../training/trainer';",
      "export * from '../training/trainer';",
      "export { a, b as c } from\n  '../training/trainer';",
      "import '../training/trainer';",
      'const t = require("../training/trainer");',
      "async function f() { await import('../training/trainer'); }",
      "type T = typeof import('../training/trainer');",
      "const p = require.resolve('../training/trainer');",
      'const s = `$' + "{require('../training/trainer')}`;",
    ];
    for (const form of forms) {
      const wrong = checkImports('src/selection/x.ts', `// first line\n${form}\n`);
      expect({ form, wrong }).toEqual({
        form,
        wrong: [expect.stringContaining('selection may not import training')],
      });
    }
  });

  test('words in comments, strings, templates and regular expressions are not imports', () => {
    const text = [
      "// import x from '../training/a';",
      "/* require('../training/b') */",
      'const s = "import z from";',
      "const w = `await import('../training/c')`;",
      "const r = /require('x')/.test(s) ? 1 : 4 / 2;",
      "const q = s.replace(/[/'\"]/g, '') + object.require('../training/d');",
    ].join('\n');
    expect(checkImports('src/core/x.ts', text)).toEqual([]);
  });

  test('only importers, outsiders, unknown rooms and computed names are reported', () => {
    const only = (file: string, text: string) => checkImports(file, text).join('\n');
    expect(only('src/training/x.ts', "import * as tf from '@tensorflow/tfjs-node-gpu';")).toContain(
      'TensorFlow',
    );
    expect(only('src/models/tensorflow.ts', "require('@tensorflow/tfjs-node-gpu');")).toBe('');
    expect(only('src/cli/x.ts', "require('../../build/Release/svp.node');")).toContain('an addon');
    expect(only('src/scoring/x.ts', "require('onnxruntime-node');")).toContain('ONNX Runtime');
    expect(only('src/core/x.ts', "import { a } from '../data/dataset';")).toContain(
      'core may not import data',
    );
    expect(only('src/errors.ts', "import { a } from './core/abort';")).toContain('may import nothing');
    expect(only('src/core/x.ts', "import { a } from '../errors';")).toBe('');
    expect(only('src/core/x.ts', "import { a } from '../../scripts/x';")).toContain('belongs to no room');
    expect(only('src/misc/x.ts', '')).toContain('is not a room');
    expect(only('src/core/x.ts', 'require(name);')).toContain('computed');
  });

  test('includes, loose math, paths and lengths are reported', () => {
    const exists = (name: string) =>
      ['native/core/a.h', 'native/cpu/b.h', 'native/include/svp/view.h'].includes(name);
    expect(checkIncludes('native/cpu/b.cc', '#include "core/a.h"', exists).join()).toContain(
      'cpu may not include core',
    );
    expect(checkIncludes('native/core/a.cc', '#include "cpu/b.h"', exists).join()).toContain(
      'core may not include cpu',
    );
    expect(checkIncludes('native/core/a.cc', '#include <napi.h>', exists).join()).toContain(
      'only native/binding',
    );
    expect(checkIncludes('native/core/a.cc', '#include "gone.h"', exists).join()).toContain(
      'not in the package',
    );
    expect(
      checkIncludes('native/binding/a.cc', '#include "core/a.h"\n#include "svp/view.h"', exists),
    ).toEqual([]);
    expect(checkLooseMath('CMakeLists.txt', 'add_compile_options(-O3 -ffast-math)')).toHaveLength(1);
    expect(checkLooseMath('CMakeLists.txt', 'add_compile_options(-ffp-contract=fast)')).toHaveLength(1);
    expect(
      checkLooseMath('CMakeLists.txt', 'add_compile_options(-ffp-contract=off) # never -ffast-math'),
    ).toEqual([]);
    expect(checkMachinePaths('a.ts', "const p = '/home/someone/data';")).toHaveLength(1);
    expect(checkMachinePaths('a.ts', "const p = path.join(root, 'home/x'); // /usr/include")).toEqual([]);
    expect(checkLength('a.ts', 'x\n'.repeat(320))).toEqual([]);
    expect(checkLength('a.ts', 'x\n'.repeat(321))).toHaveLength(1);
  });
});
