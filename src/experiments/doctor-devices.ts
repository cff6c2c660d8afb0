/** What `doctor` says of GPUs: for selection, for training, for ONNX models. */
import type { OnnxStatus } from '../scoring/onnx-runtime';
import type { engineCudaStatus } from '../selection/engine-status';
import type { DoctorPart } from './doctor';

/** The driver's own words about GPUs (nvidia-smi), or undefined where there is no driver. */
type Gpu = string | undefined;

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(0)} GiB`;

/** Selection on CUDA. */
export function cudaPart(status: ReturnType<typeof engineCudaStatus>, gpu: Gpu): DoctorPart {
  if (status.usable) {
    const names = status.devices!.map(
      ({ name, computeCapability, memoryBytes }) => `${name} (${computeCapability}, ${gib(memoryBytes)})`,
    );
    return {
      state: 'ok',
      detail: `selection uses it for large jobs: ${names.join(', ')}; ${status.version}`,
    };
  }
  const reason = status.reason?.split('\n')[0] ?? 'it cannot be used';
  if (gpu === undefined) {
    return {
      state: 'off',
      detail: `no NVIDIA driver was found, so selection runs on the processor (${reason})`,
    };
  }
  const built = !/build:cuda/.test(reason);
  return {
    state: 'warning',
    detail: `${gpu} is there, but selection does not use it: ${reason}`,
    fix: built
      ? 'Bring the driver up to date (CUDA 12 or newer), or look at CUDA_VISIBLE_DEVICES.'
      : 'Run npm run build:cuda.',
  };
}

/** What to add to the line of a TensorFlow that works: whether it uses the GPU, and if not, why. */
export function tensorflowNote(device: 'cpu' | 'gpu' | undefined, gpu: Gpu): string {
  if (device === 'gpu') return '';
  return gpu === undefined
    ? ' (no NVIDIA driver was found)'
    : ` (${gpu} is there: npm run setup -- --gpu installs the library that uses it)`;
}

/** ONNX models. */
export function onnxPart(status: OnnxStatus, gpu: Gpu): DoctorPart {
  if (!status.loaded) {
    return {
      state: 'warning',
      detail: `ONNX models cannot be scored: ${status.reason?.split('\n')[0] ?? 'ONNX Runtime does not load'}`,
      fix: 'Run npm ci --ignore-scripts, which installs onnxruntime-node.',
    };
  }
  const { version, providers = [], cudaReason } = status;
  const without =
    cudaReason === undefined
      ? ''
      : gpu === undefined
        ? ' (no NVIDIA driver was found)'
        : ` (${gpu} is there, but ${cudaReason})`;
  return { state: 'ok', detail: `ONNX Runtime ${version}, providers: ${providers.join(', ')}${without}` };
}
