import path from 'node:path';
import { importsOf, includesOf } from './source-imports';

/** Which room may import which other rooms. Every room may import itself and src/errors.ts; nothing else. */
export const ROOMS: Record<string, readonly string[]> = {
  cli: ['experiments', 'analysis', 'report', 'scoring', 'selection', 'data', 'core'],
  experiments: ['training', 'scoring', 'selection', 'models', 'data', 'core'],
  training: ['models', 'data', 'native', 'core'],
  scoring: ['models', 'data', 'native', 'core'],
  selection: ['native', 'core'],
  report: ['analysis', 'core'],
  analysis: ['core'],
  models: ['core'],
  data: ['native', 'core'],
  native: ['core'],
  core: [],
};

/** Which part of the C++ sources may include which others, besides itself. `include` is native/include/svp. */
export const NATIVE_PARTS: Record<string, readonly string[]> = {
  binding: ['core', 'include'],
  core: ['include'],
  cpu: ['include'],
  cuda: ['include'],
  include: [],
};

/** Packages and files with one importer each. */
const ONLY_IMPORTERS: { what: RegExp; name: string; importer: string }[] = [
  { what: /^@tensorflow\//, name: 'TensorFlow', importer: 'src/models/tensorflow.ts' },
  { what: /^onnxruntime-/, name: 'ONNX Runtime', importer: 'src/scoring/onnx-runtime.ts' },
  { what: /\.node$/, name: 'an addon', importer: 'src/native/load.ts' },
];

/** Only this file may load a module whose name it computes: it looks for the addon in several places. */
const MAY_COMPUTE_SPECIFIER = 'src/native/load.ts';

/** What is wrong with the imports of one file of src/. `file` is relative to the package, with forward slashes. */
export function checkImports(file: string, source: string): string[] {
  const room = /^src\/([^/]+)\//.exec(file)?.[1] ?? null;
  const wrong: string[] = [];
  if (room !== null && !(room in ROOMS)) wrong.push(`${file}: "${room}" is not a room of the house`);
  for (const { line, specifier } of importsOf(source)) {
    const say = (text: string) => wrong.push(`${file}:${line}: ${text}`);
    if (specifier === null) {
      if (file !== MAY_COMPUTE_SPECIFIER) say('loads a module whose name is computed');
      continue;
    }
    for (const { what, name, importer } of ONLY_IMPORTERS) {
      if (what.test(specifier) && file !== importer)
        say(`imports ${name} (${specifier}); only ${importer} may`);
    }
    if (!specifier.startsWith('.')) continue;
    const target = path.posix.join(path.posix.dirname(file), specifier);
    if (target === 'package.json' || target === 'src/errors') continue;
    if (file === 'src/index.ts') {
      if (!target.startsWith('src/')) say(`imports ${target}, outside src`);
      continue;
    }
    const targetRoom = /^src\/([^/]+)\//.exec(target)?.[1] ?? null;
    if (targetRoom === null) say(`imports ${target}, which belongs to no room`);
    else if (room === null) say(`imports ${target}; ${file} may import nothing`);
    else if (targetRoom !== room && !(ROOMS[room] ?? []).includes(targetRoom)) {
      say(`${room} may not import ${targetRoom} (${specifier})`);
    }
  }
  return wrong;
}

/** The part of the C++ sources that a path belongs to. */
function nativePart(file: string): string | null {
  if (file.startsWith('cuda/')) return 'cuda';
  return /^native\/([^/]+)\//.exec(file)?.[1] ?? null;
}

/**
 * What is wrong with the includes of one C++ or CUDA file. `exists` says whether the package has a file of that path.
 */
export function checkIncludes(file: string, source: string, exists: (path: string) => boolean): string[] {
  const part = nativePart(file);
  const wrong: string[] = [];
  if (part === null || !(part in NATIVE_PARTS)) wrong.push(`${file}: "${part}" is not a part of the engine`);
  for (const { line, path: included, system } of includesOf(source)) {
    const say = (text: string) => wrong.push(`${file}:${line}: ${text}`);
    if (/^(napi\.h|node_api\.h|js_native_api\.h|node\.h|v8\.h|uv\.h)$/.test(included)) {
      if (part !== 'binding') say(`includes ${included}; only native/binding may`);
      continue;
    }
    if (system) continue;
    const candidates = [
      path.posix.join(path.posix.dirname(file), included),
      `native/include/${included}`,
      `native/${included}`,
      included,
    ];
    const target = candidates.find(exists);
    if (target === undefined) {
      say(`includes "${included}", which is not in the package`);
      continue;
    }
    const targetPart = nativePart(target) ?? target;
    if (targetPart !== part && !(NATIVE_PARTS[part ?? ''] ?? []).includes(targetPart)) {
      say(`${part} may not include ${targetPart} ("${included}")`);
    }
  }
  return wrong;
}

/** Switches and pragmas that let a compiler change the value of a floating-point expression. */
const LOOSE_MATH = [
  /-Ofast\b/,
  /fast[-_]math/,
  /-f(?:unsafe-math-optimizations|associative-math|reciprocal-math|finite-math-only|no-signed-zeros)\b/,
  /-ffp-contract=(?!off\b)\w+/,
  /\/fp:fast/,
  /FP_CONTRACT\s+ON/,
  /float_control\s*\(\s*precise\s*,\s*off/,
  /-?-fmad=true/,
];

export function checkLooseMath(file: string, source: string): string[] {
  return source.split('\n').flatMap((text, index) => {
    const code = text.replace(/(?:\/\/|#(?!\s*pragma)|^\s*\*).*$/, '');
    const found = LOOSE_MATH.find((pattern) => pattern.test(code));
    return found ? [`${file}:${index + 1}: ${text.trim()}`] : [];
  });
}

/** Folders of somebody's machine; a package may not depend on one. The system's own (/usr, /proc, /dev …) are allowed. */
const MACHINE_PATH =
  /(?<![\w.$}/)*-])(?:\/(?:home|root|Users|work|mnt|srv|media)\/[\w.-]+|[A-Z]:\\+Users\\+\w+)/;

export function checkMachinePaths(file: string, source: string): string[] {
  return source
    .split('\n')
    .flatMap((text, index) => (MACHINE_PATH.test(text) ? [`${file}:${index + 1}: ${text.trim()}`] : []));
}

export const MAX_LINES = 320;

export function checkLength(file: string, source: string): string[] {
  const lines = source.replace(/\n$/, '').split('\n').length;
  return lines > MAX_LINES ? [`${file}: ${lines} lines, at most ${MAX_LINES}`] : [];
}
