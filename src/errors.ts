/**
 * SvpError and the frozen catalogue of its codes. A code is part of the public contract: it never changes meaning.
 * `exitCode` is what the command line exits with (docs/reference/errors.md lists the same table; a test compares them).
 */
export const ERROR_CODES = Object.freeze({
  SVP_E_OPTION: { exitCode: 2, means: 'an option is unknown, missing, or has an impossible value' },
  SVP_E_BUDGET: { exitCode: 2, means: 'the budget is negative or more than can be picked' },
  SVP_E_INDEX: { exitCode: 2, means: 'an index is duplicated or outside the pool' },
  SVP_E_SHAPE: { exitCode: 3, means: 'an array has the wrong shape, length or element type' },
  SVP_E_NONFINITE: { exitCode: 3, means: 'the data hold a value that is not finite where one is needed' },
  SVP_E_FORMAT: { exitCode: 3, means: 'a file is damaged or is not in the format its name says' },
  SVP_E_FILE: { exitCode: 3, means: 'an input file is missing or cannot be read' },
  SVP_E_EXISTS: { exitCode: 2, means: 'the output exists already and --force was not given' },
  SVP_E_WRITE: { exitCode: 4, means: 'an output could not be written (read-only folder, full disk)' },
  SVP_E_MEMORY: { exitCode: 4, means: 'the work does not fit into memory' },
  SVP_E_DEVICE: { exitCode: 4, means: 'the wanted device or instruction set cannot be used' },
  SVP_E_CHECKPOINT: { exitCode: 3, means: 'a checkpoint is damaged or belongs to other data or options' },
  SVP_E_MISMATCH: { exitCode: 3, means: 'a selection is not what its method gives for these features' },
  SVP_E_RUNTIME: {
    exitCode: 4,
    means: 'a part of the installation is missing or does not load (see svp doctor)',
  },
  SVP_E_LABELS: { exitCode: 75, means: 'labels are awaited: fill them in and go on with --resume' },
  SVP_E_ABORT: { exitCode: 130, means: 'the work was cancelled by its caller' },
  SVP_E_INTERNAL: { exitCode: 1, means: 'a defect of this package; please report it' },
} as const);

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** The file that the message speaks of. */
  file?: string;
  /** Zero-based row and column in the data. */
  row?: number;
  column?: number;
  /** The option that the message speaks of, as its caller spelled it. */
  option?: string;
  cause?: unknown;
}

/** The one error type of this package: a stable `code`, and a message that says what, where and what to do. */
export class SvpError extends Error {
  readonly code: ErrorCode;
  readonly file?: string;
  readonly row?: number;
  readonly column?: number;
  readonly option?: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    // An abort keeps the name that `AbortSignal` users test for.
    this.name = code === 'SVP_E_ABORT' ? 'AbortError' : 'SvpError';
    this.code = code;
    if (details.file !== undefined) this.file = details.file;
    if (details.row !== undefined) this.row = details.row;
    if (details.column !== undefined) this.column = details.column;
    if (details.option !== undefined) this.option = details.option;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }
}

/** True for an SvpError, also one that was made in another realm or a worker. */
export function isSvpError(error: unknown): error is SvpError {
  return (
    error instanceof Error &&
    typeof (error as SvpError).code === 'string' &&
    (error as SvpError).code in ERROR_CODES
  );
}
