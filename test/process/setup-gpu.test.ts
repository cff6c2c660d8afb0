import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const packageRoot = path.resolve(__dirname, '..', '..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'svp-setup-gpu-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a GPU machine gets the library for GPUs: by its driver, by --gpu, or not, by --cpu', () => {
  const code = `
    const { mkdtempSync } = await import('node:fs');
    const { wantsGpu, rememberDevice, GPU_WHEEL } = await import('./scripts/setup/tensorflow-gpu.mjs');
    const state = mkdtempSync(process.argv[1]);
    const context = (env = {}) => ({ state, env });
    const none = ['/nowhere'], some = [process.execPath];
    const answers = [wantsGpu(context(), 'linux-x64', none), wantsGpu(context(), 'linux-x64', some),
      wantsGpu(context(), 'linux-arm64', some), wantsGpu(context({ SVP_TENSORFLOW_DEVICE: 'cpu' }), 'linux-x64', some)];
    rememberDevice(context(), 'cpu');
    answers.push(wantsGpu(context(), 'linux-x64', some));
    rememberDevice(context(), 'gpu');
    answers.push(wantsGpu(context(), 'linux-x64', none));
    let refused = '';
    try { wantsGpu(context(), 'darwin-arm64', none); } catch (error) { refused = error.fix; }
    console.log(JSON.stringify({ answers, refused, parts: GPU_WHEEL.parts.map(({ file }) => file) }));`;
  const target = path.join(folder, 'device-');
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', code, target], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  expect(result.stderr).toBe('');
  const { answers, refused, parts } = JSON.parse(result.stdout);
  expect(answers).toEqual([false, true, false, false, false, true]);
  expect(refused).toContain('--cpu');
  expect(parts).toContain('nvidia_cudnn_cu12-9.3.0.75-py3-none-manylinux2014_x86_64.whl');
});

test('the libraries of NVIDIA lie where the library of TensorFlow looks for them', () => {
  const wheels = `
import zipfile
with zipfile.ZipFile('tensorflow.whl', 'w') as z:
    z.writestr('tensorflow/libtensorflow_cc.so.2', 'library')
    z.writestr('tensorflow/include/tensorflow/c/c_api.h', 'header')
with zipfile.ZipFile('part.whl', 'w') as z:
    z.writestr('nvidia/cudnn/lib/libcudnn.so.9', 'cudnn')
    z.writestr('nvidia/cudnn/include/cudnn.h', 'header')
    z.writestr('nvidia/../../cudnn/lib/libescape.so', 'no')
`;
  execFileSync('python3', ['-c', wheels], { cwd: folder });
  const code = `
    const { unpackWheel } = await import('./scripts/setup/tensorflow-wheel.mjs');
    const { createContext, ensureFolder } = await import('./scripts/setup/context.mjs');
    const folder = process.argv[1];
    const context = { ...createContext({ quiet: true }), cache: ensureFolder(folder + '/cache'), state: folder + '/state' };
    const wheel = { key: 'key', sha256: 'x', unpackedMegabytes: 1 };
    console.log(await unpackWheel(context, wheel, folder + '/tensorflow.whl', ['python3'], [folder + '/part.whl']));`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', code, folder], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  expect(result.stderr).toBe('');
  const deps = result.stdout.trim();
  const { libraries } = JSON.parse(readFileSync(path.join(deps, 'stamp.json'), 'utf8'));
  expect(libraries).toEqual({ 'lib/libtensorflow_cc.so.2': 7, 'nvidia/cudnn/lib/libcudnn.so.9': 5 });
  expect(existsSync(path.join(deps, 'lib', 'libtensorflow.so'))).toBe(true);
  expect(existsSync(path.join(deps, 'nvidia', 'cudnn', 'include'))).toBe(false);
});
