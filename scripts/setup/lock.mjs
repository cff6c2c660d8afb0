// One set-up at a time in one folder. The lock is a file that names its holder; a holder that died without a word is
// taken over, together with the tools that it left running.
import {
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureFolder } from './context.mjs';

/** The holder touches its lock this often; a lock of another machine untouched for ten times as long is dead. */
const HEARTBEAT_MS = 5_000;

/** Start time of a process in clock ticks: tells a process from a later one with the same number. Linux only. */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}

const identity = (pid) => ({ pid, start: startTime(pid) });

function isAlive(process_) {
  if (!process_ || !Number.isInteger(process_.pid)) return false;
  try {
    process.kill(process_.pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  const start = startTime(process_.pid);
  return start === null || process_.start === null || start === process_.start;
}

function readLock(path) {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, holder: JSON.parse(text), age: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    return error.code === 'ENOENT' ? null : { text: '', holder: null, age: Number.POSITIVE_INFINITY };
  }
}

function isStale({ holder, age }) {
  if (holder?.host === hostname()) return !isAlive(holder);
  return age > 10 * HEARTBEAT_MS;
}

/** Remove a dead holder's lock. The rename decides between two that try at once: only one of them gets the file. */
function takeOver(path, seen) {
  const grave = `${path}.${process.pid}.stale.tmp`;
  try {
    renameSync(path, grave);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const text = readFileSync(grave, 'utf8');
  if (text !== seen.text) {
    // Between our look and our rename another process took the lock over: give it back.
    try {
      linkSync(grave, path);
    } catch {}
  } else if (seen.holder?.host === hostname() && isAlive(seen.holder.child)) {
    try {
      process.kill(-seen.holder.child.pid, 'SIGKILL');
    } catch {}
  }
  rmSync(grave, { force: true });
}

/** Remove the temporary files of processes that died while they took a lock. */
function sweepDead(path) {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(`${basename(path)}.`)
      ? /\.(\d+)\.(?:stale\.)?tmp$/.exec(name)?.[1]
      : undefined;
    if (pid && !isAlive({ pid: Number(pid), start: null })) rmSync(join(folder, name), { force: true });
  }
}

/**
 * Wait for the lock and take it.
 * @param {string} path @param {(text: string) => void} say told once when there is someone to wait for
 * @returns {Promise<{ child(pid: number | null): void, release(): void }>}
 */
export async function acquireLock(path, say) {
  ensureFolder(dirname(path));
  const self = { ...identity(process.pid), host: hostname(), child: null };
  const temporary = `${path}.${process.pid}.tmp`;
  let waiting = false;
  for (;;) {
    writeFileSync(temporary, JSON.stringify(self));
    try {
      // A link, not an exclusive open: the lock never exists without its content.
      linkSync(temporary, path);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    const seen = readLock(path);
    if (seen === null) continue;
    if (isStale(seen)) {
      takeOver(path, seen);
      continue;
    }
    if (!waiting) say(`set-up  another set-up (process ${seen.holder?.pid}) is at work here: waiting for it`);
    waiting = true;
    await sleep(200);
  }
  sweepDead(path);
  const beat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {}
  }, HEARTBEAT_MS);
  beat.unref();
  return {
    child(pid) {
      self.child = pid === null ? null : identity(pid);
      writeFileSync(temporary, JSON.stringify(self));
      renameSync(temporary, path);
    },
    release() {
      clearInterval(beat);
      if (readLock(path)?.holder?.pid === process.pid) rmSync(path, { force: true });
    },
  };
}
