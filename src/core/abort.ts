import { SvpError } from '../errors';

/** The error of a cancelled call: `name` is AbortError, `code` is SVP_E_ABORT. */
export function abortError(signal?: AbortSignal): SvpError {
  return new SvpError('SVP_E_ABORT', 'The work was cancelled.', { cause: signal?.reason });
}

/** Throws the abort error once `signal` has fired. */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) throw abortError(signal);
}
