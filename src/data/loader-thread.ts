import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { SvpError } from '../errors';
import { type BatchSpec, type BatchTarget, batchCount } from './batch-maker';
import { createRing, SLOTS, signal, slotTarget, WORD } from './loader-ring';
import { type Batch, checkEpoch, type EpochGuard, type Loader, sizedBatch, startGuard } from './loader-types';

/** How long the calling thread sleeps at a time before its event loop gets a turn (worker errors arrive there). */
const NAP_MS = 4;

/**
 * The compiled worker: beside this file in dist, or in dist where this runs from src (tests). Undefined where nothing
 * is built; batches are then prepared in the calling thread.
 */
export function findWorkerFile(): string | undefined {
  return [
    path.join(__dirname, 'loader-worker.js'),
    path.join(__dirname, '..', '..', 'dist', 'data', 'loader-worker.js'),
  ].find((file) => existsSync(file));
}

/** Takes its batches from a worker thread through the ring of loader-ring.ts. */
export class WorkerLoader implements Loader {
  readonly mode = 'worker';
  readonly batches: number;
  readonly examples: number;
  private readonly control: Int32Array;
  private readonly targets: BatchTarget[];
  private readonly worker: Worker;
  private readonly guard: EpochGuard;
  private failure: SvpError | undefined;
  private closing = false;

  constructor(
    private readonly spec: BatchSpec,
    workerFile: string,
    abort: AbortSignal | undefined,
  ) {
    this.batches = batchCount(spec.rows.length, spec.batchSize, spec.dropLast);
    this.examples = spec.dropLast ? this.batches * spec.batchSize : spec.rows.length;
    this.guard = startGuard(abort);
    const ring = createRing(spec);
    this.control = new Int32Array(ring.control);
    this.targets = ring.slots.map((slot) => slotTarget(slot, spec));
    this.worker = new Worker(workerFile, { workerData: ring, execArgv: [], name: 'svp-loader' });
    // A forgotten loader must not keep the process alive.
    this.worker.unref();
    this.worker.on('error', (cause) => this.fail(cause));
    this.worker.on('exit', (code) => this.fail(new Error(`it ended with code ${code}`)));
  }

  private fail(cause: unknown): void {
    if (this.closing || this.failure !== undefined) return;
    const code = (cause as NodeJS.ErrnoException)?.code;
    this.failure =
      code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? new SvpError(
            'SVP_E_MEMORY',
            'The thread that prepares batches ran out of memory. Use smaller batches.',
            {
              cause,
            },
          )
        : new SvpError(
            'SVP_E_INTERNAL',
            `The thread that prepares batches failed: ${(cause as Error)?.message ?? String(cause)}. With worker: 'off' they are prepared without it.`,
            { cause },
          );
  }

  private tell(word: number, value: number): void {
    Atomics.store(this.control, word, value);
    signal(this.control, WORD.TO_WORKER);
  }

  async *epoch(e: number): AsyncGenerator<Batch, void, void> {
    checkEpoch(e);
    const turn = this.guard.begin();
    const { control } = this;
    // The worker ends its old epoch when it sees the new request, and answers before it produces anything for it.
    Atomics.store(control, WORD.RELEASED, 0);
    Atomics.store(control, WORD.EPOCH, e);
    this.tell(WORD.REQUEST, turn);
    for (let b = 0; b < this.batches; b++) {
      await this.ready(turn, b);
      const target = this.targets[b % SLOTS];
      const left = this.spec.rows.length - b * this.spec.batchSize;
      yield sizedBatch(target, Math.min(this.spec.batchSize, left), this.spec);
      // Asked for the next one: the slot may be written again, unless another epoch has begun.
      this.guard.check(turn);
      this.tell(WORD.RELEASED, b + 1);
    }
  }

  /**
   * Waits until batch `b` lies in its slot. Usually it does already. Otherwise the thread sleeps on the ring for a few
   * milliseconds and lets the event loop turn in between: timers and the worker's errors come through.
   */
  private async ready(turn: number, b: number): Promise<void> {
    const { control } = this;
    for (;;) {
      this.guard.check(turn);
      const seen = Atomics.load(control, WORD.TO_CONSUMER);
      if (Atomics.load(control, WORD.SERVED) === turn && Atomics.load(control, WORD.PRODUCED) > b) return;
      if (this.failure !== undefined) throw this.failure;
      Atomics.wait(control, WORD.TO_CONSUMER, seen, NAP_MS);
      await nextTurn();
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    this.guard.close();
    this.tell(WORD.CLOSE, 1);
    await this.worker.terminate();
  }
}
