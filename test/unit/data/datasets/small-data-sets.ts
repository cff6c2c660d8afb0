import { execFileSync } from 'node:child_process';
import * as path from 'node:path';

/** Small data sets in the true formats, made by examples/make-data-sets.mjs in a folder. */
export function makeSmallDataSets(folder: string): string {
  const script = path.join(__dirname, '..', '..', '..', '..', 'examples', 'make-data-sets.mjs');
  execFileSync(process.execPath, [script, folder], { stdio: 'pipe' });
  return folder;
}
