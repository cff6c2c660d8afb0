// Compiles cuda/ into a shared library: for devices by nvcc, or for this processor as the tests' stand-in. One object a
// source, named after all that it is made from, so that only what changed is compiled again.
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import { ensureFolder } from '../setup/context.mjs';
import { commonCause, SetupError } from '../setup/errors.mjs';
import { errorLines, run } from '../setup/run.mjs';
import { filesBelow, hashInputs, readJson, writeJson } from '../setup/stamp.mjs';
import { requireCompiler } from '../setup/tools.mjs';

/** Named one by one, so that a file left over in a working tree is never built by accident. */
const SHARED = [
  'forgetting.cu',
  'k_center_filter.cu',
  'k_center_greedy.cu',
  'k_center_map.cu',
  'k_center_pick.cu',
  'k_center_plan.cu',
  'k_center_refine.cu',
  'k_center_select.cu',
  'k_center_share.cu',
  'pairwise_distances.cu',
  'settings.cc',
  'square_distances.cu',
  'table.cu',
  'uncertainty.cu',
];
const DEVICE = [...SHARED, 'runtime.cu'];
const HOST = [...SHARED, 'host/fibers.cc', 'host/runtime_host.cc'];

// Contraction would fuse a multiply with an add and change the last bit of a distance.
const HOST_FLAGS = ['-fPIC', '-fvisibility=hidden', '-ffp-contract=off', '-Wall'];

const folderOf = (context) => join(context.root, 'build', 'cuda');
export const libraryFile = (context, host) =>
  join(folderOf(context), host ? 'libsvp_cuda_host.so' : 'libsvp_cuda.so');

/** @param {import('./toolkit.mjs').Toolkit} toolkit */
export async function buildDevice(context, toolkit) {
  requireCompiler(context.env);
  const newest = toolkit.architectures.at(-1);
  const code = (source) => {
    // A file without kernels has nothing for a device: compiling it once is enough.
    const kernels = readFileSync(join(context.root, 'cuda', source), 'utf8').includes('__global__');
    const list = kernels ? toolkit.architectures : toolkit.architectures.slice(0, 1);
    const flags = list.map((a) => `-gencode=arch=compute_${a},code=sm_${a}`);
    // For devices that are newer than this compiler.
    if (kernels) flags.push(`-gencode=arch=compute_${newest},code=compute_${newest}`);
    return flags;
  };
  const include = [`-I${join(context.root, 'cuda')}`, `-I${join(context.root, 'native', 'include')}`];
  await build(context, {
    host: false,
    title: `CUDA library for sm_${toolkit.architectures.join(', ')}`,
    sources: DEVICE,
    facts: { nvcc: toolkit.nvcc, version: toolkit.version },
    compile: (source, object) => [
      ...[toolkit.nvcc, '-std=c++17', '-O3', '--fmad=false', ...code(source), ...include],
      ...['-Xcompiler', HOST_FLAGS.join(','), '-c', join(context.root, 'cuda', source), '-o', object],
    ],
    link: (objects, library) => [
      ...[toolkit.nvcc, '-shared', '-cudart', 'static', `-L${join(toolkit.root, 'lib')}`, '-o', library],
      ...['-Xcompiler', '-static-libstdc++,-static-libgcc', '-Xlinker', '--no-undefined', ...objects],
      ...['-lpthread', '-ldl', '-lrt'],
    ],
  });
}

export async function buildHost(context) {
  requireCompiler(context.env);
  const compiler = (context.env.CXX ?? 'c++').split(/\s+/);
  const include = [`-I${join(context.root, 'cuda')}`, `-I${join(context.root, 'native', 'include')}`];
  await build(context, {
    host: true,
    title: 'CUDA kernels compiled for this processor',
    sources: HOST,
    facts: { compiler },
    compile: (source, object) => [
      // longjmp between fibers is what a fortified C library takes for an attack.
      ...[...compiler, '-std=c++17', '-O2', ...HOST_FLAGS, '-Wno-unknown-pragmas', '-U_FORTIFY_SOURCE'],
      ...[...include, '-x', 'c++', '-c', join(context.root, 'cuda', source), '-o', object],
    ],
    link: (objects, library) => [
      ...[...compiler, '-shared', '-o', library, ...objects],
      ...['-static-libstdc++', '-static-libgcc', '-lpthread'],
    ],
  });
}

/** A program of cuda/tools that a machine with a GPU runs; returns its path. */
export async function buildTool(context, toolkit, name) {
  const program = join(ensureFolder(folderOf(context)), name);
  await step(
    context,
    `cuda-${name}`,
    [
      ...[toolkit.nvcc, '-std=c++17', '-O3', '-arch=native', `-I${join(context.root, 'native', 'include')}`],
      ...['-cudart', 'static', `-L${join(toolkit.root, 'lib')}`, '-o', program],
      ...[join(context.root, 'cuda', 'tools', `${name}.cu`), '-ldl', '-lpthread', '-lrt'],
    ],
    name,
  );
  return program;
}

async function build(context, o) {
  const folder = ensureFolder(join(folderOf(context), o.host ? 'host' : 'device'));
  const library = libraryFile(context, o.host);
  const stampFile = `${library}.json`;
  const headers = [join(context.root, 'cuda'), join(context.root, 'native', 'include')]
    .flatMap(filesBelow)
    .filter((file) => extname(file) === '.h');
  const objectOf = (source) => {
    const facts = { ...o.facts, command: o.compile(source, '') };
    const key = hashInputs(context.root, [...headers, join(context.root, 'cuda', source)], facts);
    return join(folder, `${basename(source)}.${key.slice(0, 16)}.o`);
  };
  const objects = o.sources.map(objectOf);
  const key = hashInputs(context.root, [], { objects: objects.map((object) => basename(object)) });
  const stamp = readJson(stampFile);
  if (stamp?.key === key && statSync(library, { throwIfNoEntry: false })?.size === stamp.size) {
    context.say(`cuda    nothing to do: ${library}`);
    return;
  }
  const started = Date.now();
  context.say(`cuda    ${o.title} …`);
  const left = o.sources.filter((_, i) => !existsSync(objects[i]));
  const next = async () => {
    for (let source = left.shift(); source !== undefined; source = left.shift()) {
      const object = objectOf(source);
      const temporary = `${object}.tmp`;
      await step(context, `cuda-${basename(source)}`, o.compile(source, temporary), source);
      renameSync(temporary, object);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), o.sources.length) }, next));
  rmSync(stampFile, { force: true });
  // A new file under the name, so that a process that has the old one loaded keeps it.
  await step(context, 'cuda-link', o.link(objects, `${library}.tmp`), 'the library');
  renameSync(`${library}.tmp`, library);
  writeJson(stampFile, { key, size: statSync(library).size });
  for (const file of filesBelow(folder)) if (!objects.includes(file)) rmSync(file, { force: true });
  context.say(`cuda    ${library}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

async function step(context, log, command, what) {
  const result = await run(context, log, command);
  if (result.code === 0) return;
  const o = { what: 'the CUDA library', where: folderOf(context), source: 'nothing', log: result.log };
  throw (
    commonCause(result.output, o) ??
    new SetupError(
      `The CUDA library did not compile (${what}): ${errorLines(result.output)}`,
      'Read the log; most often the toolkit and the C++ compiler are too far apart (another compiler: CUDA_HOME, NVCC_CCBIN or CXX).',
      { log: result.log },
    )
  );
}
