// Part "typescript": src/ compiled into dist/. Compiled beside and swapped in, so that dist/ is never half new.
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commonCause, SetupError } from './errors.mjs';
import { errorLines, run } from './run.mjs';
import { hashInputs, readJson, sweep, writeJson } from './stamp.mjs';

const stampFile = (context) => join(context.root, 'dist', '.svp-setup.json');

function wantedKey(context) {
  const compiler = readJson(join(context.root, 'node_modules', 'typescript', 'package.json'))?.version;
  return hashInputs(context.root, [join(context.root, 'tsconfig.json'), join(context.root, 'src')], {
    compiler,
  });
}

export const typescript = {
  part: 'typescript',
  title: 'TypeScript',

  check(context) {
    const stamp = readJson(stampFile(context));
    if (stamp === null) return { state: 'missing', detail: 'dist/ is not compiled' };
    if (stamp.key !== wantedKey(context))
      return { state: 'stale', detail: 'src/ has changed since dist/ was compiled' };
    if (!existsSync(join(context.root, 'dist', 'index.js')))
      return { state: 'stale', detail: 'dist/index.js is missing' };
    return { state: 'ready', detail: 'dist/' };
  },

  async make(context) {
    sweep(context.root, /^dist-.*\.tmp$/);
    const key = wantedKey(context);
    const fresh = join(context.root, `dist-${process.pid}.tmp`);
    const old = join(context.root, `dist-old-${process.pid}.tmp`);
    const compiler = join(context.root, 'node_modules', 'typescript', 'bin', 'tsc');
    try {
      const result = await run(context, 'typescript', [
        ...[process.execPath, compiler, '-p', join(context.root, 'tsconfig.json')],
        ...['--outDir', fresh, '--pretty', 'false'],
      ]);
      if (result.code !== 0) {
        const o = { what: 'dist/', where: context.root, source: 'nothing', log: result.log };
        throw (
          commonCause(result.output, o) ??
          new SetupError(
            `TypeScript found errors: ${errorLines(result.output)}`,
            'Correct them and run the same command again.',
            {
              log: result.log,
            },
          )
        );
      }
      const command = join(fresh, 'cli', 'main.js');
      if (existsSync(command)) chmodSync(command, 0o755);
      writeJson(join(fresh, '.svp-setup.json'), { key });
      if (existsSync(join(context.root, 'dist'))) renameSync(join(context.root, 'dist'), old);
      renameSync(fresh, join(context.root, 'dist'));
    } finally {
      rmSync(fresh, { recursive: true, force: true });
      rmSync(old, { recursive: true, force: true });
    }
  },
};
