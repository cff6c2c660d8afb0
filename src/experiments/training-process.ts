import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { abortError, throwIfAborted } from '../core/abort';
import { receivedError } from '../core/sent-error';
import { SvpError } from '../errors';
import { trainingEnvironment } from '../models/tensorflow';
import type { DatasetSource } from './dataset-source';
import type {
  JobHooks,
  ScoreJob,
  ScoreOutcome,
  Shape,
  TrainingHost,
  TrainJob,
  TrainOutcome,
} from './training-host';
import type { FromChild, ToChild } from './training-messages';

/** How much of the child's stderr an error about its death carries. */
const STDERR_TAIL = 4096;
/** A cancelled child gets this long to end its step and tidy its files, then it is killed. */
const GRACE_MS = 1500;

interface Pending {
  hooks: JobHooks;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** The compiled worker: beside this file, or in dist/ when this runs from the TypeScript sources (the tests). */
function workerFile(): string {
  const beside = path.join(__dirname, 'training-worker.js');
  if (existsSync(beside)) return beside;
  const compiled = path.join(__dirname, '..', '..', 'dist', 'experiments', 'training-worker.js');
  if (existsSync(compiled)) return compiled;
  throw new SvpError(
    'SVP_E_RUNTIME',
    `The training worker ${beside} is missing. Build the package first: npm run setup.`,
    { file: beside },
  );
}

/**
 * A training host in a child process of its own. The child serves one job after another, keeps trained models until
 * released, and ends with its parent, however that ends. Ctrl-C reaches only the parent, which cancels.
 * @throws (from its calls) SvpError SVP_E_RUNTIME when the child dies, with the end of what it wrote to stderr;
 *   SVP_E_ABORT; and whatever the job itself throws
 */
export class TrainingProcess implements TrainingHost {
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private readonly gone: Promise<void>;
  private lastId = 0;
  private stderr = '';
  private death?: SvpError;
  private closing = false;

  /** @param worker the program of the child; the package's own unless a test hands in another */
  constructor(dataset: DatasetSource, worker: string = workerFile()) {
    this.child = fork(worker, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Neither a debugger port nor a loader of the parent belongs to the child.
      execArgv: [],
      // What TensorFlow and the C library read when they start; what the user has set stays.
      env: { ...trainingEnvironment(), ...process.env },
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_TAIL);
    });
    this.child.on('message', (message) => this.receive(message as FromChild));
    this.gone = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.die(`could not be started or reached: ${error.message}`);
        if (this.child.pid === undefined) resolve();
      });
      // Node leaves 'close' out after a disconnect from this side: 'exit' it is, and then stderr to its end.
      this.child.once('exit', async (code, signal) => {
        if (!this.child.stderr?.closed) await once(this.child.stderr!, 'close');
        this.die(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
        resolve();
      });
    });
    this.send({ type: 'open', dataset });
  }

  prepare(networks: Shape[], hooks: JobHooks = {}): Promise<void> {
    return this.call((id) => ({ type: 'prepare', id, networks }), hooks);
  }

  train(job: TrainJob, hooks: JobHooks = {}): Promise<TrainOutcome> {
    return this.call((id) => ({ type: 'train', id, job }), hooks);
  }

  score(job: ScoreJob, hooks: JobHooks = {}): Promise<ScoreOutcome> {
    return this.call((id) => ({ type: 'score', id, job }), hooks);
  }

  release(model: string): Promise<void> {
    return this.call((id) => ({ type: 'release', id, model }), {});
  }

  /** Ends the child; resolves when it is gone. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.child.connected) this.child.disconnect();
    const kill = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.gone;
    clearTimeout(kill);
  }

  private async call<Value>(message: (id: number) => ToChild, hooks: JobHooks): Promise<Value> {
    throwIfAborted(hooks.signal);
    if (this.death) throw this.death;
    const id = ++this.lastId;
    let grace: NodeJS.Timeout | undefined;
    const onAbort = () => {
      this.send({ type: 'abort', id });
      grace = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    };
    hooks.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise<Value>((resolve, reject) => {
        this.pending.set(id, { hooks, resolve: resolve as (value: unknown) => void, reject });
        this.send(message(id));
      });
    } catch (error) {
      if (hooks.signal?.aborted) throw abortError(hooks.signal);
      throw error;
    } finally {
      this.pending.delete(id);
      hooks.signal?.removeEventListener('abort', onAbort);
      clearTimeout(grace);
    }
  }

  private send(message: ToChild): void {
    if (!this.child.connected) return;
    this.child.send(message, (error) => {
      if (error) this.die(`could not be reached: ${error.message}`);
    });
  }

  private receive(message: FromChild): void {
    const pending = this.pending.get(message.id);
    if (!pending) return;
    if (message.type === 'progress') pending.hooks.onProgress?.(message.progress);
    else if (message.type === 'epoch') pending.hooks.onEpoch?.(message.epoch);
    else if (message.type === 'done') pending.resolve(message.value);
    else pending.reject(receivedError(message.error));
  }

  private die(how: string): void {
    if (this.death) return;
    const said = this.stderr.trim();
    const memory = how.includes('SIGKILL') ? ' The system kills a process so when memory runs out.' : '';
    this.death = this.closing
      ? new SvpError('SVP_E_RUNTIME', 'The training process is closed.')
      : new SvpError(
          'SVP_E_RUNTIME',
          `The training process ${how}.${memory}${said ? ` Its last words:\n${said}` : ''}\nRun svp doctor to check the installation.`,
        );
    for (const { reject } of this.pending.values()) reject(this.death);
  }
}
