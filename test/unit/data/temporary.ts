import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** A folder of the test file's own, removed when its tests are done. Call once, at the top. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'svp-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The SvpError that a promise is rejected with; fails the test when it is not. */
export async function failure(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; file?: string; row?: number; column?: number }> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    expect(error).toHaveProperty('code', expect.stringMatching(/^SVP_E_/));
    return error as never;
  }
  throw new Error(`expected a failure, got ${String(value)}`);
}
