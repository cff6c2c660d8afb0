import { constants } from 'node:os';
import { isSvpError } from '../errors';

/** The command's exit codes (docs/reference/cli.md lists the same). Errors of the catalogue bring their own. */
export const EXIT = Object.freeze({
  done: 0,
  internal: 1,
  usage: 2,
  data: 3,
  resources: 4,
  /** Stopped by a signal, and the same command with --resume goes on (sysexits' EX_TEMPFAIL). */
  resumable: 75,
});

/** 130 for SIGINT, 143 for SIGTERM. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}

/** An error as one message for stderr, and the code to exit with. */
export function describeError(error: unknown, debug: boolean): { text: string; exitCode: number } {
  const stack = debug && error instanceof Error && error.stack ? `\n${stackOf(error)}` : '';
  if (isSvpError(error)) {
    return { text: `svp: error ${error.code}: ${error.message}${stack}`, exitCode: error.exitCode };
  }
  const message = error instanceof Error ? error.message : String(error);
  // What V8 and Node say when an array cannot be had.
  if (/allocation failed|out of memory|invalid (typed )?array (buffer )?length/i.test(message)) {
    return {
      text: `svp: error SVP_E_MEMORY: The work does not fit into memory (${message}).${stack}`,
      exitCode: EXIT.resources,
    };
  }
  return {
    text:
      `svp: error SVP_E_INTERNAL: ${message} This is a defect of selection-via-proxy: please report it, with the ` +
      `command and what it prints with --debug.${stack}`,
    exitCode: EXIT.internal,
  };
}

function stackOf(error: Error): string {
  const own = error.stack as string;
  return error.cause instanceof Error && error.cause.stack ? `${own}\ncaused by: ${error.cause.stack}` : own;
}
