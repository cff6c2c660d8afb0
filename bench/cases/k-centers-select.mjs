// One selection by this package, in a process of its own.
// usage: node k-centers-select.mjs '{"features", "picks", "threads", "answer", "rows"?, "columns"?}'
// With rows and columns: the beginning of the features, from memory; else the file as it is, mapped by the engine. Prints
// one line of JSON.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readRows, readThrough } from '../inputs/matrix-file.mjs';

const require = createRequire(import.meta.url);
const { kCenterGreedy } = require('../../dist/native/k-center-greedy.js');
const { features: file, picks, threads, answer, rows, columns } = JSON.parse(process.argv[2]);

/** Bytes of memory that are not a mapped file: the features are one. Undefined where /proc is not. */
function anonymousBytes() {
  try {
    const found = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return found ? 1024 * Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

let features = file;
let inMemory = 0;
if (rows === undefined) {
  // In the page cache before the clock starts, as the rivals' features are in memory.
  readThrough(file, () => {});
} else {
  const data = readRows(file, 0, rows, columns);
  features = { data, rows, columns };
  inMemory = data.byteLength;
}

let peak = anonymousBytes();
const curve = [];
const cpuBefore = process.cpuUsage();
const started = performance.now();
const watch = setInterval(() => {
  const now = anonymousBytes();
  if (now > peak) peak = now;
}, 20);
const { indices, radii, stats } = await kCenterGreedy(features, {
  budget: picks,
  start: 0,
  threads,
  onProgress: ({ done }) => {
    if (done > (curve.at(-1)?.[0] ?? 0)) curve.push([done, (performance.now() - started) / 1000]);
  },
});
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
clearInterval(watch);

if (answer) {
  const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  writeFileSync(answer, Buffer.concat([bytes(indices), bytes(radii)]));
}
console.log(
  JSON.stringify({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    picks: indices.length,
    radius: radii.at(-1),
    peakBytesBesideFeatures: peak === undefined ? undefined : peak - inMemory,
    stats,
    curve,
  }),
);
