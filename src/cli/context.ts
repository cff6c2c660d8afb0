import type { OnProgress } from '../core/progress';

/** What the process gives a command. A test hands in its own streams. */
export interface CliContext {
  /** Data only. */
  readonly stdout: NodeJS.WriteStream;
  /** Progress, notes and errors. */
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Fires at the first SIGINT or SIGTERM; hand it to every long call. A second signal ends the process at once. */
  readonly signal: AbortSignal;
  /** Set by a command to say, in a sentence, what a stop by a signal leaves behind. */
  stopHint?: string;
  /** Set while the same command can go on from where it is, with --resume: a stop then exits with 75, not 130 or 143. */
  resumable?: boolean;
}

/** Options that every command has; added by `addCommonOptions`. */
export interface CommonOptions {
  json?: boolean;
  dryRun?: boolean;
  config?: string;
  quiet?: boolean;
  progress: 'auto' | 'plain' | 'none';
  force?: boolean;
  debug?: boolean;
}

/** Where a command reports what it is doing. */
export interface Display {
  readonly onProgress: OnProgress;
  /** One line on stderr that stays, unless --quiet. */
  note(text: string): void;
  /** Takes the live line away; call it before printing results. */
  finish(): void;
}
