// `npm run build:cuda`: the CUDA library, build/cuda/libsvp_cuda.so. Needs no GPU. `--host` builds the tests' stand-in instead,
// the same kernels compiled for this processor. Node's built-in modules only; nothing is done where nothing has changed.
//
//   --host         libsvp_cuda_host.so, by the C++ compiler alone
//   --no-download  only with a CUDA toolkit that is here already
//   --quiet        says nothing unless something is wrong
//
// Exit code 0: built; 3: there is no CUDA compiler and none was to be had; 1: it did not compile.
import { parseArgs } from 'node:util';
import { buildDevice, buildHost } from './cuda/library.mjs';
import { findToolkit } from './cuda/toolkit.mjs';
import { createContext } from './setup/context.mjs';
import { formatSetupError, SetupError } from './setup/errors.mjs';
import { stopChildren } from './setup/run.mjs';

let options;
try {
  ({ values: options } = parseArgs({
    options: {
      host: { type: 'boolean', default: false },
      'no-download': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  }));
} catch (error) {
  process.stderr.write(`build-cuda: ${error.message}\n`);
  process.exit(2);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    stopChildren(signal);
    process.exit(130);
  });
}
const context = createContext({ quiet: options.quiet });
try {
  if (options.host) {
    await buildHost(context);
  } else {
    const toolkit = await findToolkit(context, { download: !options['no-download'] });
    if (toolkit === null) {
      process.stderr.write(
        'build-cuda: no CUDA compiler is here. Name a toolkit in CUDA_HOME, or let this command fetch the compiler (leave out --no-download).\n',
      );
      process.exitCode = 3;
    } else {
      await buildDevice(context, toolkit);
    }
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${formatSetupError(error)}\n`);
  process.exitCode = error.unsupported ? 3 : 1;
}
