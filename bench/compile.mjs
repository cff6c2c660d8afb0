// Compiles the C++ rivals: into bench/build, by the hash of everything that goes in, so that nothing is compiled twice.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '..');
const builds = path.join(here, 'build');

/** Sources of the program, and the headers beside them whose change must compile it again. */
export function sourceHash(files, extra = '') {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(root, file)));
  return hash.update(extra).digest('hex');
}

function run(compiler, args) {
  const { status, error, stderr } = spawnSync(compiler, args, { encoding: 'utf8', cwd: root });
  if (error || status !== 0) {
    const reason = error ? error.message : stderr;
    throw new Error(
      `${compiler} ${args.join(' ')} failed (a C++17 compiler with OpenMP is needed):\n${reason}`,
    );
  }
}

/**
 * @param program `name`; `units`: [{ source, flags }], paths from the package's folder; `headers` that they include;
 *   `flags` for every unit; `link`: what follows the objects
 * @returns { file, hash } of the executable
 */
export function compileProgram({ name, units, headers = [], flags = [], link = [] }) {
  const compiler = process.env.CXX ?? 'c++';
  const version = spawnSync(compiler, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const sources = [...units.map(({ source }) => source), ...headers];
  const hash = sourceHash(sources, JSON.stringify([compiler, version, units, flags, link])).slice(0, 16);
  const file = path.join(builds, `${name}-${hash}`);
  if (!existsSync(file)) {
    console.error(`Compiling ${name} …`);
    mkdirSync(builds, { recursive: true });
    const objects = units.map(({ source, flags: own = [] }) => {
      const object = `${file}-${path.basename(source)}.o`;
      run(compiler, ['-std=c++17', ...flags, ...own, '-c', source, '-o', object]);
      return object;
    });
    run(compiler, [...objects, ...flags, ...link, '-o', `${file}.tmp`]);
    renameSync(`${file}.tmp`, file);
  }
  return { file, hash };
}
