// npm run bench -- CASE [--peers] [--trials N] [--only TEXT] [--no-write]
//
// Runs bench/cases/CASE.mjs. Every trial is a fresh process, and the subjects take turns, so that a busy minute on the machine
// hits all of them. Writes bench/results/CASE.json and the case's table in docs/BENCHMARKS.md (with --peers; a run without them
// is for looking, not for the record).
//
// A case exports { title, unit, trials, groups: { id: title }, subjects, prepare(folder), verify(outputs), notes(outputs) }.
// A subject: { id, group, label, peer?: name of its requirements file, command({ folder, python }) → { command, args, env? } }; its
// process prints, as the last line of stdout, JSON with at least `milliseconds`: the timed repetitions.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peerPython } from './python.mjs';
import { markdownTable, median, replaceSection } from './table.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const cases = readdirSync(path.join(here, 'cases')).filter((file) => existsSync(caseFile(file)));

function caseFile(name) {
  return path.join(here, 'cases', name.endsWith('.mjs') ? name : `${name}.mjs`);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        peers: { type: 'boolean', default: false },
        trials: { type: 'string' },
        only: { type: 'string' },
        'no-write': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

/** One trial: a fresh process, its last line of stdout as JSON. */
function trial(subject, context) {
  const { command, args, env } = subject.command(context);
  const { status, signal, stdout, stderr, error } = spawnSync(command, args.map(String), {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  if (error || status !== 0) {
    throw new Error(
      `${subject.id} failed (${error?.message ?? signal ?? `exit code ${status}`}):\n${stderr}`,
    );
  }
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}

const { values, positionals } = options();
if (positionals.length !== 1 || !existsSync(caseFile(positionals[0]))) {
  const known = [];
  for (const file of cases)
    if ((await import(caseFile(file))).default?.subjects) known.push(path.parse(file).name);
  fail(
    `Usage: npm run bench -- CASE [--peers] [--trials N] [--only TEXT] [--no-write]\nCases: ${known.join(', ')}`,
  );
}
const name = positionals[0];
const benchCase = (await import(caseFile(name))).default;
if (!benchCase?.subjects) fail(`bench/cases/${name}.mjs is a part of a case, not a case.`);
const trials = values.trials === undefined ? benchCase.trials : Number(values.trials);
if (!Number.isSafeInteger(trials) || trials < 1)
  fail(`--trials ${values.trials}: a whole number of at least 1.`);
const subjects = benchCase.subjects.filter(
  ({ id, peer }) => (values.peers || !peer) && (values.only === undefined || id.includes(values.only)),
);
if (subjects.length === 0) fail(`Nothing of the case ${name} matches --only ${values.only}.`);

const pythons = new Map();
for (const { peer } of subjects) if (peer && !pythons.has(peer)) pythons.set(peer, peerPython(peer));

const folder = mkdtempSync(path.join(os.tmpdir(), `svp-bench-${name}-`));
const rounds = [];
try {
  await benchCase.prepare?.(folder);
  for (let round = 0; round < trials; round++) {
    const outputs = [];
    for (const subject of subjects) {
      const output = trial(subject, { folder, python: pythons.get(subject.peer) });
      outputs.push({ subject, output });
      const time = median(output.milliseconds).toFixed(1);
      console.error(`round ${round + 1} of ${trials}  ${subject.id.padEnd(36)} ${time} ms`);
    }
    benchCase.verify?.(outputs);
    rounds.push(outputs);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const rows = subjects.map((subject, i) => {
  const medians = rounds.map((round) => median(round[i].output.milliseconds));
  return { ...subject, medians, time: median(medians), best: Math.min(...medians) };
});
for (const row of rows) {
  const rivals = rows.filter(({ group, peer }) => group === row.group && peer);
  if (row.peer || rivals.length === 0) continue;
  const fastest = rivals.reduce((a, b) => (b.time < a.time ? b : a));
  row.ratio = row.time / fastest.time;
  row.fastestPeer = fastest.id;
}

const table = Object.entries(benchCase.groups)
  .map(([group, title]) => {
    const members = rows.filter((row) => row.group === group);
    if (members.length === 0) return '';
    const ours = members.find(({ peer }) => !peer);
    const lines = members.map(({ label, time, best, peer }) => [
      label,
      time.toFixed(1),
      best.toFixed(1),
      ours && peer ? `${(ours.time / time).toFixed(2)} ×` : '',
    ]);
    const columns = ['', `median, ${benchCase.unit}`, `best trial, ${benchCase.unit}`, 'ours takes'];
    return `**${title}**\n\n${markdownTable(columns, lines)}`;
  })
  .filter(Boolean)
  .join('\n\n');
const processor = os.cpus()[0]?.model ?? 'unknown processor';
const machine = `${os.cpus().length} × ${processor}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`;
const notes = [
  ...(benchCase.notes?.(rounds.flat()) ?? []),
  `Median over ${trials} trials that take turns. Machine: ${machine}. Measured ${new Date().toISOString().slice(0, 10)} by \`npm run bench -- ${name} --peers\`.`,
];
console.log(`${benchCase.title}\n\n${table}\n\n${notes.join('\n')}`);

if (values.peers && values.only === undefined && !values['no-write']) {
  const results = path.join(here, 'results');
  mkdirSync(results, { recursive: true });
  const record = {
    case: name,
    measuredAt: new Date().toISOString(),
    machine,
    trials,
    subjects: rows.map(({ id, label, time, best, medians, ratio, fastestPeer }) => ({
      id,
      label,
      median: time,
      best,
      medians,
      ratio,
      fastestPeer,
    })),
    outputs: rounds.map((round) =>
      Object.fromEntries(round.map(({ subject, output }) => [subject.id, output])),
    ),
  };
  writeFileSync(path.join(results, `${name}.json`), `${JSON.stringify(record, null, 1)}\n`);
  const section = `## ${benchCase.title}\n\n${table}\n\n${notes.join('\n\n')}`;
  replaceSection(path.join(here, '..', 'docs', 'BENCHMARKS.md'), name, section);
}
