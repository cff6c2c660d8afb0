import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import { receivedError, type SentError } from '../../core/sent-error';
import { SvpError } from '../../errors';
import type { ImagePlan } from './plan';
import { type BrokenPart, ImagePreparer, type PrepareTask } from './prepare';

type Answer = { broken: BrokenPart[]; error?: undefined } | { error: SentError };

/** The compiled thread: beside this file in dist, or in dist where this runs from src (tests); undefined where nothing is built. */
function findThreadFile(): string | undefined {
  return [
    path.join(__dirname, 'prepare-worker.js'),
    path.join(__dirname, '..', '..', '..', 'dist', 'data', 'images', 'prepare-worker.js'),
  ].find((file) => existsSync(file));
}

interface Waiting {
  task: PrepareTask;
  /** True once nobody wants the result any more: the task is then not begun. */
  stop: () => boolean;
  resolve: (broken: BrokenPart[]) => void;
  reject: (error: Error) => void;
}

const unwanted = () => new SvpError('SVP_E_ABORT', 'The images are not wanted any more.');

/** One worker thread and the task it is at. */
interface Lane {
  worker: Worker;
  current?: Waiting;
}

/**
 * Threads that prepare images: tasks are taken in order, as many at a time as there are threads. A thread that ends
 * fails its task and all later ones. Idle threads do not keep the process alive.
 */
export class PrepareThreads {
  readonly threads: number;
  private lanes: Lane[] = [];
  private readonly queue: Waiting[] = [];
  private readonly own: ImagePreparer | undefined;
  private failure: SvpError | undefined;
  private closed = false;

  /** @param threads worker threads; 0: in the calling thread. Default: as many as the machine has cores. */
  constructor(
    private readonly plan: ImagePlan,
    threads = availableParallelism(),
  ) {
    const file = threads === 0 ? undefined : findThreadFile();
    this.threads = file === undefined ? 0 : threads;
    this.own = file === undefined ? new ImagePreparer(plan) : undefined;
  }

  /** @throws SvpError SVP_E_MEMORY, SVP_E_INTERNAL (a thread ended), SVP_E_ABORT (closed) */
  run(task: PrepareTask, stop: () => boolean = () => false): Promise<BrokenPart[]> {
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
      let lane = this.lanes.find(({ current }) => current === undefined);
      if (lane === undefined) {
        if (this.lanes.length >= this.threads) return;
        lane = this.open();
      }
      lane.current = this.queue.shift() as Waiting;
      lane.worker.ref();
      lane.worker.postMessage(lane.current.task);
    }
  }

  private open(): Lane {
    const worker = new Worker(findThreadFile() as string, {
      workerData: this.plan,
      execArgv: [],
      name: 'svp-images',
    });
    const lane: Lane = { worker };
    worker.on('message', (answer: Answer) => {
      const { current } = lane;
      lane.current = undefined;
      worker.unref();
      if (answer.error !== undefined) current?.reject(receivedError(answer.error));
      else current?.resolve(answer.broken);
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
    for (const { current } of lanes) current?.reject(error);
    return Promise.all(lanes.map(({ worker }) => worker.terminate()));
  }

  /** Ends the threads; safe to call twice and while tasks run, which then fail. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.end(new SvpError('SVP_E_ABORT', 'The image folder is closed.'));
  }
}
