// Selections for ten seconds in a process of its own, with progress; prints how late the event loop was. Runs dist/.
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { kCenterGreedy } = require('../../dist/native/k-center-greedy.js');

const RESOLUTION_MS = 1;
const rows = 30_000;
const columns = 64;
let state = 1;
const data = Float32Array.from({ length: rows * columns }, () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
});

async function main() {
  await kCenterGreedy({ data, rows, columns }, { budget: 100, start: 0 }); // loads and compiles what it needs
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let reports = 0;
  let selections = 0;
  const until = performance.now() + 10_000;
  delay.enable();
  while (performance.now() < until) {
    await kCenterGreedy({ data, rows, columns }, { budget: rows, start: 0, onProgress: () => reports++ });
    selections++;
  }
  delay.disable();
  // The monitor counts its own interval in.
  const lateMs = (percentile) => delay.percentile(percentile) / 1e6 - RESOLUTION_MS;
  console.log(
    JSON.stringify({ selections, reports, p50: lateMs(50), p99: lateMs(99), worst: delay.max / 1e6 }),
  );
}

main();
