import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ensureFolder, writeFileAtomically } from '../../../src/core/atomic-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'svp-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writeFileAtomically', () => {
  it('replaces a file whole and leaves nothing beside it', async () => {
    const file = path.join(folder, 'a.index');
    writeFileSync(file, 'old');
    await writeFileAtomically(file, 'new\n');
    expect(readFileSync(file, 'utf8')).toBe('new\n');
    expect(readdirSync(folder)).toEqual(['a.index']);
  });

  it('honours the offset of a view, and writes chunks in order', async () => {
    const file = path.join(folder, 'b');
    const bytes = new Uint8Array([9, 9, 1, 2, 3, 9]);
    await writeFileAtomically(file, [bytes.subarray(2, 4), 'x', bytes.subarray(4, 5)]);
    expect([...readFileSync(file)]).toEqual([1, 2, 120, 3]);
  });

  it('keeps the old file when the content fails half-way', async () => {
    const file = path.join(folder, 'c');
    writeFileSync(file, 'old');
    const failing = (function* () {
      yield 'half';
      throw new Error('source broke');
    })();
    await expect(writeFileAtomically(file, failing)).rejects.toThrow(
      expect.objectContaining({ code: 'SVP_E_WRITE', file }),
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['c']);
  });

  it.each([
    ['a missing folder', 'missing/d', /ENOENT.*create it/s],
    ['a folder of that name', 'e', /(EISDIR|ENOTEMPTY|EEXIST)/],
  ])('says what to do about %s', async (_what, name, message) => {
    mkdirSync(path.join(folder, 'e'));
    writeFileSync(path.join(folder, 'e', 'inside'), '');
    await expect(writeFileAtomically(path.join(folder, name), 'x')).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual(['e']);
  });
});

describe('ensureFolder', () => {
  it('makes a folder with its parents, and accepts one that is there', async () => {
    const deep = path.join(folder, 'a', 'b', 'c');
    await ensureFolder(deep);
    await ensureFolder(deep);
    expect(readdirSync(path.join(folder, 'a', 'b'))).toEqual(['c']);
  });

  it('refuses a path through a file', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    await expect(ensureFolder(path.join(folder, 'file', 'x'))).rejects.toThrow(
      expect.objectContaining({ code: 'SVP_E_WRITE' }),
    );
  });

  const proc = process.platform === 'linux' ? it : it.skip;
  proc('ends with an error where the system takes no folders (/proc, on Linux)', async () => {
    await expect(ensureFolder('/proc/svp-nothing/x')).rejects.toThrow(
      expect.objectContaining({ code: 'SVP_E_WRITE' }),
    );
  });
});
