import { describeError, EXIT, signalExitCode } from '../../../src/cli/exit-codes';
import { ERROR_CODES, type ErrorCode, SvpError } from '../../../src/errors';

describe('describeError', () => {
  test.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s: one line, its own exit code', (code) => {
    const { text, exitCode } = describeError(new SvpError(code, 'What, where, what to do.'), false);
    expect(text).toBe(`svp: error ${code}: What, where, what to do.`);
    expect(exitCode).toBe(ERROR_CODES[code].exitCode);
  });

  test('a defect asks to be reported, and exits with 1', () => {
    const { text, exitCode } = describeError(new TypeError('x is not a function'), false);
    expect(text).toMatch(/^svp: error SVP_E_INTERNAL: x is not a function .*please report it/);
    expect(exitCode).toBe(EXIT.internal);
  });

  test.each(['Array buffer allocation failed', 'Invalid typed array length: 9007199254740991'])(
    '"%s" is a lack of memory',
    (message) => {
      expect(describeError(new RangeError(message), false)).toMatchObject({ exitCode: EXIT.resources });
    },
  );

  test('the stack, and its cause, are for --debug', () => {
    const error = new SvpError('SVP_E_FILE', 'It is gone.', { cause: new Error('ENOENT') });
    expect(describeError(error, false).text).not.toContain('\n');
    const { text } = describeError(error, true);
    expect(text).toContain('exit-codes.test');
    expect(text).toContain('caused by: Error: ENOENT');
  });

  test('what is thrown need not be an Error', () => {
    expect(describeError('text', true).text).toContain('text');
  });
});

test('signals exit as a shell expects', () => {
  expect([signalExitCode('SIGINT'), signalExitCode('SIGTERM')]).toEqual([130, 143]);
});
