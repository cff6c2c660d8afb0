// npm run bench -- CASE … [--peers] [--no-write] [--trials N] [--only TEXT], or the case's own options
//
// Runs bench/cases/CASE.mjs. Every trial is a fresh process, and the subjects take turns, so that a busy minute on the machine
// hits all of them. Writes bench/results/CASE.json and the case's table in docs/BENCHMARKS.md (with --peers; a run without them
// is for looking, not for the record).
//
// A case exports { title, unit, trials, groups: { id: title }, subjects, prepare(folder), verify(outputs), notes(outputs) }.
// Optional: record(output), what is kept of an output in bench/results. A subject with `limit: true` runs with --peers too, but
// is no rival: what the machine can do at most.
// A subject: { id, group, label, peer?: name of its requirements file, command({ folder, python }) → { command, args, env? } }; its
// process prints, as the last line of stdout, JSON with at least `milliseconds`: the timed repetitions.
// A case of another shape exports { title, options, run(values) } instead: its own options (as of parseArgs) and all of the
// work; --peers and --no-write mean the same there.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runSubjects } from './subjects.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const caseFile = (name) => path.join(here, 'cases', `${name}.mjs`);

/** Files of bench/cases with a default export; the others are parts of them. */
const cases = readdirSync(path.join(here, 'cases'))
  .filter((file) => /^export default /m.test(readFileSync(path.join(here, 'cases', file), 'utf8')))
  .map((file) => path.parse(file).name);

const COMMON = {
  peers: { type: 'boolean', default: false },
  'no-write': { type: 'boolean', default: false },
};
const OF_SUBJECTS = { trials: { type: 'string' }, only: { type: 'string' } };

function fail(message) {
  console.error(message);
  process.exit(2);
}

const USAGE =
  'Usage: npm run bench -- CASE … [--peers] [--no-write] [options of the case]\n' +
  `Cases: ${cases.join(', ')}; each file bench/cases/CASE.mjs says what it takes.`;

const named = process.argv.slice(2).filter((argument) => cases.includes(argument));
if (named.length === 0) fail(USAGE);
const chosen = new Map();
for (const name of named) chosen.set(name, (await import(caseFile(name))).default);

// The options of a case of its own shape are for it alone.
const options = { ...COMMON };
for (const benchCase of chosen.values()) {
  if (!benchCase.run) Object.assign(options, OF_SUBJECTS);
  else if (chosen.size === 1) Object.assign(options, benchCase.options);
}
let parsed;
try {
  parsed = parseArgs({ allowPositionals: true, options });
} catch (error) {
  fail(error.message);
}
const unknown = parsed.positionals.find((name) => !chosen.has(name));
if (unknown !== undefined) fail(`There is no case ${unknown}.\n${USAGE}`);
for (const [name, benchCase] of chosen) {
  try {
    if (benchCase.run) await benchCase.run(parsed.values);
    else await runSubjects(name, benchCase, parsed.values);
  } catch (error) {
    console.error(`${name}: ${error instanceof TypeError ? error.stack : error.message}`);
    process.exitCode = 2;
  }
}
