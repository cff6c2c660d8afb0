/** What a user can get wrong with `svp select`: exit code, message, and nothing written or half-written. */
import {
  chmodSync,
  promises as fs,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '../../src/data/formats/npy';
import { runSvp } from './run-svp';

let folder: string;
let features: string;
let logits: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svp-bad-'));
  features = join(folder, 'features.npy');
  logits = join(folder, 'logits.npy');
  await writeNpy(
    features,
    Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * i)),
    [20, 3],
  );
  await writeNpy(
    logits,
    Float32Array.from({ length: 40 }, (_, i) => Math.cos(i * i)),
    [20, 2],
  );
});
afterAll(() => fs.rm(folder, { recursive: true }));

/** Runs the command and expects one line of error, this exit code, no data, and no new file in the folder. */
async function refused(args: string[], exitCode: number, code: string, message: RegExp): Promise<void> {
  const before = listing();
  const { code: actual, stdout, stderr } = await runSvp(['select', ...args], { cwd: folder });
  expect(stderr).toMatch(new RegExp(`^svp: error ${code}: [^\n]*\n$`));
  expect(stderr).toMatch(message);
  expect({ exit: actual, stdout }).toEqual({ exit: exitCode, stdout: '' });
  expect(listing()).toEqual(before);
}

function listing(): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort();
}

const kCenters = ['--method', 'k-centers'];

describe('data', () => {
  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
  ])('%s among the features: the first row and column are named', async (_name, value) => {
    const data = new Float32Array(60);
    data[3 * 3 + 2] = value;
    data[4 * 3] = value;
    const file = join(folder, 'nonfinite.npy');
    await writeNpy(file, data, [20, 3]);
    await refused(
      [file, ...kCenters, '--budget', '5', '--out', 'a.index'],
      3,
      'SVP_E_NONFINITE',
      /row 3\b.*column 2/,
    );
  });

  test('NaN among the logits: the row is named', async () => {
    const data = new Float32Array(40);
    data[7 * 2] = Number.NaN;
    const file = join(folder, 'nan-logits.npy');
    await writeNpy(file, data, [20, 2]);
    await refused(
      ['--logits', file, '--method', 'entropy', '--budget', '5'],
      3,
      'SVP_E_NONFINITE',
      /row 7\b/,
    );
  });

  test.each([
    ['NaN', Number.NaN, 'SVP_E_NONFINITE'],
    ['a negative number', -1, 'SVP_E_FORMAT'],
  ])('%s among the forgetting counts: the row is named', async (_name, value, code) => {
    const file = join(folder, 'counts.npy');
    await writeNpy(file, Float64Array.of(1, 2, value, Number.POSITIVE_INFINITY), [4]);
    await refused(['--forgetting', file, '--method', 'forgetting', '--budget', '2'], 3, code, /row 2\b/);
  });

  test.each([10, 100, 200])('a .npy file cut short after %i bytes', async (bytes) => {
    writeFileSync(join(folder, 'cut.npy'), readFileSync(features).subarray(0, bytes));
    await refused(
      ['cut.npy', ...kCenters, '--budget', '5', '--out', 'a.index'],
      3,
      'SVP_E_FORMAT',
      /cut\.npy/,
    );
  });

  test('a file that is no .npy', async () => {
    writeFileSync(join(folder, 'text.npy'), 'hello, this is text and no array at all');
    await refused(
      ['text.npy', ...kCenters, '--budget', '5'],
      3,
      'SVP_E_FORMAT',
      /text\.npy.*not a \.npy file/,
    );
  });

  test('a missing file, and a folder in its place', async () => {
    await refused(['none.npy', ...kCenters, '--budget', '5'], 3, 'SVP_E_FILE', /none\.npy does not exist/);
    await refused([folder, ...kCenters, '--budget', '5'], 3, 'SVP_E_FILE', /folder/);
    await refused(
      [features, ...kCenters, '--budget', '5', '--initial', 'no.index'],
      3,
      'SVP_E_FILE',
      /no\.index/,
    );
  });

  test('an array of another shape or type', async () => {
    await writeNpy(join(folder, 'vector.npy'), new Float32Array(20), [20]);
    await writeNpy(join(folder, 'whole.npy'), new Int32Array(20), [10, 2]);
    await refused(['vector.npy', ...kCenters, '--budget', '5'], 3, 'SVP_E_SHAPE', /\(20\)/);
    await refused(['whole.npy', ...kCenters, '--budget', '5'], 3, 'SVP_E_SHAPE', /int32/);
  });
});

describe('the budget', () => {
  test.each([
    ['-1', /-1\b.*20 rows/],
    ['21', /\b21\b.*\b20\b/],
    ['110%', /110 %.*20 rows/],
    ['-5%', /-5 %/],
    ['2.5', /2\.5\b.*whole number.*20/],
  ])('%s of 20 rows names both numbers', async (budget, message) => {
    for (const source of [
      [features, ...kCenters],
      ['--logits', logits, '--method', 'margin'],
    ]) {
      await refused([...source, '--budget', budget, '--out', 'a.index'], 2, 'SVP_E_BUDGET', message);
    }
  });

  test('more than is left beside the initial pool', async () => {
    writeFileSync(join(folder, 'initial.index'), '0\n5\n');
    await refused(
      [features, ...kCenters, '--budget', '19', '--initial', 'initial.index'],
      2,
      'SVP_E_BUDGET',
      /19 rows.*18 of the pool's 20.*initial pool of 2/,
    );
  });

  test('what is no number, and none at all', async () => {
    await refused([features, ...kCenters, '--budget', 'many'], 2, 'SVP_E_OPTION', /"many"/);
    await refused([features, ...kCenters], 2, 'SVP_E_OPTION', /--budget is missing/);
  });
});

