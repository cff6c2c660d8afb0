import { types } from 'node:util';
import { markAsUntransferable } from 'node:worker_threads';

/** Inputs up to this size (1 MiB, about 0.1 ms) are copied; larger ones are read in place. */
const COPY_BYTES = 1 << 20;

type TypedArray = Float32Array | Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** A view whose memory stays where it is until release(). */
export interface Pin<T extends TypedArray> {
  array: T;
  release(): void;
}

const nothing = () => {};

/** Running calls per guarded buffer. */
const guarded = new WeakMap<ArrayBufferLike, number>();
const MOVERS = ['transfer', 'transferToFixedLength'] as const;

function refuse(): never {
  throw new TypeError('This buffer is being read by a running call of selection-via-proxy and cannot move.');
}

/** Hides ArrayBuffer.prototype.transfer (Node 22) from one buffer while calls read it. */
function guard(buffer: ArrayBuffer): () => void {
  if (!('transfer' in ArrayBuffer.prototype)) return nothing;
  const running = guarded.get(buffer) ?? 0;
  guarded.set(buffer, running + 1);
  if (running === 0) {
    for (const name of MOVERS) Object.defineProperty(buffer, name, { value: refuse, configurable: true });
  }
  let released = false;
  return () => {
    if (released) return;
    released = true;
    const left = guarded.get(buffer)! - 1;
    guarded.set(buffer, left);
    if (left === 0) for (const name of MOVERS) Reflect.deleteProperty(buffer, name);
  };
}

/**
 * Makes the memory of an input safe to read from another thread. A reference keeps an ArrayBuffer object alive, but not
 * its memory: transferring the buffer to a worker moves the memory to an owner that may free it under a running job, and
 * Node-API cannot prevent that. So:
 * - memory shared between threads (SharedArrayBuffer) is read in place: it cannot move and never shrinks;
 * - a small input or a resizable buffer is copied;
 * - any other buffer is read in place and marked untransferable. From then on, for good, Node 20 copies it where a
 *   transfer is asked for and Node 21 and later throw DataCloneError; `transfer()` of Node 22 throws while the call runs.
 * The caller's values are not changed. Writing to them while a call runs gives an unspecified (but safe) result.
 */
export function pin<T extends TypedArray>(array: T): Pin<T> {
  const buffer = array.buffer as ArrayBufferLike & { resizable?: boolean };
  if (types.isSharedArrayBuffer(buffer)) return { array, release: nothing };
  if (array.byteLength <= COPY_BYTES || buffer.resizable || !Object.isExtensible(buffer)) {
    return { array: array.slice() as T, release: nothing };
  }
  markAsUntransferable(buffer);
  return { array, release: guard(buffer as ArrayBuffer) };
}
