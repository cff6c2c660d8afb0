// Runs a case made of subjects: what takes turns, how it is compared, where the results go (see run.mjs).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineName } from './machine.mjs';
import { peerPython } from './python.mjs';
import { markdownTable, median, replaceSection } from './table.mjs';
import { runTrial } from './trial.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Two digits, also of a small ratio. */
const takes = (ratio) => (ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2));

/** @param values the options of run.mjs */
export async function runSubjects(name, benchCase, values) {
  const trials = values.trials === undefined ? benchCase.trials : Number(values.trials);
  if (!Number.isSafeInteger(trials) || trials < 1)
    throw new Error(`--trials ${values.trials}: a whole number of at least 1.`);
  const subjects = benchCase.subjects.filter(
    ({ id, peer, limit }) =>
      (values.peers || !(peer || limit)) && (values.only === undefined || id.includes(values.only)),
  );
  if (subjects.length === 0) throw new Error(`Nothing of the case ${name} matches --only ${values.only}.`);

  const pythons = new Map();
  for (const { peer } of subjects) if (peer && !pythons.has(peer)) pythons.set(peer, peerPython(peer));

  const folder = mkdtempSync(path.join(os.tmpdir(), `svp-bench-${name}-`));
  const rounds = [];
  try {
    await benchCase.prepare?.(folder);
    for (let round = 0; round < trials; round++) {
      const outputs = [];
      for (const subject of subjects) {
        const output = runTrial(subject.id, subject.command({ folder, python: pythons.get(subject.peer) }));
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
    if (row.peer || row.limit || rivals.length === 0) continue;
    const fastest = rivals.reduce((a, b) => (b.time < a.time ? b : a));
    row.ratio = row.time / fastest.time;
    row.fastestPeer = fastest.id;
  }

  const table = Object.entries(benchCase.groups)
    .map(([group, title]) => {
      const members = rows.filter((row) => row.group === group);
      if (members.length === 0) return '';
      const ours = members.find(({ peer, limit }) => !peer && !limit);
      const lines = members.map(({ label, time, best, peer, limit }) => [
        label,
        time.toFixed(1),
        best.toFixed(1),
        ours && (peer || limit) ? `${takes(ours.time / time)} ×` : '',
      ]);
      const columns = ['', `median, ${benchCase.unit}`, `best trial, ${benchCase.unit}`, 'ours takes'];
      return `**${title}**\n\n${markdownTable(columns, lines)}`;
    })
    .filter(Boolean)
    .join('\n\n');
  const machine = machineName();
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
        Object.fromEntries(
          round.map(({ subject, output }) => [subject.id, benchCase.record?.(output) ?? output]),
        ),
      ),
    };
    writeFileSync(path.join(results, `${name}.json`), `${JSON.stringify(record, null, 1)}\n`);
    const section = `## ${benchCase.title}\n\n${table}\n\n${notes.join('\n\n')}`;
    replaceSection(path.join(here, '..', 'docs', 'BENCHMARKS.md'), name, section);
  }
}
