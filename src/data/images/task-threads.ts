import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import { receivedError, type SentError } from '../../core/sent-error';
import { SvpError } from '../../errors';

/** What a thread posts for each task (serveTasks). */
export type Answer<Result> = { result: Result; error?: undefined } | { error: SentError };

/** What does tasks, in a thread or in the caller's. */
export interface TaskRunner<Task, Result> {
  run(task: Task): Promise<Result>;
}

/** Work with images that threads share. */
export interface ThreadWork<Task, Result> {
  /** Compiled file of the thread, in this folder: it calls serveTasks. */
  worker: string;
  /** What a thread is started with, as its workerData. */
  data: unknown;
  /** Does the same in the calling thread. */
  here: () => TaskRunner<Task, Result>;
}

/** The compiled thread: beside this file in dist, or in dist where this runs from src (tests); undefined where nothing is built. */
function findThreadFile(worker: string): string | undefined {
  return [
    path.join(__dirname, worker),
    path.join(__dirname, '..', '..', '..', 'dist', 'data', 'images', worker),
  ].find((file) => existsSync(file));
}

interface Waiting<Task, Result> {
  task: Task;
  /** True once nobody wants the result any more: the task is then not begun. */
  stop: () => boolean;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

const unwanted = () => new SvpError('SVP_E_ABORT', 'The images are not wanted any more.');

/** One worker thread and the tasks it has been given, which it does in order. */
interface Lane<Task, Result> {
  worker: Worker;
  given: Waiting<Task, Result>[];
}

/**
 * Threads that work at images: tasks are begun in order. A thread that ends fails its tasks and all later ones. Idle threads do not keep the process alive.
 */
export class TaskThreads<Task, Result> {
  readonly threads: number;
  private lanes: Lane<Task, Result>[] = [];
  private readonly queue: Waiting<Task, Result>[] = [];
  private readonly own: TaskRunner<Task, Result> | undefined;
  private failure: SvpError | undefined;
  private closed = false;

  /**
   * @param threads worker threads; 0: in the calling thread. Default: as many as the machine has cores
   * @param backlog tasks that a thread is given beyond the one it is at. They cannot be taken back, but a thread goes on
   *   with them while the calling thread is busy and cannot hand out new ones. Default 1
   */
  constructor(
    private readonly work: ThreadWork<Task, Result>,
    threads = availableParallelism(),
    private readonly backlog = 1,
  ) {
    const file = threads === 0 ? undefined : findThreadFile(work.worker);
    this.threads = file === undefined ? 0 : threads;
    this.own = file === undefined ? work.here() : undefined;
  }

  /** @throws SvpError SVP_E_MEMORY, SVP_E_INTERNAL (a thread ended), SVP_E_ABORT (closed) */
  run(task: Task, stop: () => boolean = () => false): Promise<Result> {
    if (this.closed) return Promise.reject(new SvpError('SVP_E_ABORT', 'The image folder is closed.'));
    if (this.failure) return Promise.reject(this.failure);
    if (this.own) return stop() ? Promise.reject(unwanted()) : this.own.run(task);
    return new Promise((resolve, reject) => {
      this.queue.push({ task, stop, resolve, reject });
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.queue.length > 0) {
      if (this.queue[0].stop()) {
        this.queue.shift()?.reject(unwanted());
        continue;
      }
      const lane = this.freeLane();
      if (lane === undefined) return;
      const next = this.queue.shift() as Waiting<Task, Result>;
      lane.given.push(next);
      lane.worker.ref();
      lane.worker.postMessage(next.task);
    }
  }

  /** The thread with the least to do; a new one where all are busy and there may be more. */
  private freeLane(): Lane<Task, Result> | undefined {
    const idle = this.lanes.find(({ given }) => given.length === 0);
    if (idle) return idle;
    if (this.lanes.length < this.threads) return this.open();
    const least = this.lanes.reduce((a, b) => (b.given.length < a.given.length ? b : a));
    return least.given.length <= this.backlog ? least : undefined;
  }

  private open(): Lane<Task, Result> {
    const worker = new Worker(findThreadFile(this.work.worker) as string, {
      workerData: this.work.data,
      execArgv: [],
      name: 'svp-images',
    });
    const lane: Lane<Task, Result> = { worker, given: [] };
    worker.on('message', (answer: Answer<Result>) => {
      const done = lane.given.shift();
      if (lane.given.length === 0) worker.unref();
      if (answer.error !== undefined) done?.reject(receivedError(answer.error));
      else done?.resolve(answer.result);
      this.dispatch();
    });
    worker.on('error', (cause) => this.fail(cause));
    worker.on('exit', (code) => this.fail(new Error(`it ended with code ${code}`)));
    this.lanes.push(lane);
    return lane;
  }

  private fail(cause: Error): void {
    if (this.closed || this.failure) return;
    const memory = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.failure = new SvpError(
      memory ? 'SVP_E_MEMORY' : 'SVP_E_INTERNAL',
      memory
        ? 'A thread that decodes images ran out of memory. Use smaller batches or a smaller maxPixels.'
        : `A thread that decodes images failed: ${cause.message}.`,
      { cause },
    );
    this.end(this.failure);
  }

  private end(error: SvpError): Promise<unknown> {
    const { lanes } = this;
    this.lanes = [];
    for (const { reject } of this.queue.splice(0)) reject(error);
    for (const { given } of lanes) for (const { reject } of given) reject(error);
    return Promise.all(lanes.map(({ worker }) => worker.terminate()));
  }

  /** Ends the threads; safe to call twice and while tasks run, which then fail. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.end(new SvpError('SVP_E_ABORT', 'The image folder is closed.'));
  }
}
