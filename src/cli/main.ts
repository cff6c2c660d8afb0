#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { registerActive } from './active';
import type { CliContext } from './context';
import { registerCoreSet } from './coreset';
import { registerCorrelate } from './correlate';
import { registerDoctor } from './doctor';
import { describeError, EXIT, signalExitCode } from './exit-codes';
import { registerExport } from './export';
import { registerQuickstart } from './quickstart';
import { registerReport } from './report';
import { registerScore } from './score';
import { registerSelect } from './select';
import { registerSweep } from './sweep';
import { registerTrain } from './train';
import { registerVerify } from './verify';

/**
 * One registration per command, in the order in which help lists them. A registration only declares: whatever takes
 * time to load is required inside the command's action, so that `svp --help` is quick.
 */
const COMMANDS: readonly ((program: Command, context: CliContext) => void)[] = [
  registerQuickstart,
  registerScore,
  registerSelect,
  registerVerify,
  registerTrain,
  registerExport,
  registerActive,
  registerCoreSet,
  registerSweep,
  registerCorrelate,
  registerReport,
  registerDoctor,
];

/** The program with all its commands, nothing run yet; also what a test reads to compare options with their documentation. */
export function createProgram(context: CliContext): Command {
  const { version } = require('../../package.json') as { version: string };
  const program = new Command('svp')
    .description('Selection via proxy: choose which examples are worth labelling or keeping.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(usageMessage(text)),
    })
    .addHelpText(
      'after',
      '\nData go to stdout, progress to stderr. Exit codes: 0 done, 1 internal error, 2 wrong usage, 3 bad input\n' +
        'data, 4 not enough resources, 75 stopped but resumable, 130 and 143 stopped by SIGINT and SIGTERM.',
    );
  for (const register of COMMANDS) register(program, context);
  return program;
}

/** Commander's "error: unknown option '--bugdet'\n(Did you mean --budget?)" as this command's one line. */
function usageMessage(text: string): string {
  const [, message] = /^(?:error: )?([\s\S]*)$/.exec(text.trim()) as RegExpExecArray;
  const oneLine = message.replace(/\s*\n\s*\(?(Did you mean [^)]*)\)?/, '. $1').replace(/\s*\n\s*/g, ' ');
  return `svp: error SVP_E_OPTION: ${oneLine}\n`;
}

/** Runs the command line and resolves to the exit code; everything that goes wrong is told on stderr, once. */
export async function run(
  argv: readonly string[],
  context: CliContext,
  stoppedBy: () => NodeJS.Signals | undefined,
) {
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version have been printed; so has the message of a usage error.
      return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    }
    const signal = stoppedBy();
    if (signal && context.signal.aborted && (error as { name?: string })?.name === 'AbortError') {
      context.stderr.write(`svp: stopped by ${signal}. ${context.stopHint ?? 'No output was written.'}\n`);
      return context.resumable ? EXIT.resumable : signalExitCode(signal);
    }
    const debug = argv.includes('--debug') || (context.env.SVP_DEBUG ?? '0') !== '0';
    const { text, exitCode } = describeError(error, debug);
    context.stderr.write(`${text}\n`);
    return exitCode;
  }
}

async function main(): Promise<void> {
  const controller = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stoppedBy) process.exit(signalExitCode(signal));
      stoppedBy = signal;
      controller.abort();
    });
  }
  // A reader such as `head` that has seen enough closes the pipe: nothing is wrong, and nothing more to do.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.internal);
    });
  }
  const { stdout, stderr, env } = process;
  const code = await run(
    process.argv.slice(2),
    { stdout, stderr, env, signal: controller.signal },
    () => stoppedBy,
  );
  // A failed or stopped command may leave threads or reads under way that would hold the process back.
  if (code === EXIT.done) process.exitCode = code;
  else stderr.write('', () => process.exit(code));
}

if (require.main === module) void main();
