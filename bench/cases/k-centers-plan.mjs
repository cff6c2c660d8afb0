// What the k-centers bench measures: cases, inputs, rivals, over how many picks each rival is timed, and how long it takes.

export const THREADS = 2;
/** A rival whose picks all cost the same is timed over as many of them as take about this long. */
const RIVAL_SECONDS = 5;
const LEAST_PICKS = 3;
const MOST_PICKS = 300;
/** Of the prototype; the larger one, for the large pool, was its best. */
const BLOCK = 512;
const LARGE_BLOCK = 1024;

/**
 * The rivals. `nanoseconds`: of one pick, per value of the pool, about, on two cores; what is timed and the plan's
 * estimate follow from it. `whole`: its picks do not all cost the same, so that it makes all of them.
 */
export const RIVALS = {
  prototype: { label: 'prototype (C++, OpenBLAS)', peer: 'k-centers', whole: true },
  'row-per-pick': { label: 'C++ row per pick, tuned, pool in cache', whole: true },
  'torch-gemv': { label: 'torch GEMV, norms precomputed', peer: 'k-centers', nanoseconds: 0.6 },
  sklearn: {
    label: 'scikit-learn row per pick (google/active-learning)',
    peer: 'k-centers',
    nanoseconds: 1.8,
  },
  'torch-pairwise': { label: 'torch pairwise_distance (anomalib)', peer: 'k-centers', nanoseconds: 3.5 },
  fpsample: { label: 'fpsample fps_sampling (one thread)', peer: 'k-centers', nanoseconds: 1.1 },
  'skmatter-fps': { label: 'scikit-matter FPS', peer: 'k-centers-skmatter', nanoseconds: 1 },
  // Its picks get cheaper as there are more of them: the extrapolation is an upper bound.
  'skmatter-voronoi': {
    label: 'scikit-matter VoronoiFPS',
    peer: 'k-centers-skmatter',
    nanoseconds: 0.8,
    bound: true,
  },
};
const LIBRARIES = ['torch-gemv', 'sklearn', 'torch-pairwise', 'fpsample', 'skmatter-fps', 'skmatter-voronoi'];

const trained = (rows, columns) => ({ kind: 'trained', rows, columns });

/**
 * The cases of the targets. `seconds`: about what ours and the rivals that make all picks take here; `oracle`: over how
 * many picks every bit is compared with a float64 loop; `targets`: at least so many times as fast.
 */
export const CASES = {
  'trained-70k': {
    input: trained(70_000, 512),
    picks: 7_000,
    oracle: 300,
    rivals: ['prototype', ...LIBRARIES],
    targets: { 'torch-gemv': 90, sklearn: 300, prototype: 2 },
    seconds: { svp: 4, prototype: 12, oracle: 12 },
  },
  'trained-1281k': {
    input: trained(1_281_167, 512),
    picks: 128_116,
    oracle: 300,
    rivals: ['prototype', ...LIBRARIES],
    targets: { 'torch-gemv': 300, sklearn: 900, prototype: 2 },
    memory: 600e6,
    once: ['prototype', 'svp-1'],
    seconds: { svp: 200, prototype: 650, oracle: 150 },
  },
  'ranking-70k': {
    input: trained(70_000, 64),
    ranking: true,
    picks: 70_000,
    oracle: 7_000,
    rivals: ['row-per-pick', 'prototype', ...LIBRARIES],
    targets: { 'row-per-pick': 3, sklearn: 100 },
    seconds: { svp: 6, prototype: 15, 'row-per-pick': 40, oracle: 30 },
  },
  'noise-70k': {
    input: { kind: 'noise', rows: 70_000, columns: 512 },
    picks: 7_000,
    oracle: 300,
    rivals: ['prototype', ...LIBRARIES],
    targets: { 'torch-gemv': 30, sklearn: 90 },
    seconds: { svp: 8, prototype: 30, oracle: 12 },
  },
};

/** The same, small enough to try everything out in a minute or two. */
const SMALL = { kind: 'trained', rows: 6_000, columns: 64, small: true };
const QUICK = {
  'trained-70k': { input: SMALL, picks: 600 },
  'trained-1281k': { input: { ...SMALL, rows: 20_000 }, picks: 2_000 },
  'ranking-70k': { input: { ...SMALL, rows: 3_000, columns: 32 }, picks: 3_000 },
  'noise-70k': { input: { kind: 'noise', rows: 6_000, columns: 64 }, picks: 600 },
};

