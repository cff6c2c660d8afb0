/** Callbacks of the calls that share a signal, under one listener: Node warns of a leak from eleven listeners on. */
const callbacks = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `callback` when `signal` fires; the function that comes back takes it off again. */
export function whenAborted(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal) return () => {};
  let set = callbacks.get(signal);
  if (!set) {
    const created = new Set<() => void>();
    set = created;
    callbacks.set(signal, set);
    signal.addEventListener('abort', fire, { once: true });
  }
  const registered = set;
  registered.add(callback);
  return () => {
    registered.delete(callback);
    if (registered.size === 0 && callbacks.get(signal) === registered) {
      callbacks.delete(signal);
      signal.removeEventListener('abort', fire);
    }
  };
}

function fire(this: AbortSignal): void {
  const set = callbacks.get(this);
  callbacks.delete(this);
  for (const callback of [...(set ?? [])]) callback();
}
