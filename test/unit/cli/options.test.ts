import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { addCommonOptions, finiteNumber, resolvedOptions, wholeNumber } from '../../../src/cli/options';

const folder = mkdtempSync(join(tmpdir(), 'svp-options-'));
let files = 0;
function config(content: unknown): string {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** Parses a command line of a command with one option of each kind. */
async function parse(...argv: string[]): Promise<Record<string, unknown>> {
  let resolved: Record<string, unknown> = {};
  const program = new Command('svp').exitOverride().configureOutput({ writeErr: () => {} });
  const command = program
    .command('try')
    .option('--random-initial <n>', 'a number', wholeNumber())
    .option('--radius <r>', 'a number', finiteNumber(0))
    .option('--seed <n>', 'a number', wholeNumber(-10, 10), 0)
    .option('--name <text>', 'text')
    .option('--at <n...>', 'several')
    .option('--epochs <n>', 'several', (text, sofar?: number[]) => [...(sofar ?? []), Number(text)])
    .option('--crop', 'on or off', true)
    .option('--no-crop', 'off')
    .option('--log [folder]', 'a folder that can be left out')
    .addOption(new Option('--metric <name>', 'a choice').choices(['euclidean', 'cosine']));
  addCommonOptions(command).action(async (_options, self: Command) => {
    resolved = await resolvedOptions(self);
  });
  await program.parseAsync(['try', ...argv], { from: 'user' });
  return resolved;
}

describe('resolvedOptions', () => {
  test('the command line wins over the file, the file over the defaults', async () => {
    const file = config({ 'random-initial': 5, seed: 3, metric: 'cosine', json: true, at: [1, 2] });
    expect(await parse('--config', file, '--seed', '7')).toMatchObject({
      randomInitial: 5,
      seed: 7,
      metric: 'cosine',
      json: true,
      at: ['1', '2'],
      progress: 'auto',
    });
  });

  test('a list is for options that take several values', async () => {
    expect(await parse('--config', config({ epochs: [1, 4], at: 3 }))).toMatchObject({
      epochs: [1, 4],
      at: ['3'],
    });
    expect(await parse('--config', config({ epochs: [1, 4] }), '--epochs', '9')).toMatchObject({
      epochs: [9],
    });
  });

  test('names may be in camel case', async () => {
    expect(await parse('--config', config({ randomInitial: '12', dryRun: true }))).toMatchObject({
      randomInitial: 12,
      dryRun: true,
    });
  });

  test('an option whose value can be left out takes true or a value', async () => {
    expect(await parse('--log')).toMatchObject({ log: true });
    expect(await parse('--config', config({ log: true }))).toMatchObject({ log: true });
    expect(await parse('--config', config({ log: 'a' }))).toMatchObject({ log: 'a' });
    expect(await parse('--config', config({ log: 'a' }), '--log', 'b')).toMatchObject({ log: 'b' });
  });

  test('an option that can be turned off has two names in the file', async () => {
    expect(await parse()).toMatchObject({ crop: true });
    expect(await parse('--config', config({ crop: false }))).toMatchObject({ crop: false });
    expect(await parse('--config', config({ 'no-crop': true }))).toMatchObject({ crop: false });
    expect(await parse('--config', config({ 'no-crop': true }), '--crop')).toMatchObject({ crop: true });
  });

  test.each([
    [{ randomInitail: 3 }, 'SVP_E_OPTION', /no option "randomInitail"\. Did you mean random-initial\?/],
    [{ config: 'x' }, 'SVP_E_OPTION', /no option "config"/],
    [{ metric: 'manhattan' }, 'SVP_E_OPTION', /"metric" is "manhattan".*euclidean, cosine/],
    [{ seed: 11 }, 'SVP_E_OPTION', /"seed" is 11\. It must be a whole number between -10 and 10/],
    [{ seed: 1.5 }, 'SVP_E_OPTION', /"seed" is 1\.5/],
    [{ json: 'yes' }, 'SVP_E_OPTION', /"json" must be true or false, not "yes"/],
    [{ seed: [1, 2] }, 'SVP_E_OPTION', /"seed" must be one value, not \[1,2\]/],
    [{ name: null }, 'SVP_E_OPTION', /"name" must be a string or a number, not null/],
    ['{"seed": 1', 'SVP_E_FORMAT', /is not JSON/],
    ['[1]', 'SVP_E_FORMAT', /must be a JSON object/],
  ])('%j is refused', async (content, code, message) => {
    await expect(parse('--config', config(content))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a missing file is named', async () => {
    await expect(parse('--config', join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'SVP_E_FILE',
      message: expect.stringContaining('none.json'),
    });
  });
});

describe('numbers on the command line', () => {
  test.each(['', '1e3', '0x10', '1.5', 'two', '-1'])('wholeNumber refuses %p', (text) => {
    expect(() => wholeNumber()(text)).toThrow(/whole number of at least 0/);
  });
  test('wholeNumber takes whole numbers within bounds', () => {
    expect(wholeNumber(-5, 5)('-5')).toBe(-5);
    expect(() => wholeNumber(-5, 5)('6')).toThrow(/between -5 and 5/);
  });
  test.each(['', 'NaN', 'Infinity', 'x', '-0.1'])('finiteNumber(0) refuses %p', (text) => {
    expect(() => finiteNumber(0)(text)).toThrow(/a number of at least 0/);
  });
  test('finiteNumber takes decimals', () => {
    expect(finiteNumber()('-1.5e-3')).toBe(-0.0015);
  });
});
