import type { Matrix } from '../core/matrix';
import { type KCenterGreedyOptions, type KCenterGreedyResult, prepareKCenters } from './k-center-greedy';

/** One pick as it comes. */
export interface KCenterPick {
  /** 0, 1, 2 … in the order of `kCenterGreedy`'s result. */
  position: number;
  /** Row of the pool. */
  index: number;
  /** Distance to the centers before it; Infinity for a first pick without centers before it. */
  radius: number;
}

/**
 * The picks of `kCenterGreedy` while they are made: the same options, the same picks. The engine works ahead of the
 * reader, off the event loop; leaving the loop early (or `return()`) cancels it. The generator's return value is the
 * whole result.
 *
 * ```ts
 * for await (const { index, radius } of kCenterGreedyStream(features, { budget: 1000, start: 0 })) …
 * ```
 * @throws what kCenterGreedy throws, at the first or a later `next()`
 */
export async function* kCenterGreedyStream(
  features: Matrix | string,
  options: KCenterGreedyOptions,
): AsyncGenerator<KCenterPick, KCenterGreedyResult, void> {
  const stop = new AbortController();
  const forward = () => stop.abort(options?.signal?.reason);
  let ready = 0;
  let wake = () => {};
  const prepared = prepareKCenters(features, {
    ...options,
    signal: stop.signal,
    onProgress: (progress) => {
      ready = progress.done;
      wake();
      options.onProgress?.(progress);
    },
  });
  const caller = options.signal;
  if (caller?.aborted) forward();
  else caller?.addEventListener('abort', forward, { once: true });
  let outcome: { result: KCenterGreedyResult } | { error: unknown } | undefined;
  const running = prepared.run().then(
    (result) => {
      outcome = { result };
      wake();
    },
    (error) => {
      outcome = { error };
      wake();
    },
  );
  try {
    for (let position = 0; ; ) {
      // Of a finished run everything can be read; a failed one says why at once.
      if (outcome && 'error' in outcome) throw outcome.error;
      const readable = outcome ? outcome.result.indices.length : ready;
      if (position < readable) {
        yield { position, index: prepared.indices[position], radius: prepared.radii[position] };
        position++;
      } else if (outcome) {
        return outcome.result;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    caller?.removeEventListener('abort', forward);
    stop.abort();
    await running;
  }
}
