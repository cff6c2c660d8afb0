import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { addonStatus } from '../../src/native/load';

const status = addonStatus();
const available = status.availableInstructionSets ?? [];

function run(set: string): { set: string; hashes: Record<string, string> } {
  const output = execFileSync(process.execPath, [path.join(__dirname, 'operations.cjs'), status.path!], {
    env: { ...process.env, SVP_INSTRUCTION_SET: set },
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

describe('parity of instruction sets, each with 1 to 8 threads', () => {
  const scalar = run('scalar');

  test('scalar: one result for every number of threads', () => {
    expect(scalar.set).toBe('scalar');
    expect(Object.keys(scalar.hashes).length).toBeGreaterThan(30);
    expect(Object.values(scalar.hashes).filter((hash) => hash.includes('and'))).toEqual([]);
  });

  for (const set of ['avx2', 'avx512', 'neon']) {
    if (available.includes(set)) {
      test(`${set}: the bits of scalar`, () => {
        const vector = run(set);
        expect(vector.set).toBe(set);
        expect(vector.hashes).toEqual(scalar.hashes);
      });
    } else {
      test(`${set}: this processor does not have it, and asking for it says so`, () => {
        const code = `require(${JSON.stringify(status.path)}).describe('')`;
        expect(() =>
          execFileSync(process.execPath, ['-e', code], {
            env: { ...process.env, SVP_INSTRUCTION_SET: set },
            stdio: 'pipe',
            encoding: 'utf8',
          }),
        ).toThrow(/SVP_E_DEVICE[\s\S]*|which this processor or build does not have/);
      });
    }
  }
});
