// The order of the parts, what is said about them, and how it ends.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { addon } from './addon.mjs';
import { createContext } from './context.mjs';
import { dependencies } from './dependencies.mjs';
import { commonCause, EXIT_SETUP_FAILED, formatSetupError, SetupError } from './errors.mjs';
import { acquireLock } from './lock.mjs';
import { stopChildren } from './run.mjs';
import { readJson, writeJson } from './stamp.mjs';
import { training } from './tensorflow.mjs';
import { rememberDevice } from './tensorflow-gpu.mjs';
import { typescript } from './typescript.mjs';

const PARTS = [dependencies, addon, typescript, training];
const OPTIONS = ['--quiet', '--skip-training', '--require-training', '--check', '--json', '--cpu', '--gpu'];

const failureFile = (context, part) => join(context.state, `${part.part}.failed.json`);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Errors of the file system that no tool reported: the same messages as for the tools. */
function asSetupError(error, part, context) {
  if (error instanceof SetupError) return error;
  const o = { what: part.title, where: error.path ?? context.root, source: 'nothing' };
  return (error.code && commonCause(`${error.code} ${error.message}`, o)) || error;
}

/** How a part stands, with the last failure where there is one. Never throws for what --check should report. */
function stateOf(part, context) {
  try {
    const { state, detail } = part.check(context);
    if (state === 'ready') return { part: part.part, state, detail, fix: null };
    const failure = readJson(failureFile(context, part));
    if (failure) return { part: part.part, state: 'failed', detail: failure.problem, fix: failure.fix };
    return { part: part.part, state, detail, fix: 'Run `npm run setup`.' };
  } catch (thrown) {
    const error = asSetupError(thrown, part, context);
    return {
      part: part.part,
      state: 'failed',
      detail: error.message,
      fix: error.fix ?? 'Run `npm run setup`.',
    };
  }
}

function check(context, parts, json) {
  const states = parts.map((part) => stateOf(part, context));
  if (json) process.stdout.write(`${JSON.stringify(states, null, 2)}\n`);
  else {
    for (const { part, state, detail, fix } of states) {
      process.stdout.write(
        `${part.padEnd(12)}  ${state.padEnd(7)}  ${detail}${fix ? `\n${' '.repeat(23)}Fix: ${fix}` : ''}\n`,
      );
    }
  }
  return states.every(({ state }) => state === 'ready') ? 0 : 1;
}

/** Make what is not ready. @returns {Promise<SetupError | null>} the failure, with `unsupported` set where it may be lived with */
async function makeAll(context, parts) {
  const started = Date.now();
  let made = 0;
  let unsupported = null;
  for (const [index, part] of parts.entries()) {
    const label = `set-up  ${index + 1}/${parts.length} ${part.title}`;
    const since = Date.now();
    try {
      if (part.check(context).state === 'ready') continue;
      context.say(`${label} …`);
      rmSync(failureFile(context, part), { force: true });
      await part.make(context);
      const { state, detail } = part.check(context);
      if (state !== 'ready')
        throw new SetupError(
          `${part.title}: ${detail} after it was made.`,
          'Delete node_modules, build and dist, and run the same command again.',
        );
      context.say(`${label}: done in ${seconds(since)}`);
      made++;
    } catch (thrown) {
      const error = asSetupError(thrown, part, context);
      try {
        writeJson(failureFile(context, part), { problem: error.message, fix: error.fix ?? null });
      } catch {} // a full disk: the message itself still reaches the terminal
      if (!(error instanceof SetupError && error.unsupported && part === training)) throw error;
      unsupported = error;
    }
  }
  if (made === 0 && unsupported === null) context.say(`set-up  nothing to do (${seconds(started)})`);
  else context.say(`set-up  ready in ${seconds(started)}`);
  return unsupported;
}

/** @param {string[]} args @returns {Promise<number>} the exit code */
export async function main(args) {
  const unknown = args.find((arg) => !OPTIONS.includes(arg));
  if (unknown !== undefined || (args.includes('--json') && !args.includes('--check'))) {
    const what = unknown === undefined ? '--json goes with --check only' : `unknown option ${unknown}`;
    process.stderr.write(`svp set-up: ${what}.\n  Fix: the options are ${OPTIONS.join(', ')}.\n`);
    return 2;
  }
  const context = createContext({ quiet: args.includes('--quiet') });
  for (const device of ['cpu', 'gpu']) if (args.includes(`--${device}`)) rememberDevice(context, device);
  const parts = args.includes('--skip-training') ? PARTS.filter((part) => part !== training) : PARTS;
  if (args.includes('--check')) return check(context, parts, args.includes('--json'));

  let lock = null;
  let interrupted = false;
  const interrupt = (signal) => {
    if (interrupted) return;
    interrupted = true;
    process.stderr.write(
      '\nsvp set-up: interrupted. What is done stays; run the same command again to go on.\n',
    );
    stopChildren(signal);
    lock?.release();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, interrupt);
  try {
    lock = await acquireLock(join(context.state, 'lock'), context.say);
    context.childStarted = lock.child;
    const unsupported = await makeAll(context, parts);
    if (unsupported === null) return 0;
    process.stderr.write(`${formatSetupError(unsupported)}\n`);
    if (args.includes('--require-training')) return EXIT_SETUP_FAILED;
    process.stderr.write('  Everything but training is ready.\n');
    return 0;
  } catch (thrown) {
    const error = asSetupError(thrown, { title: 'the set-up' }, context);
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${formatSetupError(error)}\n`);
    return EXIT_SETUP_FAILED;
  } finally {
    lock?.release();
  }
}
