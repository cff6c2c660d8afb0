import { SvpError } from '../errors';

/** The error of a cancelled call: `name` is AbortError, `code` is SVP_E_ABORT. */
export function abortError(signal?: AbortSignal): SvpError {
  return new SvpError('SVP_E_ABORT', 'The work was cancelled.', { cause: signal?.reason });
}

/** Throws the abort error once `signal` has fired. */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) throw abortError(signal);
}

/**
 * The result of `work`, or the abort error as soon as `signal` fires, whatever `work` is doing then: its result is not
 * needed any more, and its failure is nobody's.
 */
export async function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(abortError(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop as () => void);
  }
}
