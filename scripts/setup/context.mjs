// Where things are, and how set-up speaks.
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder that outlives node_modules and is shared by all checkouts: SVP_CACHE, XDG_CACHE_HOME, ~/.cache. */
export function cacheDirectory(env = process.env) {
  if (env.SVP_CACHE) return resolve(env.SVP_CACHE);
  const base = env.XDG_CACHE_HOME ? resolve(env.XDG_CACHE_HOME) : join(homedir(), '.cache');
  return join(base, 'selection-via-proxy');
}

/**
 * @typedef {object} Context
 * @property {string} root the package's folder
 * @property {string} state stamps, logs and the lock of this checkout
 * @property {string} cache downloads and compiled binding, shared by checkouts
 * @property {NodeJS.ProcessEnv} env
 * @property {(text: string) => void} say one line of progress on stderr, silent under --quiet
 * @property {(text: string) => void} live a line that the next one overwrites; on a terminal only
 * @property {(pid: number | null) => void} childStarted called with the running tool's process id
 */

/** @returns {Context} */
export function createContext({ quiet = false, env = process.env } = {}) {
  const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
  const terminal = process.stderr.isTTY === true && !quiet;
  let liveWidth = 0;
  const clear = () => {
    if (liveWidth > 0) process.stderr.write(`\r${' '.repeat(liveWidth)}\r`);
    liveWidth = 0;
  };
  return {
    root,
    state: join(root, '.cache', 'setup'),
    cache: cacheDirectory(env),
    env,
    say(text) {
      clear();
      if (!quiet) process.stderr.write(`${text}\n`);
    },
    live(text) {
      if (!terminal) return;
      clear();
      process.stderr.write(text);
      liveWidth = text.length;
    },
    childStarted() {},
  };
}

/** Make a folder and its parents; returns it. */
export function ensureFolder(path) {
  mkdirSync(path, { recursive: true });
  return path;
}
