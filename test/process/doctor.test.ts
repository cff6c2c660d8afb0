import { promises as fs } from 'node:fs';
import { DOCTOR_PARTS, type DoctorReport } from '../../src/experiments/doctor';
import { runSvp } from './run-svp';
import { temporaryFolder } from './training-folder';

const folder = temporaryFolder();

test('--json says how every part stands, what can run and which backend will be used', async () => {
  const { code, stdout } = await runSvp(['doctor', '--json']);
  const report = JSON.parse(stdout) as DoctorReport;
  expect(Object.keys(report.parts)).toEqual([...DOCTOR_PARTS]);
  for (const [name, { state, detail, fix }] of Object.entries(report.parts)) {
    expect(['ok', 'missing', 'off', 'warning']).toContain(state);
    expect({ name, length: detail.length }).not.toEqual({ name, length: 0 });
    if (state === 'missing' || state === 'warning') expect(fix).toMatch(/\w/);
  }
  expect(report.version).toMatch(/^\d+\.\d+\.\d+/);
  expect(report.can).toEqual({
    select: report.parts.engine.state === 'ok',
    train: report.parts.training.state === 'ok',
    quickstart: report.ok,
  });
  expect(code).toBe(report.ok ? 0 : 4);
  const cuda = report.parts.cuda.state === 'ok' ? 'cuda' : 'cpu';
  expect(report.backend.device).toBe(report.can.select ? cuda : 'none');
  expect(report.backend.why).toMatch(/\w/);
});

test('the text names every part', async () => {
  const { stdout } = await runSvp(['doctor']);
  for (const name of DOCTOR_PARTS) expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
  expect(stdout).toContain('svp quickstart:');
});

test('an engine that does not load is told with the remedy, and exit code 4', async () => {
  const { code, stdout, stderr } = await runSvp(['doctor', '--json'], {
    env: { ...process.env, SVP_ADDON: folder.path('no-addon.node') },
  });
  const report = JSON.parse(stdout) as DoctorReport;
  expect(code).toBe(4);
  expect(report.ok).toBe(false);
  expect(report.can).toMatchObject({ select: false, quickstart: false });
  expect(report.parts.engine).toMatchObject({ state: 'missing', fix: expect.stringMatching(/\w/) });
  expect(report.backend).toMatchObject({ device: 'none' });
  expect(stderr).toContain('engine');
});

test('an instruction set that this processor lacks is told', async () => {
  const { code, stdout } = await runSvp(['doctor', '--json'], {
    env: { ...process.env, SVP_INSTRUCTION_SET: 'nonsense' },
  });
  expect(code).toBe(4);
  expect((JSON.parse(stdout) as DoctorReport).parts.engine).toMatchObject({ state: 'missing' });
});

test('a TensorFlow that crashes takes only its own process along', async () => {
  // Loaded into every Node process; the probe alone sees the binding's package, and is killed on the spot.
  const trap = folder.path('trap.cjs');
  await fs.writeFile(
    trap,
    `const { Module } = require('node:module');
     const load = Module._load;
     Module._load = function (request, ...rest) {
       if (request.startsWith('@tensorflow/')) process.abort();
       return load.call(this, request, ...rest);
     };`,
  );
  const { code, stdout } = await runSvp(['doctor', '--json'], {
    env: { ...process.env, NODE_OPTIONS: `--require ${trap}` },
  });
  expect(code).toBe(4);
  const report = JSON.parse(stdout) as DoctorReport;
  expect(report.can).toMatchObject({ train: false, quickstart: false });
  expect(report.parts.training).toMatchObject({
    state: 'missing',
    detail: expect.stringContaining('SIGABRT'),
  });
});

test('a cache folder that cannot be made is a warning with the remedy', async () => {
  const file = folder.path('file');
  await fs.writeFile(file, '');
  const { stdout } = await runSvp(['doctor', '--json'], {
    env: { ...process.env, SVP_CACHE: `${file}/cache` },
  });
  const { cache } = (JSON.parse(stdout) as DoctorReport).parts;
  expect(cache).toMatchObject({ state: 'warning', fix: expect.stringContaining('SVP_CACHE') });
});
