// npm run bench -- k-centers [--peers] [--case NAME]… [--only SUBJECT]… [--runs N] [--quick] [--fresh] [--plan] [--no-write]
//
// Exact greedy k-centers: ours, its rivals, the product kernel, growth. Finished trials are kept
// (bench/results/k-centers.partial.json), so that the bench can be stopped at any time and goes on where it was.
// --case: trained-70k, trained-1281k, ranking-70k, noise-70k, product, growth; default all. --only: oracle, svp-2, svp-1 and
// the rivals' names in k-centers-plan.mjs; default all. --runs: trials of each subject, default 3 (the longest have 1
// always). --quick: everything on small inputs, for looking. --fresh: forgets what is kept.
// --plan: says what there is to do and does nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInput, findInput } from '../inputs/features.mjs';
import { machineName } from '../machine.mjs';
import { peerPython } from '../python.mjs';
import { replaceSection } from '../table.mjs';
import { growthSvg } from './k-centers-chart.mjs';
import { caseFigures, growthFigures, productFigures } from './k-centers-figures.mjs';
import { CASE_NAMES, CASES, caseOf, growthPoints, RIVALS, THREADS } from './k-centers-plan.mjs';
import { formatSeconds, section } from './k-centers-section.mjs';
import { TrialStore } from './k-centers-store.mjs';
import { Trials } from './k-centers-trials.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const CHART = 'benchmarks/k-centers-growth.svg';
/** Making features: rows a second, and the training before. */
const ROWS_A_SECOND = 5000;
const TRAINING_SECONDS = 90;

/** The part of the bench that a name stands for: its trials, made anew once its inputs are there, and its inputs. */
function part(name, trials, settings) {
  if (name === 'product') return { name, inputs: [], trials: () => trials.ofProduct(settings) };
  if (name === 'growth') {
    const inputs = growthPoints(settings.quick).map(({ input }) => input);
    return { name, inputs, trials: () => trials.ofGrowth(settings) };
  }
  const spec = caseOf(name, settings.quick);
  return { name, spec, inputs: [spec.input], trials: () => trials.ofCase(spec, settings) };
}

function printPlan(parts, trials, wanted) {
  let total = 0;
  const missing = new Map();
  for (const { inputs } of parts) {
    for (const input of inputs) if (!findInput(input)) missing.set(JSON.stringify(input), input);
  }
  console.error('Plan (times are estimates for two cores):');
  for (const { kind, rows, columns } of missing.values()) {
    const seconds = kind === 'noise' ? 10 : TRAINING_SECONDS + rows / ROWS_A_SECOND;
    total += seconds;
    console.error(`  make ${rows} × ${columns} ${kind} features: ${formatSeconds(seconds)}`);
  }
  for (const { name, trials: list } of parts) {
    const all = list().filter(wanted);
    const open = all.filter((trial) => trials.outputOf(trial) === undefined);
    const seconds = open.reduce((sum, trial) => sum + trial.seconds, 0);
    total += seconds;
    console.error(`  ${name}: ${open.length} of ${all.length} trials to run, ${formatSeconds(seconds)}`);
    for (const { what, seconds: own } of open)
      if (own >= 60) console.error(`    ${what}: ${formatSeconds(own)}`);
  }
  console.error(`  together ${(total / 60).toFixed(1)} min`);
}

/** Load beyond this bench's own threads: figures of a busy machine are worth little. */
function busy() {
  const load = loadavg()[0];
  return load > THREADS + 1 ? `, load ${load.toFixed(1)}: the machine is busy` : '';
}

function runPart({ spec, inputs, trials: list }, trials, wanted) {
  for (const input of inputs) ensureInput(input);
  const all = list();
  for (const [i, trial] of all.entries()) {
    if (!wanted(trial)) continue;
    let output = trials.outputOf(trial);
    const kept = output !== undefined;
    output ??= trials.run(trial, spec && ((answer) => trials.compare(spec, all, trial, answer)));
    const time =
      output.seconds === undefined ? '' : `${formatSeconds(output.seconds)} for ${output.picks} picks`;
    console.error(`${i + 1} of ${all.length}  ${trial.what.padEnd(40)} ${time}${kept ? ' (kept)' : busy()}`);
  }
}

