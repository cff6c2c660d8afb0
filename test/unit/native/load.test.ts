import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { addonStatus } from '../../../src/native/load';

type Load = typeof import('../../../src/native/load');

/** A fresh copy of the loader that looks for the addon at `file` alone. */
function loaderOf(file: string): Pick<Load, 'addonStatus' | 'loadAddon'> {
  const before = process.env.SVP_ADDON;
  process.env.SVP_ADDON = file;
  let fresh!: Load;
  jest.isolateModules(() => {
    fresh = require('../../../src/native/load');
  });
  const status = fresh.addonStatus();
  let error: unknown;
  try {
    fresh.loadAddon();
  } catch (caught) {
    error = caught;
  }
  if (before === undefined) delete process.env.SVP_ADDON;
  else process.env.SVP_ADDON = before;
  return {
    addonStatus: () => status,
    loadAddon: () => {
      throw error;
    },
  };
}

describe('loading the addon', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'svp-load-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('the status tells what would be used', () => {
    const status = addonStatus();
    expect(status).toMatchObject({ loaded: true, path: expect.stringMatching(/svp\.node$/) });
    expect(status.availableInstructionSets).toContain('scalar');
    expect(status.availableInstructionSets).toContain(status.instructionSet);
    expect(status.threads).toBeGreaterThanOrEqual(1);
  });

  test('SVP_INSTRUCTION_SET is read at each call, as this environment has it', async () => {
    const { uncertainty } =
      require('../../../src/native/uncertainty') as typeof import('../../../src/native/uncertainty');
    const before = process.env.SVP_INSTRUCTION_SET;
    try {
      process.env.SVP_INSTRUCTION_SET = 'scalar';
      expect(addonStatus().instructionSet).toBe('scalar');
      process.env.SVP_INSTRUCTION_SET = 'mmx';
      expect(addonStatus()).toMatchObject({ loaded: true, reason: expect.stringContaining('"mmx"') });
      await expect(uncertainty({ data: Float32Array.of(1), rows: 1, columns: 1 })).rejects.toMatchObject({
        code: 'SVP_E_DEVICE',
      });
    } finally {
      if (before === undefined) delete process.env.SVP_INSTRUCTION_SET;
      else process.env.SVP_INSTRUCTION_SET = before;
    }
  });

  test('a missing addon: what was tried and what to do', () => {
    const file = path.join(folder, 'missing.node');
    const loader = loaderOf(file);
    expect(loader.loadAddon).toThrow(
      expect.objectContaining({
        code: 'SVP_E_RUNTIME',
        message: expect.stringContaining(`${file}: not there`),
      }),
    );
    expect(loader.loadAddon).toThrow(/npm run setup/);
    expect(loader.addonStatus()).toMatchObject({ loaded: false, reason: expect.stringContaining(file) });
  });

  test('a damaged addon: the reason of the system', () => {
    const file = path.join(folder, 'damaged.node');
    writeFileSync(file, 'not a library');
    expect(loaderOf(file).loadAddon).toThrow(
      /damaged\.node: .*(invalid ELF|file too short|not a mach-o|slice)/i,
    );
  });

  test('an addon built from other sources: the difference', () => {
    const file = path.join(folder, 'old.js');
    writeFileSync(file, "exports.contract = [{ name: 'describe', parameters: ['x'] }];");
    expect(loaderOf(file).loadAddon).toThrow(/built from other sources \(its describe takes \(x\)\)/);
    writeFileSync(path.join(folder, 'empty.js'), '');
    expect(loaderOf(path.join(folder, 'empty.js')).loadAddon).toThrow(/it has no describe/);
  });

  test('importing the wrappers loads nothing', () => {
    jest.isolateModules(() => {
      const before = process.env.SVP_ADDON;
      process.env.SVP_ADDON = path.join(folder, 'missing.node');
      try {
        require('../../../src/native/uncertainty');
        require('../../../src/native/pairwise-distances');
        require('../../../src/native/forgetting-tracker');
      } finally {
        if (before === undefined) delete process.env.SVP_ADDON;
        else process.env.SVP_ADDON = before;
      }
    });
  });
});
