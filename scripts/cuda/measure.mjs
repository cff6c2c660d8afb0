// Times on the device: the cases of the documented table, and what they come to in operations and bytes.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makeFeatures } from './parity.mjs';

/** rows, columns, picks, and the target in seconds on one H200. */
const CASES = [
  [100_000, 512, 10_000, null],
  [1_281_167, 512, 128_116, 4],
  [1_281_167, 2048, 128_116, 12],
  [1_281_167, 2048, 640_583, 75],
];
const QUICK = [[20_000, 512, 2000, null]];

/** PyTorch on the same GPU: one product of a matrix and a vector a pick, norms known. Null where there is no PyTorch. */
function rival(rows, columns) {
  const script = fileURLToPath(new URL('./rival.py', import.meta.url));
  const result = spawnSync('python3', [script, String(rows), String(columns)], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (result.status !== 0) return null;
  try {
    return JSON.parse(result.stdout.trim().split('\n').at(-1));
  } catch {
    return null;
  }
}

/** Rows beyond what JavaScript makes in reasonable time repeat those before, shifted a little so that none is equal. */
function largeFeatures(rows, columns) {
  const seeds = Math.min(rows, 40_000);
  const base = makeFeatures('trained', seeds, columns, 7);
  if (seeds === rows) return base;
  const data = new Float32Array(rows * columns);
  let state = 99;
  for (let i = 0; i < rows; i++) {
    const from = (i % seeds) * columns;
    for (let k = 0; k < columns; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i * columns + k] = base.data[from + k] + (state / 2 ** 32 - 0.5) * 0.6;
    }
  }
  return { data, rows, columns };
}

/** One entry a case. */
export async function* measure(svp, { quick, say, uncertaintyOnDevice }) {
  let features;
  for (const [rows, columns, budget, target] of quick ? QUICK : CASES) {
    if (features?.rows !== rows || features?.columns !== columns) {
      features = undefined;
      say(`bench      making ${rows} × ${columns}`);
      features = largeFeatures(rows, columns);
    }
    const torch = rival(rows, columns);
    const started = performance.now();
    const { stats } = await svp.kCenterGreedy(features, { budget, start: 0, device: 'cuda' });
    const seconds = (performance.now() - started) / 1000;
    const row = {
      case: `k-centers, ${rows} × ${columns}, ${budget} picks`,
      seconds,
      target,
      // What the dense product did, over the time of updates alone.
      productTeraflops: (2 * rows * budget * columns) / stats.phases.update / 1e12,
      torchSecondsPerPick: torch?.secondsPerPick ?? null,
      timesTorch: torch ? (torch.secondsPerPick * budget) / seconds : null,
      torchBandwidth: torch?.bytesPerSecond ?? null,
      stats,
    };
    say(
      `bench      ${row.case}: ${seconds.toFixed(2)} s${row.timesTorch ? `, ${row.timesTorch.toFixed(1)} × torch` : ''}, ${row.productTeraflops.toFixed(0)} TFLOP/s`,
    );
    yield row;
  }
  features = undefined;
  yield {
    case: 'uncertainty, logits on the device',
    target: '85 % of memory bandwidth',
    ...(await uncertaintyOnDevice()),
  };
  const [rows, columns] = quick ? [50_000, 1000] : [400_000, 1000];
  const logits = makeFeatures('normal', rows, columns, 3);
  await svp.uncertainty(logits, { device: 'cuda' });
  const started = performance.now();
  await svp.uncertainty(logits, { device: 'cuda' });
  const seconds = (performance.now() - started) / 1000;
  yield {
    case: `uncertainty, ${rows} × ${columns}, from host memory`,
    seconds,
    target: null,
    gigabytesPerSecond: (rows * columns * 4) / seconds / 1e9,
  };
}
