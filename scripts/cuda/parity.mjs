// The device against the processor, to the bit: rows of many kinds, every filter, streamed and resident.

const KINDS = ['trained', 'normal', 'grid', 'duplicates', 'near', 'offset', 'tiny', 'huge'];

/** Rows of a kind; `trained`: sums of a few directions, cut off at zero, as a network's features are. */
export function makeFeatures(kind, rows, columns, seed = 1) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = () => (uniform() + uniform() + uniform() + uniform() - 2) * 1.7;
  const data = new Float32Array(rows * columns);
  const groups = 40;
  const directions = Float32Array.from({ length: groups * columns }, normal);
  for (let i = 0; i < rows; i++) {
    const group = Math.floor(uniform() * groups);
    const other = Math.floor(uniform() * groups);
    const share = uniform();
    for (let k = 0; k < columns; k++) {
      const at = i * columns + k;
      if (kind === 'normal') data[at] = normal();
      else if (kind === 'grid') data[at] = Math.floor(uniform() * 3) - 1;
      else if (kind === 'duplicates') data[at] = i < 50 ? normal() : data[(i % 50) * columns + k];
      else if (kind === 'near') data[at] = 1 + (i % 3) + normal() * 1e-6;
      else if (kind === 'offset') data[at] = 1e6 + normal();
      else if (kind === 'tiny') data[at] = normal() * 1e-30;
      else if (kind === 'huge') data[at] = normal() * (i % 7 === 0 ? 1e30 : 1e29);
      else {
        const value =
          share * directions[group * columns + k] +
          (1 - share) * directions[other * columns + k] +
          0.4 * normal();
        data[at] = Math.max(0, value);
      }
    }
  }
  return { data, rows, columns };
}

const same = (a, b) =>
  a.byteLength === b.byteLength &&
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

/** One entry a comparison: { name, same, backend, seconds }. */
export async function checkParity(svp, { quick, say }) {
  const rows = quick ? 4000 : 20000;
  const results = [];
  const record = (name, agrees, facts = {}) => {
    say(`parity     ${agrees ? 'same' : 'NOT THE SAME'}  ${name}`);
    results.push({ name, same: agrees, ...facts });
  };
  for (const kind of KINDS) {
    for (const columns of quick ? [64] : [7, 64, 512]) {
      const features = makeFeatures(kind, rows, columns, columns);
      const options = { budget: Math.min(rows / 8, 2000), start: 3, assignments: true };
      const cpu = await svp.kCenterGreedy(features, { ...options, device: 'cpu' });
      const bytes = features.data.byteLength;
      for (const settings of [
        '',
        'filter=bf16',
        'filter=tf32',
        `memory=${Math.round(bytes * 0.7 + 3e7)} list=262144`,
      ]) {
        process.env.SVP_CUDA_SETTINGS = settings;
        const cuda = await svp.kCenterGreedy(features, { ...options, device: 'cuda' });
        process.env.SVP_CUDA_SETTINGS = '';
        const agrees =
          same(cpu.indices, cuda.indices) &&
          same(cpu.radii, cuda.radii) &&
          same(cpu.assignments, cuda.assignments);
        record(`k-centers, ${kind}, ${rows} × ${columns}, ${settings || 'as it comes'}`, agrees, {
          backend: cuda.stats.backend,
          refinedShare: cuda.stats.refinedShare,
          seconds: cuda.stats.seconds,
        });
      }
    }
  }
  const a = makeFeatures('normal', 900, 100, 1);
  const b = makeFeatures('offset', 1100, 100, 2);
  for (const squared of [false, true]) {
    const cpu = await svp.pairwiseDistances(a, b, { squared, device: 'cpu' });
    record(
      `pairwise distances, squared ${squared}`,
      same(cpu, await svp.pairwiseDistances(a, b, { squared, device: 'cuda' })),
    );
  }
  for (const columns of [2, 10, 100, 1000, 3000]) {
    const logits = makeFeatures('normal', 3000, columns, columns);
    for (let i = 0; i < logits.data.length; i++) logits.data[i] *= [1, 10, 60][i % 3];
    const cpu = await svp.uncertainty(logits, { device: 'cpu' });
    const cuda = await svp.uncertainty(logits, { device: 'cuda' });
    // 2 float32 ulp or 1e-7 of float64 each, so at most twice that of one another.
    const near = ['entropy', 'leastConfidence', 'margin'].every((measure) =>
      cpu[measure].every(
        (value, i) => Math.abs(value - cuda[measure][i]) <= Math.max(4.8e-7 * Math.abs(value), 2e-7),
      ),
    );
    record(`uncertainty, ${columns} columns, within the promise`, near);
  }
  return results;
}
