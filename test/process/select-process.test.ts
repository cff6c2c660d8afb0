/** How the command line behaves as a process: signals, closed pipes, help, and what it loads. */
import { promises as fs, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { Random } from '../../src/core/random';
import { writeNpy } from '../../src/data/formats/npy';
import { finished, MAIN, runSvp, startSvp } from './run-svp';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svp-process-'));
});
afterEach(() => fs.rm(folder, { recursive: true }));

test('a reader that closes the pipe is no error', async () => {
  const child = startSvp(['select', '--method', 'random', '--pool-size', '2000000', '--budget', '100%']);
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { code, stderr } = await finished(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s in the middle stops at once with %i, a message, and nothing written',
  async (signal, exitCode) => {
    // Far more work than the test waits for.
    const rows = 60_000;
    const random = new Random(5);
    const table = Float32Array.from({ length: 4_099 }, () => random.normal());
    await writeNpy(
      join(folder, 'large.npy'),
      Float32Array.from({ length: rows * 128 }, (_, i) => table[(i * 31) % 4_099] + (i % 977)),
      [rows, 128],
    );
    const before = readdirSync(folder).sort();
    const child = startSvp(
      [
        'select',
        'large.npy',
        '--method',
        'k-centers',
        '--budget',
        '50%',
        '--out',
        'stopped.index',
        '--progress',
        'plain',
      ],
      { cwd: folder },
    );
    let stoppedAt = 0;
    child.stderr?.once('data', () => {
      stoppedAt = performance.now();
      child.kill(signal);
    });
    const { code, stdout, stderr } = await finished(child);
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^k-centers: .* of 30,000 picks[^\\n]*\\n([^\\n]*\\n)*svp: stopped by ${signal}\\. No output was written\\.\\n$`,
      ),
    );
    expect(readdirSync(folder).sort()).toEqual(before);
  },
);

test('help and version go to stdout', async () => {
  const help = await runSvp(['help', 'select']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/--budget <count>/);
  expect((await runSvp(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await runSvp([])).code).toBe(2);
});

test('the examples that help shows work as they stand', async () => {
  const { stdout } = await runSvp(['help', 'select']);
  const examples = stdout
    .split('Examples:\n')[1]
    .trim()
    .split('\n')
    .map((line) => line.trim());
  expect(examples.length).toBeGreaterThanOrEqual(5);
  const rows = 2_000;
  await writeNpy(
    join(folder, 'features.npy'),
    new Float32Array(rows * 2).map((_, i) => Math.sin(i)),
    [rows, 2],
  );
  await writeNpy(
    join(folder, 'logits.npy'),
    new Float32Array(rows * 2).map((_, i) => Math.cos(i)),
    [rows, 2],
  );
  await writeNpy(
    join(folder, 'counts.npy'),
    new Int32Array(rows).map((_, i) => i % 7),
    [rows],
  );
  writeFileSync(
    join(folder, 'archive.npz'),
    zipSync({ 'features.npy': await fs.readFile(join(folder, 'features.npy')) }),
  );
  for (const example of examples) {
    const result = await runSvp(example.split(/\s+/).slice(1), { cwd: folder });
    expect({ example, ...result }).toMatchObject({ code: 0 });
  }
});

test('loads neither TensorFlow nor the addon for help', async () => {
  const child = startSvp(['--help'], { env: { ...process.env, NODE_DEBUG: 'module' } });
  const { stderr } = await finished(child);
  expect(stderr).toContain(MAIN);
  expect(stderr).not.toMatch(/tensorflow|svp\.node|node_modules\/zod/);
});
