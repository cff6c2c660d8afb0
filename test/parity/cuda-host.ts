import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { withEnvironment } from '../reference/with-environment';

const folder = path.join(__dirname, '..', '..', 'build', 'cuda');

/** The kernels of cuda/ compiled for this processor: their arithmetic and logic, without a device. */
export const hostLibrary = path.join(folder, 'libsvp_cuda_host.so');
export const deviceLibrary = path.join(folder, 'libsvp_cuda.so');

/** Runs `body` with the stand-in as the CUDA library; `settings` say what device it pretends to be. */
export function onHost<T>(settings: string, body: () => Promise<T>): Promise<T> {
  return withEnvironment({ SVP_CUDA_LIBRARY: hostLibrary, SVP_CUDA_SETTINGS: settings }, body);
}

/** For titles: why the stand-in's tests cannot run, or nothing. */
export const whyNot = existsSync(hostLibrary)
  ? ''
  : ' (skipped: the stand-in is not built, npm run build:cuda -- --host)';
export const testOnHost = whyNot === '' ? test : test.skip;
