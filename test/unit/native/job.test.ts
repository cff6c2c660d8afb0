import type { Progress } from '../../../src/core/progress';
import { isSvpError } from '../../../src/errors';
import { pairwiseDistances } from '../../../src/native/pairwise-distances';
import { uncertainty } from '../../../src/native/uncertainty';

/** About 0.4 s of work for one core. */
const LONG = { data: new Float32Array(4000 * 300).fill(0.5), rows: 4000, columns: 300 };
const small = { data: Float32Array.of(1, 2), rows: 1, columns: 2 };

describe('jobs', () => {
  test('an aborted call rejects with an AbortError within 250 ms, at any moment of the work', async () => {
    for (const delay of [0, 1, 5, 20, 50]) {
      const controller = new AbortController();
      const running = pairwiseDistances(LONG, LONG, { signal: controller.signal, threads: 1 });
      let abortedAt = 0;
      setTimeout(() => {
        abortedAt = performance.now();
        controller.abort('enough');
      }, delay);
      const error = await running.catch((e) => e);
      expect(performance.now() - abortedAt).toBeLessThan(250);
      expect(isSvpError(error)).toBe(true);
      expect(error).toMatchObject({ name: 'AbortError', code: 'SVP_E_ABORT', cause: 'enough' });
    }
  });

  test('a signal that has fired already starts nothing', async () => {
    await expect(uncertainty(small, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('listeners leave the signal', async () => {
    const controller = new AbortController();
    const add = jest.spyOn(controller.signal, 'addEventListener');
    const remove = jest.spyOn(controller.signal, 'removeEventListener');
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    await Promise.all(Array.from({ length: 100 }, () => uncertainty(small, { signal: controller.signal })));
    process.off('warning', onWarning);
    expect(add.mock.calls.length).toBeGreaterThan(0);
    expect(remove.mock.calls.length).toBe(add.mock.calls.length);
    expect(warnings).toEqual([]);
  });

  test('progress rises to the total', async () => {
    const seen: Progress[] = [];
    await pairwiseDistances(LONG, LONG, { threads: 1, onProgress: (p) => seen.push(p) });
    expect(seen.length).toBeGreaterThan(1);
    for (const [i, p] of seen.entries()) {
      expect(p).toMatchObject({ stage: 'pairwise distances', unit: 'pairs', total: 16e6 });
      if (i > 0) expect(p.done).toBeGreaterThanOrEqual(seen[i - 1].done);
    }
    expect(seen.at(-1)).toMatchObject({ done: 16e6, remainingMs: 0 });
  });

  test('what onProgress throws ends the call and is its error', async () => {
    const mistake = new Error('mine');
    await expect(
      pairwiseDistances(LONG, LONG, {
        onProgress: () => {
          throw mistake;
        },
      }),
    ).rejects.toBe(mistake);
  });

  test('the event loop turns while a call works', async () => {
    let settled = false;
    const running = pairwiseDistances(LONG, LONG, { threads: 1 }).finally(() => {
      settled = true;
    });
    // Counted, not timed: a blocked loop would not turn at all before the call is done, however slow the machine.
    let turns = 0;
    while (!settled) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      turns++;
    }
    await running;
    expect(turns).toBeGreaterThan(10);
  });

  test('hundreds of calls at once: all answer, and those that wait can be aborted', async () => {
    const controller = new AbortController();
    const busy = Array.from({ length: 32 }, () => pairwiseDistances(LONG, small300(), { threads: 1 }));
    const waiting = Array.from({ length: 20 }, () => uncertainty(small, { signal: controller.signal }));
    controller.abort();
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'SVP_E_ABORT' });
    await Promise.all(busy);
    const many = await Promise.all(Array.from({ length: 500 }, () => uncertainty(small)));
    expect(new Set(many.map((scores) => scores.entropy![0])).size).toBe(1);
  });
});

function small300() {
  return { data: new Float32Array(300), rows: 1, columns: 300 };
}
