import { totalmem } from 'node:os';
import { SvpError } from '../errors';

/** Results below this fit anywhere; looking the limit up costs 0.02 ms, as much as a small call. */
const SMALL_BYTES = 1 << 24;

/** Bytes that this process could have at most: the container's limit or the machine's memory. */
function memoryLimit(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * A typed array for a result, or a typed error. Results are made here because the engine cannot make one without
 * aborting the process when memory is short.
 * @param what names the result in the message
 * @throws SvpError SVP_E_MEMORY
 */
export function allocate<T>(
  Type: { new (length: number): T; readonly BYTES_PER_ELEMENT: number },
  length: number,
  what: string,
): T {
  const bytes = length * Type.BYTES_PER_ELEMENT;
  const gib = (b: number) => `${(b / 2 ** 30).toFixed(1)} GiB`;
  const remedy = 'Work on fewer rows at a time.';
  // A larger allocation may seem to succeed and end the process when it is written to.
  if (bytes > SMALL_BYTES && bytes > memoryLimit()) {
    throw new SvpError(
      'SVP_E_MEMORY',
      `${what} needs ${gib(bytes)}, but this process can have at most ${gib(memoryLimit())}. ${remedy}`,
    );
  }
  try {
    return new Type(length);
  } catch (cause) {
    throw new SvpError('SVP_E_MEMORY', `${what} needs ${gib(bytes)}, which could not be had. ${remedy}`, {
      cause,
    });
  }
}
