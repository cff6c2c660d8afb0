// One trial: a fresh process whose last line of stdout is JSON.
import { spawnSync } from 'node:child_process';

/** @param what named in the message if it fails */
export function runTrial(what, { command, args, env }) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args.map(String), {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  if (error || status !== 0) {
    throw new Error(`${what} failed (${error?.message ?? signal ?? `exit code ${status}`}):\n${stderr}`);
  }
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}
