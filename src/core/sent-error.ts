import { ERROR_CODES, type ErrorCode, isSvpError, SvpError } from '../errors';

/** An error as plain fields, for its way between threads and processes: structured clone would drop the code. */
export interface SentError {
  code: ErrorCode;
  message: string;
  stack?: string;
  file?: string;
  row?: number;
  column?: number;
  option?: string;
}

/** What to send of an error; what is no SvpError becomes SVP_E_INTERNAL. */
export function sendableError(error: unknown): SentError {
  if (isSvpError(error)) {
    const { code, message, stack, file, row, column, option } = error;
    return { code, message, stack, file, row, column, option };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: 'SVP_E_INTERNAL', message, stack };
}

/** The error again, with the stack of where it happened. */
export function receivedError(sent: SentError): SvpError {
  const code = sent.code in ERROR_CODES ? sent.code : 'SVP_E_INTERNAL';
  const error = new SvpError(code, sent.message, {
    file: sent.file,
    row: sent.row,
    column: sent.column,
    option: sent.option,
  });
  // Where it happened matters more than where it was received.
  if (sent.stack) error.stack = sent.stack;
  return error;
}
