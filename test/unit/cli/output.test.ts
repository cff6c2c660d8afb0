import { promises as fs, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareOutput, toJson, writeOutput } from '../../../src/cli/output';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svp-output-'));
});
afterEach(() => fs.rm(folder, { recursive: true }));

describe('prepareOutput', () => {
  test('a new name in a folder that takes files is fine, and leaves nothing behind', async () => {
    const file = join(folder, 'a.index');
    expect(await prepareOutput(file, {})).toBe(file);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an existing file needs --force', async () => {
    const file = join(folder, 'a.index');
    writeFileSync(file, 'old');
    await expect(prepareOutput(file, {})).rejects.toMatchObject({
      code: 'SVP_E_EXISTS',
      message: expect.stringContaining('--force'),
    });
    expect(await prepareOutput(file, { force: true })).toBe(await fs.realpath(file));
    expect(readFileSync(file, 'utf8')).toBe('old');
  });

  test('a missing folder, a file in place of a folder, and a folder of that name are told apart', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(prepareOutput(join(folder, 'none', 'a'), {})).rejects.toMatchObject({
      code: 'SVP_E_WRITE',
      message: expect.stringContaining('does not exist: create it first'),
    });
    await expect(prepareOutput(join(folder, 'file', 'a'), {})).rejects.toMatchObject({ code: 'SVP_E_WRITE' });
    await expect(prepareOutput(folder, {})).rejects.toMatchObject({
      code: 'SVP_E_WRITE',
      message: expect.stringContaining('a folder has that name'),
    });
  });

  test('a folder that takes no files is told before the work, to root as well', async () => {
    // Nobody can make files in /proc/self.
    await expect(prepareOutput('/proc/self/a.index', {})).rejects.toMatchObject({ code: 'SVP_E_WRITE' });
  });

  test('a link is followed, so that it stays a link', async () => {
    const file = join(folder, 'real');
    writeFileSync(file, 'old');
    symlinkSync(file, join(folder, 'link'));
    const target = await prepareOutput(join(folder, 'link'), { force: true });
    await writeOutput(target, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect((await fs.lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
  });

  test('a device is written to, never replaced, and needs no --force', async () => {
    expect(await prepareOutput('/dev/null', {})).toBe('/dev/null');
    await writeOutput('/dev/null', 'text');
    expect((await fs.stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  test('a dry run makes no file, not even for a moment', async () => {
    const file = join(folder, 'a.index');
    const before = (await fs.stat(folder)).mtimeMs;
    await prepareOutput(file, { dryRun: true });
    expect((await fs.stat(folder)).mtimeMs).toBe(before);
  });
});

test('toJson writes typed arrays as arrays and Infinity as null', () => {
  expect(
    toJson({ radii: Float64Array.of(Infinity, 1.5), indices: Uint32Array.of(3), inner: { x: NaN } }),
  ).toBe('{"radii":[null,1.5],"indices":[3],"inner":{"x":null}}');
});
