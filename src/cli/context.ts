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
  /**
   * Set by a command to say what a stop by a signal leaves behind. While the same command can go on from there with
   * --resume it is `resumable`, and a stop exits with 75 in place of 130 or 143.
   */
  onStop?: { note: string; resumable: boolean };
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