/** One-run measurements that the chart draws. `input` is a beginning of a case's input, rows and columns alike. */
export function growthPoints(quick) {
  const scale = quick ? 0.01 : 1;
  const wide = quick ? { ...SMALL, rows: 20_000 } : trained(1_281_167, 512);
  const small = quick ? SMALL : trained(70_000, 512);
  const rows = [20_000, 70_000, 160_000, 320_000, 640_000, 1_281_167].map((n) => Math.round(n * scale));
  const columns = quick ? [16, 32, 64] : [32, 64, 128, 256, 512];
  const picks = Math.round(7_000 * scale);
  return [
    ...rows.map((n) => ({
      axis: 'n',
      at: n,
      input: wide,
      rows: n,
      columns: wide.columns,
      picks,
      seconds: 4 + n / 5e4,
    })),
    ...columns.map((d) => ({
      axis: 'd',
      at: d,
      input: small,
      rows: small.rows,
      columns: d,
      picks,
      seconds: 5,
    })),
    {
      axis: 'k',
      at: small.rows,
      input: small,
      rows: small.rows,
      columns: small.columns,
      picks: small.rows,
      seconds: 60,
    },
  ];
}

export const CASE_NAMES = [...Object.keys(CASES), 'product', 'growth'];

function titleOf({ input: { kind, rows, columns }, picks, ranking }) {
  const whole = (count) => count.toLocaleString('en-US');
  const what = kind === 'noise' ? 'isotropic noise' : 'trained features';
  return `${whole(rows)} × ${columns} ${what}, ${ranking ? 'full ranking' : `${whole(picks)} picks`}`;
}

/** A case with its title; with `quick` its small stand-in, which has no targets. */
export function caseOf(name, quick) {
  const spec = { name, ...CASES[name] };
  if (quick) {
    Object.assign(spec, QUICK[name], { quick, oracle: Math.min(spec.oracle, 100), seconds: {}, targets: {} });
    delete spec.memory;
  }
  return { ...spec, title: titleOf(spec) };
}

/** Over how many picks a rival is timed, after one that is not. */
export function timedPicks(rival, { input, picks }) {
  const { whole, nanoseconds } = RIVALS[rival];
  if (whole) return picks;
  const perPick = input.rows * input.columns * nanoseconds * 1e-9;
  return Math.min(picks - 2, MOST_PICKS, Math.max(LEAST_PICKS, Math.round(RIVAL_SECONDS / perPick)));
}

/**
 * The subjects of a case, in turn order: { id, label, kind: 'ours' | 'program' | 'python', picks, warm, threads, runs,
 * seconds }. `seconds` is an estimate of one trial.
 */
export function subjectsOf(spec, { peers, runs }) {
  const { input, picks, rivals, once = [], seconds } = spec;
  const times = (id) => (once.includes(id) ? 1 : runs);
  const loading = 2 + (input.rows * input.columns * 4) / 1e9;
  const ours = [THREADS, 1].map((threads) => ({
    id: `svp-${threads}`,
    label: `this package, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    kind: 'ours',
    picks,
    warm: 0,
    threads,
    runs: times(`svp-${threads}`),
    seconds: loading + ((seconds.svp ?? 1) * THREADS) / threads,
  }));
  if (!peers) return ours;
  const others = rivals.map((id) => {
    const { label, whole, peer, nanoseconds, bound } = RIVALS[id];
    const timed = timedPicks(id, spec);
    const perPick = input.rows * input.columns * (nanoseconds ?? 0) * 1e-9;
    return {
      id,
      label,
      peer,
      bound,
      kind: whole ? 'program' : 'python',
      picks: timed,
      warm: whole ? 0 : 1,
      threads: THREADS,
      block: input.rows > 500_000 ? LARGE_BLOCK : BLOCK,
      runs: times(id),
      seconds: 2 * loading + (whole ? (seconds[id] ?? 1) : perPick * (timed + 6)),
    };
  });
  return [...ours, ...others];
}
