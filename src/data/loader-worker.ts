import { workerData } from 'node:worker_threads';
import { BatchMaker, batchCount } from './batch-maker';
import { RING_VERSION, type RingData, SLOTS, signal, slotTarget, WORD } from './loader-ring';

/**
 * The loader's worker thread: serves one epoch after another into the ring until it is closed. It never returns to its
 * event loop; every wait is on the shared signal word.
 */
function serve(ring: RingData): void {
  if (ring.version !== RING_VERSION) {
    throw new Error(
      `the compiled worker speaks ring version ${RING_VERSION}, its loader ${ring.version}: build again`,
    );
  }
  const control = new Int32Array(ring.control);
  const { spec } = ring;
  const targets = ring.slots.map((slot) => slotTarget(slot, spec));
  const maker = new BatchMaker(spec);
  const batches = batchCount(spec.rows.length, spec.batchSize, spec.dropLast);
  let request = 0;
  let produced = batches;
  for (;;) {
    // Read before the conditions: a change after this makes the wait return at once.
    const seen = Atomics.load(control, WORD.TO_WORKER);
    if (Atomics.load(control, WORD.CLOSE) !== 0) return;
    const wanted = Atomics.load(control, WORD.REQUEST);
    if (wanted !== request) {
      request = wanted;
      produced = 0;
      maker.startEpoch(Atomics.load(control, WORD.EPOCH));
      Atomics.store(control, WORD.PRODUCED, 0);
      Atomics.store(control, WORD.SERVED, request);
      signal(control, WORD.TO_CONSUMER);
    } else if (produced < batches && produced - Atomics.load(control, WORD.RELEASED) < SLOTS) {
      maker.fill(produced, targets[produced % SLOTS]);
      produced++;
      Atomics.store(control, WORD.PRODUCED, produced);
      signal(control, WORD.TO_CONSUMER);
    } else {
      Atomics.wait(control, WORD.TO_WORKER, seen);
    }
  }
}

serve(workerData as RingData);
