// The C++ programs of the k-centers bench and how each is compiled.
import { spawnSync } from 'node:child_process';
import { compileProgram } from '../compile.mjs';

const NPY = 'bench/peers/npy.h';
const TUNED = ['-O3', '-march=native', '-ffast-math', '-fopenmp'];

/** OpenBLAS of the rivals' environment: its functions carry SciPy's prefix. */
function openBlas(python) {
  const script =
    'import json, scipy_openblas32 as b; print(json.dumps([b.get_include_dir(), b.get_lib_dir(), b.get_library()]))';
  const { stdout, status, stderr } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The environment of the rivals has no OpenBLAS: ${stderr}`);
  const [include, folder, library] = JSON.parse(stdout);
  return {
    flags: ['-Dcblas_sgemm=scipy_cblas_sgemm', `-I${include}`],
    link: [`-L${folder}`, `-Wl,-rpath,${folder}`, `-l${library}`],
  };
}

const single = (name, flags) => () =>
  compileProgram({ name, units: [{ source: `bench/peers/${name}.cpp` }], headers: [NPY], flags });

/** The engine's kernels with the flags of CMakeLists.txt. */
function kernelUnits() {
  const unit = (name, flags = []) => ({ source: `native/cpu/${name}.cc`, flags });
  const units = [unit('product'), unit('product_scalar'), unit('instruction_set')];
  if (process.arch === 'x64') {
    const avx2 = ['-mavx2', '-mfma', '-mf16c'];
    const avx512 = ['-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq'];
    units.push(unit('product_avx2', avx2), unit('product_avx512', [...avx512, ...avx2]));
  } else if (process.arch === 'arm64') {
    units.push(unit('product_neon'));
  }
  return units;
}

const KERNEL_HEADERS = [
  'native/cpu/product.h',
  'native/cpu/dispatch.h',
  'native/cpu/aligned.h',
  'native/include/svp/instruction_set.h',
];

/** Name → (python of the rivals' environment) → { file, hash } of the program. */
export const PROGRAMS = {
  'k-centers-oracle': single('k-centers-oracle', ['-O3', '-march=native', '-ffp-contract=off', '-fopenmp']),
  'k-centers-row-per-pick': single('k-centers-row-per-pick', TUNED),
  'k-centers-prototype': (python) => {
    const blas = openBlas(python);
    return compileProgram({
      name: 'k-centers-prototype',
      units: [{ source: 'bench/peers/k-centers-prototype.cpp' }],
      headers: [NPY],
      flags: [...TUNED, ...blas.flags],
      link: blas.link,
    });
  },
  'k-centers-product': (python) => {
    const blas = openBlas(python);
    return compileProgram({
      name: 'k-centers-product',
      units: [{ source: 'bench/peers/k-centers-product.cpp' }, ...kernelUnits()],
      headers: [NPY, ...KERNEL_HEADERS],
      flags: ['-O3', '-DNDEBUG', '-ffp-contract=off', '-Inative/include', '-Inative', ...blas.flags],
      link: blas.link,
    });
  },
};
