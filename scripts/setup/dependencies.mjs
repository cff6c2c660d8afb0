// Part "dependencies": the npm packages of the lock file, with install scripts off.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { commonCause, SetupError } from './errors.mjs';
import { errorLines, run } from './run.mjs';
import { readJson } from './stamp.mjs';
import { hasGlibc, npmCommand } from './tools.mjs';

const libc = hasGlibc() ? 'glibc' : 'musl';

/** Does a list like ["linux", "!win32"] of a package admit this value? */
function admits(list, value) {
  if (!list) return true;
  if (list.some((entry) => entry === `!${value}`)) return false;
  const positive = list.filter((entry) => !entry.startsWith('!'));
  return positive.length === 0 || positive.includes(value) || positive.includes('any');
}

const suitsThisMachine = (entry) =>
  admits(entry.os, process.platform) &&
  admits(entry.cpu, process.arch) &&
  (entry.libc === undefined || process.platform !== 'linux' || admits(entry.libc, libc));

export const dependencies = {
  part: 'dependencies',
  title: 'npm packages',

  /**
   * npm writes node_modules/.package-lock.json when an installation is complete, and removes node_modules before one
   * begins: what it lists and what package-lock.json wants are compared, and that each folder is still there.
   */
  check(context) {
    const wanted = readJson(join(context.root, 'package-lock.json'));
    if (wanted === null) {
      throw new SetupError(
        'package-lock.json is missing or damaged.',
        'Restore it: `git checkout package-lock.json`.',
      );
    }
    const installed = readJson(join(context.root, 'node_modules', '.package-lock.json'));
    if (installed === null)
      return { state: 'missing', detail: 'node_modules is not installed, or not completely' };
    let count = 0;
    for (const [path, entry] of Object.entries(wanted.packages)) {
      if (path === '' || entry.link) continue;
      if (entry.optional && !suitsThisMachine(entry)) continue;
      const found = installed.packages[path];
      if (found?.version !== entry.version || found.integrity !== entry.integrity) {
        if (found === undefined && entry.optional) continue; // npm may leave out what is optional
        return { state: 'stale', detail: `${path} is not the version of package-lock.json` };
      }
      if (!statSync(join(context.root, path, 'package.json'), { throwIfNoEntry: false })) {
        return { state: 'stale', detail: `${path} is missing` };
      }
      count++;
    }
    return { state: 'ready', detail: `${count} packages as in package-lock.json` };
  },

  async make(context) {
    const command = [...npmCommand(context.env), 'ci', '--ignore-scripts', '--include=dev'];
    const result = await run(context, 'dependencies', [
      ...command,
      '--include=optional',
      '--no-audit',
      '--no-fund',
    ]);
    if (result.missing) {
      throw new SetupError(
        'npm was not found.',
        'Install it (it comes with Node) or put it on PATH, and run the same command again.',
      );
    }
    if (result.code === 0) return;
    const o = {
      what: 'the npm packages',
      where: join(context.root, 'node_modules'),
      source: 'the npm registry',
      log: result.log,
    };
    throw (
      commonCause(result.output, o) ??
      new SetupError(
        `npm ci failed: ${errorLines(result.output)}`,
        'Read the log; when package.json was edited, bring the lock file up to date with `npm install --ignore-scripts`.',
        { log: result.log },
      )
    );
  },
};
