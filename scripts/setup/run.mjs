// Runs a tool, keeps all that it says in a log file, and gives the text back for diagnosis.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from './context.mjs';

const running = new Set();

/** End the tools that are still running: their whole process groups, since cmake and npm start children of their own. */
export function stopChildren(signal = 'SIGTERM') {
  for (const child of running) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      child.kill(signal);
    }
  }
}

/**
 * @param {import('./context.mjs').Context} context
 * @param {string} name of the log file
 * @param {string[]} command program and arguments, no shell
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [o]
 * @returns {Promise<{ code: number | null, signal: string | null, output: string, log: string, missing: boolean }>}
 */
export async function run(context, name, command, o = {}) {
  const log = join(ensureFolder(context.state), `${name}.log`);
  const file = openSync(log, 'w');
  const result = await new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: o.cwd ?? context.root,
      env: o.env ?? context.env,
      stdio: ['ignore', file, file],
      // A group of its own: the next set-up can end what this one leaves behind when it is killed.
      detached: process.platform !== 'win32',
    });
    running.add(child);
    if (child.pid) context.childStarted(child.pid);
    const finish = (value) => {
      running.delete(child);
      context.childStarted(null);
      resolve(value);
    };
    child.on('error', (error) =>
      finish({ code: null, signal: null, missing: error.code === 'ENOENT', error }),
    );
    child.on('close', (code, signal) => finish({ code, signal, missing: false }));
  });
  closeSync(file);
  let output = readFileSync(log, 'utf8');
  if (result.error && !result.missing) output += String(result.error);
  return { code: result.code, signal: result.signal, missing: result.missing, output, log };
}

/** The lines of a tool's output that say what is wrong, at most `limit`; else its last lines. */
export function errorLines(output, limit = 3) {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /\berror\b/i.test(line) && !/0 errors/.test(line));
  return (errors.length > 0 ? errors.slice(0, limit) : lines.slice(-limit))
    .map((line) => line.trim())
    .join(' | ');
}
