import { type CudaStatus, cudaStatus } from '../native/device';
import { type AddonStatus, addonStatus } from '../native/load';

/** Whether the native engine loads, from where, and which instruction set and how many threads it would use. */
export function engineStatus(): AddonStatus {
  return addonStatus();
}

/** Whether selection can use a CUDA device here, and if not, why. Starts CUDA: a second. */
export function engineCudaStatus(): CudaStatus {
  return cudaStatus();
}