/** Every finished trial, grouped by subject. */
function finished(spec, all, trials) {
  const subjects = new Map();
  for (const trial of all) {
    const output = trials.outputOf(trial);
    if (output === undefined || trial.subject.id === 'oracle') continue;
    const agreement = trials.compare(spec, all, trial, trials.answerOf(trial));
    const entry = subjects.get(trial.subject.id) ?? { subject: trial.subject, outputs: [], agreement };
    entry.outputs.push(output);
    subjects.set(trial.subject.id, entry);
  }
  return [...subjects.values()];
}

/** All that is measured by now, also by earlier runs. */
function collect(trials, settings) {
  const record = {
    case: 'k-centers',
    quick: settings.quick,
    measuredAt: new Date().toISOString(),
    machine: machineName(),
    cases: [],
  };
  for (const name of Object.keys(CASES)) {
    const { spec, trials: list } = part(name, trials, settings);
    const all = list();
    const done = finished(spec, all, trials);
    if (done.length === 0) continue;
    const checked = all.some(
      (trial) => trial.subject.id === 'oracle' && trials.outputOf(trial) !== undefined,
    );
    record.cases.push({ ...caseFigures(spec, done, checked), sha256: findInput(spec.input).sha256 });
  }
  const outputs = (name) =>
    part(name, trials, settings)
      .trials()
      .map((trial) => ({ ...trial.point, output: trials.outputOf(trial) }))
      .filter(({ output }) => output !== undefined);
  const product = settings.peers ? outputs('product') : [];
  if (product.length > 0) record.product = productFigures(product.map(({ output }) => output));
  record.growth = growthFigures(outputs('growth'));
  const versions = record.cases.flatMap(({ subjects }) =>
    subjects.filter(({ version }) => version).map(({ id, version }) => `${id.split('-')[0]} ${version}`),
  );
  record.versions = [...new Set(versions)];
  return record;
}

async function run(values) {
  const quick = values.quick;
  const runs = values.runs === undefined ? (quick ? 1 : 3) : Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new Error(`--runs ${values.runs}: a whole number of at least 1.`);
  const settings = { peers: values.peers, quick, runs };
  const names = values.case ?? CASE_NAMES.filter((name) => values.peers || name !== 'product');
  for (const name of names) {
    if (!CASE_NAMES.includes(name)) throw new Error(`There is no case ${name}: ${CASE_NAMES.join(', ')}.`);
    if (name === 'product' && !values.peers)
      throw new Error('The case product compares with OpenBLAS: give --peers.');
  }
  const environments = new Set(Object.values(RIVALS).flatMap(({ peer }) => (peer ? [peer] : [])));
  const pythons = values.peers
    ? Object.fromEntries([...environments].map((name) => [name, peerPython(name)]))
    : {};

  const results = path.join(root, 'bench/results');
  const partial = path.join(results, `k-centers${quick ? '.quick' : ''}.partial.json`);
  const trials = new Trials(new TrialStore(partial, { fresh: values.fresh }), pythons);
  const parts = names.map((name) => part(name, trials, settings));
  const wanted = ({ subject }) => values.only === undefined || !subject || values.only.includes(subject.id);
  printPlan(parts, trials, wanted);
  if (values.plan) return;
  for (const each of parts) runPart(each, trials, wanted);

  const record = collect(trials, settings);
  const drawn = record.growth.length > 0;
  const text = section(record, drawn ? CHART : undefined);
  console.log(text);
  const svg = drawn ? await growthSvg(record.growth) : undefined;
  if (!values.peers || quick || values['no-write']) return;
  mkdirSync(results, { recursive: true });
  writeFileSync(path.join(results, 'k-centers.json'), `${JSON.stringify(record, null, 1)}\n`);
  if (svg !== undefined) {
    mkdirSync(path.dirname(path.join(root, 'docs', CHART)), { recursive: true });
    writeFileSync(path.join(root, 'docs', CHART), svg);
  }
  replaceSection(path.join(root, 'docs/BENCHMARKS.md'), 'k-centers', text);
}

export default {
  title: 'Greedy k-centers',
  options: {
    case: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    plan: { type: 'boolean', default: false },
  },
  run,
};
