import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';

export const MAIN = path.resolve(__dirname, '../../dist/cli/main.js');

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Starts the built command line, as a user's shell would. */
export function startSvp(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: run npm run build first.`);
  return spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/** Runs the built command line to its end. */
export async function runSvp(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  return finished(startSvp(args, options));
}

export function finished(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
