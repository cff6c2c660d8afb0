import { z } from 'zod';
import type { OnProgress } from '../core/progress';

/** Options that every asynchronous call of the engine takes; spread into the call's own schema. */
export const callOptions = {
  threads: z.number().int().min(1).max(1024).optional(),
  // Not `instanceof`: a signal of another realm is as good.
  signal: z
    .custom<AbortSignal>(
      (value) =>
        typeof (value as AbortSignal)?.addEventListener === 'function' &&
        typeof (value as AbortSignal).aborted === 'boolean',
      'must be an AbortSignal',
    )
    .optional(),
  onProgress: z.custom<OnProgress>((value) => typeof value === 'function', 'must be a function').optional(),
};

export interface CallOptions {
  /** Threads of this call, 1 … 1024; default: one per processor that this process may use. */
  threads?: number;
  /** Aborting rejects the call with SVP_E_ABORT (an AbortError) within 250 ms. */
  signal?: AbortSignal;
  /** Called about ten times a second, and once at the end. */
  onProgress?: OnProgress;
}
