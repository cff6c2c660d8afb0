// The trials of the k-centers bench: what each starts, by which key its result is found again, what it must answer.
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceHash } from '../compile.mjs';
import { benchCache, findInput, inputFile } from '../inputs/features.mjs';
import { readRows } from '../inputs/matrix-file.mjs';
import { machineName } from '../machine.mjs';
import { runTrial } from '../trial.mjs';
import { comparePicks, parseAnswer, requireAgreement, requireSameBits } from './k-centers-answers.mjs';
import { growthPoints, subjectsOf, THREADS } from './k-centers-plan.mjs';
import { PROGRAMS } from './k-centers-programs.mjs';
import { keyOf } from './k-centers-store.mjs';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const LIMITED = { OMP_NUM_THREADS: THREADS, OPENBLAS_NUM_THREADS: THREADS, MKL_NUM_THREADS: THREADS };
const PRODUCT_REPETITIONS = 21;

export class Trials {
  /**
   * @param store a TrialStore
   * @param pythons requirements' name → python, or empty without rivals
   */
  constructor(store, pythons) {
    this.store = store;
    this.pythons = pythons;
    this.hashes = new Map();
    this.agreements = new Map();
  }

  program(name) {
    if (!this.hashes.has(name)) this.hashes.set(name, PROGRAMS[name](this.pythons['k-centers']));
    return this.hashes.get(name);
  }

  /** What a result of ours depends on besides its input: the addon and the two files that run it. */
  ourCode() {
    if (!this.hashes.has('ours')) {
      const { addonStatus } = require('../../dist/native/load.js');
      const { loaded, path: addon, reason } = addonStatus();
      if (!loaded) throw new Error(reason);
      const files = ['bench/cases/k-centers-select.mjs', 'dist/native/k-center-greedy.js'];
      this.hashes.set('ours', sourceHash(files, keyOf(readFileSync(addon).toString('base64'))));
    }
    return this.hashes.get('ours');
  }

  /** { command, args, env, code } of a subject on a file of features. */
  startOf(subject, features, answer) {
    const { id, kind, picks, warm, threads, block } = subject;
    if (kind === 'ours') {
      const args = [
        path.join(here, 'k-centers-select.mjs'),
        JSON.stringify({ features, picks, threads, answer }),
      ];
      return { command: process.execPath, args, code: this.ourCode() };
    }
    if (kind === 'program') {
      const { file, hash } = this.program(`k-centers-${id}`);
      const args = id === 'prototype' ? [features, picks, block, answer] : [features, picks, threads, answer];
      return { command: file, args, env: LIMITED, code: hash };
    }
    const script = path.join(here, '../peers/k-centers.py');
    return {
      command: this.pythons[subject.peer],
      args: [script, id, features, warm, picks, threads, answer],
      env: LIMITED,
      code: sourceHash([`bench/peers/${subject.peer}.requirements.txt`, 'bench/peers/k-centers.py']),
    };
  }

  /** Trials of a case in turn order: { what, subject, run, seconds, key?, answer?, … }; without a key where the input is missing. */
  ofCase(spec, settings) {
    const found = findInput(spec.input);
    const subjects = subjectsOf(spec, settings);
    const oracle = {
      id: 'oracle',
      kind: 'program',
      picks: spec.oracle,
      threads: THREADS,
      runs: 1,
      seconds: spec.seconds.oracle ?? 1,
    };
    const trials = [];
    for (let run = 1; run <= settings.runs; run++) {
      for (const subject of run === 1 ? [oracle, ...subjects] : subjects) {
        if (run > subject.runs) continue;
        const { picks, warm = 0 } = subject;
        const trial = {
          what: `${spec.name} ${subject.id}, run ${run}`,
          subject,
          run,
          seconds: subject.seconds,
        };
        if (found) {
          const { args: _, command: _command, env: _env, code } = this.startOf(subject, '', '');
          const about = [spec.name, subject.id, run, picks, warm, subject.threads, subject.block];
          trial.key = keyOf([...about, found.sha256, code, machineName()]);
          trial.answer = path.join(benchCache(), 'answers', `${trial.key}.picks`);
          trial.answerPicks = subject.kind === 'python' ? 1 + warm + picks : picks;
          trial.start = () => this.startOf(subject, inputFile(spec.input), `${trial.answer}.part`);
        }
        trials.push(trial);
      }
    }
    return trials;
  }

