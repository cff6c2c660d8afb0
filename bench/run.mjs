// npm run bench -- CASE [--peers] [--no-write] [--trials N] [--only TEXT], or the case's own options
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

const name = process.argv.slice(2).find((argument) => cases.includes(argument));
if (name === undefined) {
  fail(
    `Usage: npm run bench -- CASE [--peers] [--no-write] [options of the case]\nCases: ${cases.join(', ')}; ` +
      'each file bench/cases/CASE.mjs says what it takes.',
  );
}
const benchCase = (await import(caseFile(name))).default;
let parsed;
try {
  parsed = parseArgs({
    allowPositionals: true,
    options: { ...COMMON, ...(benchCase.run ? benchCase.options : OF_SUBJECTS) },
  });
} catch (error) {
  fail(error.message);
}
if (parsed.positionals.length !== 1) fail(`One case at a time: ${parsed.positionals.join(', ')}`);
try {
  if (benchCase.run) await benchCase.run(parsed.values);
  else await runSubjects(name, benchCase, parsed.values);
} catch (error) {
  console.error(error instanceof TypeError ? error.stack : error.message);
  process.exitCode = 2;
}