describe('rows', () => {
  test.each([
    ['0\n20\n', 2, 'SVP_E_INDEX', /row 20\b.*20 rows/],
    ['3\n4\n3\n', 2, 'SVP_E_INDEX', /row 3 twice/],
    ['1\ntwo\n', 3, 'SVP_E_FORMAT', /line 2/],
    ['-1\n', 3, 'SVP_E_FORMAT', /line 1/],
  ])('an initial pool of %j', async (text, exitCode, code, message) => {
    writeFileSync(join(folder, 'bad.index'), text);
    await refused(
      [features, ...kCenters, '--budget', '5', '--initial', 'bad.index'],
      exitCode,
      code,
      message,
    );
  });

  test('a start outside the pool', async () => {
    await refused([features, ...kCenters, '--budget', '5', '--start', '20'], 2, 'SVP_E_INDEX', /20/);
  });
});

describe('options', () => {
  test.each([
    [['--bugdet', '5'], /unknown option '--bugdet'\. Did you mean --budget\?/],
    [['--method', 'kcentres', '--budget', '5'], /"kcentres"\. Did you mean k-centers\?/],
    [['--metric', 'manhattan', ...kCenters, '--budget', '5'], /manhattan.*euclidean, cosine/],
    [['--threads', '0', ...kCenters, '--budget', '5'], /threads.*at least|between 1/],
    [['--budget', '5'], /--method is missing/],
    [['--budget', '5', ...kCenters, '--resume'], /--resume needs --checkpoint/],
    [['--budget'], /argument missing/],
    [['--budget', '5', ...kCenters, '--out', 'x', '--assignments', './x'], /both name/],
    [['--method', 'entropy', '--budget', '5'], /entropy needs --logits/],
    [['--method', 'random', '--budget', '5', '--start', '0'], /--start is for k-centers, not for random/],
    [['second.npy', ...kCenters, '--budget', '5'], /too many arguments/],
  ])('%j', async (args, message) => {
    await refused([features, ...args], 2, 'SVP_E_OPTION', message);
  });

  test('k-centers without features, and random without a size', async () => {
    await refused([...kCenters, '--budget', '5'], 2, 'SVP_E_OPTION', /k-centers needs FEATURES/);
    await refused(['--method', 'random', '--budget', '5'], 2, 'SVP_E_OPTION', /--pool-size/);
  });

  test('an unknown name in the configuration', async () => {
    writeFileSync(join(folder, 'config.json'), '{"budgte": 5}');
    await refused(
      [features, ...kCenters, '--config', 'config.json'],
      2,
      'SVP_E_OPTION',
      /Did you mean budget/,
    );
  });

  test('an unknown command suggests the near one', async () => {
    const { code, stderr } = await runSvp(['selct']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "svp: error SVP_E_OPTION: unknown command 'selct'. Did you mean select?\n",
    });
  });
});

describe('outputs', () => {
  const pick = () => [features, ...kCenters, '--budget', '5', '--start', '0'];

  test('an existing file stays as it is without --force, and is replaced with it', async () => {
    const file = join(folder, 'kept.index');
    writeFileSync(file, 'mine\n');
    await refused([...pick(), '--out', 'kept.index'], 2, 'SVP_E_EXISTS', /kept\.index.*--force/);
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
    expect(
      (await runSvp(['select', ...pick(), '--out', 'kept.index', '--force'], { cwd: folder })).code,
    ).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^0\n(\d+\n){4}$/);
  });

  test('an existing file of assignments too, before the work', async () => {
    writeFileSync(join(folder, 'assignments.txt'), 'mine\n');
    await refused([...pick(), '--assignments', 'assignments.txt'], 2, 'SVP_E_EXISTS', /assignments\.txt/);
  });

  test('a folder that does not exist, or is a file, or takes no files', async () => {
    await refused([...pick(), '--out', 'none/a.index'], 4, 'SVP_E_WRITE', /none\/a\.index.*create it first/);
    await refused([...pick(), '--out', 'features.npy/a.index'], 4, 'SVP_E_WRITE', /features\.npy\/a\.index/);
    await refused([...pick(), '--out', '/proc/self/a.index'], 4, 'SVP_E_WRITE', /\/proc\/self\/a\.index/);
  });

  test('a read-only folder', async () => {
    const readOnly = join(folder, 'read-only');
    mkdirSync(readOnly);
    const args = ['select', ...pick(), '--out', join(readOnly, 'a.index')];
    chmodSync(readOnly, 0o555);
    chmodSync(folder, 0o755);
    // Root writes into read-only folders: there the command runs as nobody, whose read-only folder root's is.
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { code, stdout, stderr } = await runSvp(args, { cwd: folder, ...user });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^svp: error SVP_E_WRITE: [^\n]*read-only\/a\.index \(EACCES\)[^\n]*not writable/);
    expect(readdirSync(readOnly)).toEqual([]);
  });

  test("a folder of the output's name", async () => {
    mkdirSync(join(folder, 'taken'));
    await refused([...pick(), '--out', 'taken', '--force'], 4, 'SVP_E_WRITE', /folder has that name/);
  });
});

test('--debug, or SVP_DEBUG=1, shows the stack', async () => {
  const args = ['select', 'none.npy', ...kCenters, '--budget', '1'];
  expect((await runSvp([...args, '--debug'])).stderr).toMatch(/\n {4}at /);
  expect((await runSvp(args, { env: { ...process.env, SVP_DEBUG: '1' } })).stderr).toMatch(/\n {4}at /);
});
