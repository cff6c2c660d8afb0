import { abortError, throwIfAborted } from '../core/abort';
import { type OnProgress, ProgressMeter } from '../core/progress';
import { ERROR_CODES, type ErrorCode, type ErrorDetails, SvpError } from '../errors';
import { whenAborted } from './abort-listener';
import type { NativeJob } from './contract';

/** Jobs of one JavaScript thread that run at the same time; further ones wait. Each has at least one system thread. */
const MOST_RUNNING = 32;
const POLL_MS = 100;

export interface JobOptions {
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** What Progress calls the work and its units. */
  stage: string;
  unit: string;
  /** Units in all. */
  total: number;
  /** Inputs to let go of when the job has settled. */
  pins?: { release(): void }[];
}

/** An error of the addon as an SvpError; any other error as it is. */
export function toSvpError(error: unknown): unknown {
  if (error instanceof SvpError || error === null || typeof error !== 'object') return error;
  const { code, message, row, column } = error as { code?: unknown; message?: string } & ErrorDetails;
  if (typeof code !== 'string' || !(code in ERROR_CODES)) return error;
  return new SvpError(code as ErrorCode, message ?? code, { row, column });
}

let running = 0;
const waiting: (() => void)[] = [];

/** Waits for a place among the running jobs. */
function enter(signal?: AbortSignal): Promise<void> {
  if (running < MOST_RUNNING) {
    running++;
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    const admitted = () => {
      forget();
      resolve();
    };
    const forget = whenAborted(signal, () => {
      waiting.splice(waiting.indexOf(admitted), 1);
      reject(abortError(signal));
    });
    waiting.push(admitted);
  });
}

function leave(): void {
  const next = waiting.shift();
  if (next) next();
  else running--;
}

/**
 * Starts a native job and waits for it, off the event loop.
 * Progress is polled every 100 ms (never from the job's thread) and reported once more at the end.
 * @throws SvpError the addon's error, or SVP_E_ABORT within 250 ms of the signal; or what `onProgress` threw
 */
export async function runJob<Result>(start: () => NativeJob<Result>, o: JobOptions): Promise<Result> {
  try {
    throwIfAborted(o.signal);
    await enter(o.signal);
    try {
      return await settle(start, o);
    } finally {
      leave();
    }
  } finally {
    for (const input of o.pins ?? []) input.release();
  }
}

async function settle<Result>(start: () => NativeJob<Result>, o: JobOptions): Promise<Result> {
  const { signal, onProgress } = o;
  let listenerFailed = false;
  let listenerError: unknown;
  let timer: NodeJS.Timeout | undefined;
  let forget = () => {};
  try {
    throwIfAborted(signal);
    const meter = new ProgressMeter(o.stage, o.total, o.unit, onProgress);
    const job = start();
    forget = whenAborted(signal, () => job.cancel());
    const report = () => {
      const { done, resumed, fraction, radius } = job.progress();
      try {
        meter.report(done, {
          resumed: resumed > 0 ? resumed : undefined,
          fraction: fraction > 0 ? fraction : undefined,
          radius: radius >= 0 ? radius : undefined,
        });
      } catch (error) {
        // A listener's mistake ends the call that it listens to, not the process.
        listenerFailed = true;
        listenerError = error;
        job.cancel();
      }
    };
    if (onProgress) {
      timer = setInterval(() => {
        if (!listenerFailed) report();
      }, POLL_MS);
      timer.unref();
    }
    const result = await job.promise;
    throwIfAborted(signal);
    if (onProgress && !listenerFailed) report();
    if (listenerFailed) throw listenerError;
    return result;
  } catch (error) {
    if (listenerFailed) throw listenerError;
    const known = toSvpError(error);
    throw known instanceof SvpError && known.code === 'SVP_E_ABORT' ? abortError(signal) : known;
  } finally {
    clearInterval(timer);
    forget();
  }
}
