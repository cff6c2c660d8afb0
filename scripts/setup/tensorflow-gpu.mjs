// TensorFlow's library for NVIDIA GPUs: which machine gets it, and the wheels that it consists of. The route is the one of the
// processor's library; it was tried on machines without a GPU and has not been seen on one yet.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './errors.mjs';
import { readJson, writeJson } from './stamp.mjs';

const PLATFORM = 'manylinux_2_17_x86_64';

/** NVIDIA's libraries, as the metadata of TensorFlow 2.19.1 names them; about how many megabytes; the index's SHA-256. */
const NVIDIA = [
  ['cublas', '12.5.3.2', 363, 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'],
  ['cuda-cupti', '12.5.82', 14, 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'],
  ['cuda-nvcc', '12.5.82', 22, 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'],
  ['cuda-nvrtc', '12.5.82', 25, '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'],
  ['cuda-runtime', '12.5.82', 1, '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'],
  ['cudnn', '9.3.0.75', 577, '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'],
  ['cufft', '11.2.3.61', 200, '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'],
  ['curand', '10.3.6.82', 56, '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'],
  ['cusolver', '11.6.3.83', 130, '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'],
  ['cusparse', '12.5.1.3', 217, '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'],
  ['nccl', '2.23.4', 199, 'b097258d9aab2fa9f686e33c6fe40ae57b27df60cedbd15d139701bb5509e0c1'],
  ['nvjitlink', '12.5.82', 21, 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'],
];

export const GPU_WHEEL = {
  requirement: 'tensorflow==2.19.1',
  platform: PLATFORM,
  file: 'tensorflow-2.19.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  sha256: '8e5524eb492160576e5eeea9bb472ddc653123503f2290f83123d5ac9545750e',
  megabytes: 645,
  unpackedMegabytes: 5500,
  parts: NVIDIA.map(([name, version, megabytes, sha256]) => ({
    title: `NVIDIA's ${name} ${version}`,
    requirement: `nvidia-${name}-cu12==${version}`,
    platform: 'manylinux2014_x86_64',
    file: `nvidia_${name.replaceAll('-', '_')}_cu12-${version}-py3-none-manylinux2014_x86_64.whl`,
    sha256,
    megabytes,
  })),
};

/** Where the kernel's module, or WSL's stand-in for it, says that there is a driver. */
const DRIVER = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];
const choiceFile = (context) => join(context.state, 'tensorflow-device.json');

/** Keeps what `--cpu` or `--gpu` said for the set-ups to come. @param {'cpu' | 'gpu'} device */
export function rememberDevice(context, device) {
  writeJson(choiceFile(context), { device });
}

/**
 * Whether this machine gets the library for GPUs: SVP_TENSORFLOW_DEVICE (cpu or gpu), else what the last `--cpu` or `--gpu`
 * said, else whether there is a driver. Throws where a GPU is wanted on a machine for which there is no such library.
 */
export function wantsGpu(context, machine = `${process.platform}-${process.arch}`, drivers = DRIVER) {
  const asked = context.env.SVP_TENSORFLOW_DEVICE || readJson(choiceFile(context))?.device;
  if (asked === 'cpu') return false;
  const possible = machine === 'linux-x64';
  if (asked === 'gpu' && !possible) {
    throw new SetupError(
      `TensorFlow has no ready-made library for GPUs on ${machine}.`,
      'Use Linux x64, or run `npm run setup -- --cpu`.',
    );
  }
  return asked === 'gpu' || (possible && drivers.some((file) => existsSync(file)));
}