  ofProduct({ runs }) {
    const { file, hash } = this.program('k-centers-product');
    return Array.from({ length: runs }, (_, i) => ({
      what: `product, run ${i + 1}`,
      seconds: 3,
      key: keyOf(['product', i + 1, PRODUCT_REPETITIONS, hash, machineName()]),
      start: () => ({ command: file, args: [PRODUCT_REPETITIONS], env: { OPENBLAS_NUM_THREADS: 1 } }),
    }));
  }

  ofGrowth({ quick }) {
    return growthPoints(quick).map((point) => {
      const { axis, at, input, rows, columns, picks, seconds } = point;
      const trial = { what: `growth with ${axis}, ${at}`, point, seconds };
      const found = findInput(input);
      if (found) {
        trial.key = keyOf([
          'growth',
          rows,
          columns,
          picks,
          THREADS,
          found.sha256,
          this.ourCode(),
          machineName(),
        ]);
        const options = { features: inputFile(input), picks, threads: THREADS, rows, columns };
        trial.start = () => ({
          command: process.execPath,
          args: [path.join(here, 'k-centers-select.mjs'), JSON.stringify(options)],
        });
      }
      return trial;
    });
  }

  /** The kept output of a trial, or undefined. */
  outputOf({ key, answer }) {
    const kept = key === undefined ? undefined : this.store.find(key);
    return kept && (answer === undefined || existsSync(answer)) ? kept.output : undefined;
  }

  /** Runs a trial, checks its answer with `check`, and only then keeps its figures. */
  run(trial, check) {
    if (trial.answer) mkdirSync(path.dirname(trial.answer), { recursive: true });
    const output = runTrial(trial.what, trial.start());
    if (trial.answer) {
      check?.(parseAnswer(readFileSync(`${trial.answer}.part`), trial.answerPicks));
      renameSync(`${trial.answer}.part`, trial.answer);
    }
    const at = new Date().toISOString();
    this.store.put(trial.key, { what: trial.what, at, load: loadavg()[0], output });
    return output;
  }

  answerOf(trial) {
    return parseAnswer(readFileSync(trial.answer), trial.answerPicks);
  }

  /** Throws unless `answer` fits what the case's trials answered so far; how a rival's picks compare with ours. */
  compare(spec, trials, trial, answer) {
    const { subject } = trial;
    const of = (id) => trials.find((other) => other.subject.id === id && this.outputOf(other) !== undefined);
    if (subject.id === 'oracle') return undefined;
    if (subject.kind === 'ours') {
      const oracle = of('oracle');
      if (oracle) requireSameBits(answer, this.answerOf(oracle), trial.what);
      const first = of(`svp-${THREADS}`);
      if (first && first !== trial)
        requireSameBits(answer, this.answerOf(first), `${trial.what} against ${first.what}`);
      return undefined;
    }
    const ours = of(`svp-${THREADS}`);
    if (!ours) return undefined;
    // Thousands of rows are read for it, and it is asked for again for every record that is written.
    const pair = `${ours.key} ${trial.key}`;
    const known = this.agreements.get(pair);
    if (known) return known;
    const { columns } = spec.input;
    const row = (index) => readRows(inputFile(spec.input), index, 1, columns);
    const agreement = comparePicks(this.answerOf(ours), answer, row);
    requireAgreement(agreement, trial.what);
    this.agreements.set(pair, agreement);
    return agreement;
  }
}
