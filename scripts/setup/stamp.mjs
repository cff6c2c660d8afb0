// Stamps say what a part was made from. They are written last and by rename, so a part that was interrupted has none.
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { ensureFolder } from './context.mjs';

/** All files below a path (or the file itself), sorted, so that the order of a directory listing does not matter. */
export function filesBelow(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  const files = [];
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) files.push(...filesBelow(child));
    else files.push(child);
  }
  return files.sort();
}

/**
 * SHA-256 over names and contents of the given files and folders plus any further facts (versions, platform).
 * @param {string} root names are taken relative to it, so that a moved checkout keeps its stamps
 * @param {string[]} paths @param {unknown} [facts]
 */
export function hashInputs(root, paths, facts = null) {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const file of paths.flatMap(filesBelow)) {
    const content = readFileSync(file);
    hash.update(`\0${relative(root, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** SHA-256 of a file too large to hold in memory. @returns {Promise<string>} */
export function hashFile(path) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(path, { highWaterMark: 1 << 20 })
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')));
  });
}

/** The JSON in a file, or null where it is missing or damaged: both mean "make it again". */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Write JSON so that a reader sees the old content or the new one, never a part. */
export function writeJson(path, value) {
  ensureFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(temporary, path);
}

/** Remove temporary files and folders of set-ups that ended early. Call only while holding the lock. */
export function sweep(folder, pattern) {
  let names = [];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names)
    if (pattern.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
}
