import * as path from 'node:path';
import { z } from 'zod';
import type { CudaDescription, NativeDevice } from './contract';
import { loadAddon } from './load';

/** The package's folder, the same from src/native and from dist/native. */
const packageFolder = path.resolve(__dirname, '..', '..');

/**
 * Where a call computes: 'cpu'; 'cuda', all CUDA devices that CUDA_VISIBLE_DEVICES lets it see; 'cuda:0,1', these of
 * them; 'auto', whichever should be faster.
 */
export type Device = 'auto' | 'cpu' | 'cuda' | `cuda:${string}`;

const NUMBERED = /^cuda:\d+(?:,\d+)*$/;

export const deviceOption = z
  .custom<Device>(
    (value) => value === 'auto' || value === 'cpu' || value === 'cuda' || NUMBERED.test(String(value)),
    "must be 'auto', 'cpu', 'cuda' or 'cuda:' and numbers of devices, such as 'cuda:0,1'",
  )
  .optional();

/** SVP_CUDA_LIBRARY names another build. */
export function cudaLibrary(): string {
  return path.resolve(
    process.env.SVP_CUDA_LIBRARY || path.join(packageFolder, 'build', 'cuda', 'libsvp_cuda.so'),
  );
}

/** As the addon wants it. SVP_CUDA_SETTINGS is for tests: it makes a device small, or makes it fail. */
export function nativeDevice(device: Device = 'auto'): NativeDevice {
  return { device, library: cudaLibrary(), settings: process.env.SVP_CUDA_SETTINGS ?? '' };
}

export interface CudaStatus extends Partial<CudaDescription> {
  usable: boolean;
  library: string;
  /** Why it cannot be used, with what to do. */
  reason?: string;
}

/** Whether CUDA can be used here; never throws. Starts CUDA, which takes a second the first time. */
export function cudaStatus(): CudaStatus {
  const library = cudaLibrary();
  try {
    return { usable: true, library, ...loadAddon().cudaDevices(nativeDevice('cuda')) };
  } catch (error) {
    return { usable: false, library, reason: (error as Error).message };
  }
}
