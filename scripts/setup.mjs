// The one set-up: `node scripts/setup.mjs [--quiet] [--skip-training | --require-training] [--check [--json]]`.
//
// Four parts in order: npm packages, native addon, TypeScript, TensorFlow runtime. Each compares a stamp with its inputs
// first, so that a second run has nothing to do; each is made beside its place and renamed into it, so that a run that is
// interrupted leaves nothing that the next one would trust.
//
// --skip-training     leaves the TensorFlow runtime out
// --require-training  fails where training cannot be had at all (no wheel for this machine, no pip); without it that is
//                     said and the exit code is 0
// --check             says how each part stands and does nothing: exit code 0 when all are ready, else 1
// --json              with --check: on stdout, an array of
//                     { part: 'dependencies' | 'addon' | 'typescript' | 'training',
//                       state: 'ready' | 'missing' | 'stale' | 'failed', detail: string, fix: string | null }
//                     'failed': this machine cannot have the part, or the last attempt failed, and detail says why
//
// Exit codes: 0 done; 1 --check found something to do; 2 unknown option; 4 something is missing, with one message that
// names it and the fix; 130 interrupted.

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  process.stderr.write(
    `svp set-up: Node ${process.versions.node} is too old.\n  Fix: install Node 20.17 or newer (https://nodejs.org) and run the same command again.\n`,
  );
  process.exit(4);
}

// Loaded only now: older versions of Node would fail on them with a syntax error instead of the message above.
const { main } = await import('./setup/main.mjs');
process.exitCode = await main(process.argv.slice(2));
