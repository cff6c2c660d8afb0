import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { addonStatus } from '../../src/native/load';

/** The build folder of the addon in use: its objects are compiled already, only the tests themselves are not. */
const buildFolder = path.dirname(path.dirname(addonStatus().path!));

function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env });
  return { status, output: `${error?.message ?? ''}${stdout}${stderr}` };
}

describe('the C++ tests', () => {
  test('build', () => {
    const parallel = String(availableParallelism());
    const args = ['--build', buildFolder, '--target', 'svp_native_tests', '-j', parallel];
    expect(run('cmake', args)).toEqual({ status: 0, output: expect.not.stringContaining('warning') });
  }, 600_000);

  for (const set of addonStatus().availableInstructionSets ?? []) {
    test(`pass where ${set} is chosen`, () => {
      const executable = path.join(buildFolder, 'test', 'native', 'svp_native_tests');
      const result = run(executable, [], { ...process.env, SVP_INSTRUCTION_SET: set });
      expect(result).toEqual({ status: 0, output: expect.stringContaining(' 0 failed checks') });
    }, 300_000);
  }
});
