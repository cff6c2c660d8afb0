// Virtual environments for the Python rivals: one per requirements file in bench/.venv, made at first use.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0) {
    throw new Error(
      `${what} failed (${error?.message ?? `exit code ${status}`}): ${command} ${args.join(' ')}`,
    );
  }
}

/**
 * The Python of an environment that holds bench/peers/NAME.requirements.txt. SVP_BENCH_PYTHON names one that is there already.
 */
export function peerPython(name) {
  if (process.env.SVP_BENCH_PYTHON) return process.env.SVP_BENCH_PYTHON;
  const requirements = path.join(here, 'peers', `${name}.requirements.txt`);
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const folder = path.join(here, '.venv', name);
  const python = path.join(folder, 'bin', 'python');
  const stamp = path.join(folder, 'requirements.sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;

  console.error(`Making the virtual environment ${path.relative(process.cwd(), folder)} for the rivals …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  run('python3', ['-m', 'venv', folder], 'Making the virtual environment');
  run(
    python,
    [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--only-binary=:all:',
      '-r',
      requirements,
    ],
    'Installing the rivals',
  );
  // Last, and by renaming: an environment without its stamp is made anew.
  writeFileSync(`${stamp}.tmp`, wanted);
  renameSync(`${stamp}.tmp`, stamp);
  return python;
}
