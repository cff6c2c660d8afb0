import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** A folder of its own for a test file, removed afterwards; data sets converted once go to the user's cache. */
export function temporaryFolder(): { path: (name: string) => string } {
  let folder = '';
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-training-'));
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));
  return { path: (name) => path.join(folder, name) };
}

/** Every file below a folder, with slashes, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

/** The fields of a table with a heading line, as numbers. */
export async function readTable(file: string): Promise<Record<string, number>[]> {
  const [heading, ...lines] = (await fs.readFile(file, 'utf8')).trimEnd().split('\n');
  const names = heading.split(',');
  return lines.map((line) =>
    Object.fromEntries(
      line.split(',').map((field, i) => [names[i], field === '' ? Number.NaN : Number(field)]),
    ),
  );
}

/** The temporary names that an interrupted write would leave. */
export function litter(files: string[]): string[] {
  return files.filter((file) => file.endsWith('.tmp'));
}
