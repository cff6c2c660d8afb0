// From finished trials to the figures of the record: medians, extrapolations, ratios, targets. Pure.
import { median } from '../table.mjs';

/** Two threads are at least so many times as fast as one. */
const TWO_THREADS = 1.8;
/** The product kernel reaches at least this share of OpenBLAS. */
const PRODUCT_SHARE = 0.9;

const middle = (values) => (values.length === 0 ? undefined : median(values));

/** One subject of a case: `outputs` of its trials; `total`: picks of the whole selection. */
export function subjectFigures(subject, outputs, total) {
  const perPick = middle(outputs.map(({ seconds, picks }) => seconds / picks));
  const last = outputs.at(-1);
  return {
    id: subject.id,
    label: subject.label,
    runs: outputs.length,
    timedPicks: last.picks,
    trialSeconds: outputs.map(({ seconds }) => seconds),
    perPickMilliseconds: 1000 * perPick,
    seconds: perPick * total,
    extrapolated: last.picks < total,
    bound: subject.bound,
    picksPerSecond: 1 / perPick,
    peakBytesBesideFeatures: middle(
      outputs.map(({ peakBytesBesideFeatures: bytes }) => bytes).filter(Number.isFinite),
    ),
    radius: last.radius,
    stats: last.stats,
    version: last.version,
  };
}

/**
 * A case.
 * @param spec of k-centers-plan.mjs
 * @param trials [{ subject, outputs, agreement? }], those that have an output
 * @param checked whether ours was held against the float64 loop
 */
export function caseFigures(spec, trials, checked = false) {
  const subjects = trials.map(({ subject, outputs, agreement }) => ({
    ...subjectFigures(subject, outputs, spec.picks),
    agreement,
  }));
  const find = (id) => subjects.find((subject) => subject.id === id);
  const ours = find('svp-2');
  const one = find('svp-1');
  for (const subject of subjects) {
    if (ours && subject !== ours) subject.oursIsFasterBy = subject.seconds / ours.seconds;
  }
  const targets = Object.entries(spec.targets).map(([against, wanted]) => {
    const measured = find(against)?.oursIsFasterBy;
    return { against, wanted, measured, met: measured === undefined ? undefined : measured >= wanted };
  });
  const figures = {
    name: spec.name,
    title: spec.title,
    ...spec.input,
    picks: spec.picks,
    oraclePicks: spec.oracle,
    checked: checked && ours !== undefined,
    subjects,
    targets,
  };
  if (ours && one && !spec.quick) {
    const measured = one.seconds / ours.seconds;
    figures.twoThreads = { wanted: TWO_THREADS, measured, met: measured >= TWO_THREADS };
  }
  if (ours?.peakBytesBesideFeatures !== undefined && spec.memory !== undefined) {
    const measured = ours.peakBytesBesideFeatures;
    figures.memory = { wanted: spec.memory, measured, met: measured <= spec.memory };
  }
  return figures;
}

/** The product bench: medians in GFLOP/s, ours over the faster way of calling sgemm. */
export function productFigures(outputs) {
  const of = (name) => middle(outputs.flatMap((output) => output[name]));
  const names = ['openblas', 'openblasTransposed', 'store', 'filter', 'storeWithPacking'];
  const figures = Object.fromEntries(names.map((name) => [name, of(name)]));
  const best = Math.max(figures.openblas, figures.openblasTransposed);
  return {
    ...figures,
    instructionSet: outputs[0].instructionSet,
    wanted: PRODUCT_SHARE,
    met: figures.store / best >= PRODUCT_SHARE,
    storeShare: figures.store / best,
    filterShare: figures.filter / best,
    packingShare: figures.storeWithPacking / best,
    twoThreads: of('twoThreads'),
  };
}

/** Points of the chart: [{ axis, at, seconds }]; the k axis comes from the progress of one full ranking. */
export function growthFigures(points) {
  return points.flatMap(({ axis, at, output }) => {
    if (axis !== 'k') return [{ axis, at, seconds: output.seconds }];
    const curve = [...output.curve.filter(([done]) => done < output.picks), [output.picks, output.seconds]];
    // Evenly spaced on the logarithmic axis, from 100 picks on.
    const kept = [];
    for (const [done, seconds] of curve) {
      if (done >= 100 && (kept.length === 0 || done >= 1.25 * kept.at(-1).at || done === output.picks)) {
        kept.push({ axis, at: done, seconds });
      }
    }
    return kept;
  });
}
