import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, isSvpError, SvpError } from '../../src/errors';

test('docs/reference/errors.md lists the catalogue as it is', () => {
  const page = readFileSync(join(__dirname, '../../docs/reference/errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(SVP_E_[A-Z]+)` \| (\d+) \| (.*) \|$/gm)];
  expect(rows.map(([, code, exitCode, means]) => [code, { exitCode: Number(exitCode), means }])).toEqual(
    Object.entries(ERROR_CODES),
  );
});

describe('SvpError', () => {
  test('carries code, exit code and what the message speaks of', () => {
    const cause = new Error('ENOENT');
    const error = new SvpError('SVP_E_FILE', 'It is gone.', {
      file: 'a.npy',
      row: 1,
      column: 2,
      option: 'x',
      cause,
    });
    expect(error).toMatchObject({
      code: 'SVP_E_FILE',
      exitCode: 3,
      file: 'a.npy',
      row: 1,
      column: 2,
      option: 'x',
      cause,
    });
    expect(error.name).toBe('SvpError');
    expect(new SvpError('SVP_E_FILE', 'It is gone.').row).toBeUndefined();
  });

  test('an abort has the name that signal users test for', () => {
    expect(new SvpError('SVP_E_ABORT', 'Stopped.').name).toBe('AbortError');
  });

  test('isSvpError knows one of another realm by its code', () => {
    expect(isSvpError(new SvpError('SVP_E_SHAPE', ''))).toBe(true);
    expect(isSvpError(Object.assign(new Error('x'), { code: 'SVP_E_SHAPE' }))).toBe(true);
    expect(isSvpError(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe(false);
    expect(isSvpError(undefined)).toBe(false);
  });

  test('the catalogue cannot be changed', () => {
    expect(Object.isFrozen(ERROR_CODES)).toBe(true);
  });
});
