import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { SvpError } from '../errors';
import { type Addon, type AddonDescription, CONTRACT } from './contract';

/** The package's folder, the same from src/native and from dist/native. */
const packageFolder = path.resolve(__dirname, '..', '..');

let loaded: { addon: Addon; path: string } | undefined;

/** Where an addon may lie, best first. SVP_ADDON names another build (one under a sanitizer, a debug build). */
function candidates(): string[] {
  const named = process.env.SVP_ADDON;
  if (named) return [path.resolve(named)];
  return ['Release', 'Debug'].map((configuration) =>
    path.join(packageFolder, 'build', configuration, 'svp.node'),
  );
}

/** The instruction set that this environment forces, or ''. Read at each call, so that one process can compare them. */
export function instructionSet(): string {
  return process.env.SVP_INSTRUCTION_SET ?? '';
}

/** What differs between this package's contract and the addon's, or undefined. */
function mismatch(addon: Addon): string | undefined {
  const described = new Map((addon.contract ?? []).map((entry) => [entry.name, entry.parameters.join(', ')]));
  for (const [name, parameters] of Object.entries(CONTRACT)) {
    const actual = described.get(name);
    if (actual === undefined) return `it has no ${name}`;
    if (actual !== parameters.join(', ')) return `its ${name} takes (${actual})`;
  }
  return undefined;
}

/**
 * The addon, loaded at the first call and kept.
 * @throws SvpError SVP_E_RUNTIME that lists every place tried, why each failed, and the remedy
 */
export function loadAddon(): Addon {
  if (loaded) return loaded.addon;
  const failures: string[] = [];
  for (const file of candidates()) {
    if (!existsSync(file)) {
      failures.push(`  ${file}: not there`);
      continue;
    }
    let addon: Addon;
    try {
      addon = require(file) as Addon;
    } catch (error) {
      failures.push(`  ${file}: ${(error as Error).message}`);
      continue;
    }
    const difference = mismatch(addon);
    if (difference !== undefined) {
      failures.push(`  ${file}: built from other sources (${difference})`);
      continue;
    }
    loaded = { addon, path: file };
    return addon;
  }
  throw new SvpError(
    'SVP_E_RUNTIME',
    `The native engine could not be loaded (${process.platform} ${process.arch}, Node ${process.version}). Tried:\n${failures.join('\n')}\nBuild it with: npm run setup (needs CMake and a C++17 compiler).`,
  );
}

export interface AddonStatus extends Partial<AddonDescription> {
  loaded: boolean;
  path?: string;
  /** Why it did not load, or cannot run as asked. */
  reason?: string;
}

/** Whether the addon loads and what it would use; never throws. */
export function addonStatus(): AddonStatus {
  try {
    const addon = loadAddon();
    const status: AddonStatus = { loaded: true, path: loaded!.path };
    try {
      return { ...status, ...addon.describe(instructionSet()) };
    } catch (error) {
      // SVP_INSTRUCTION_SET names a set that is not here.
      return { ...status, reason: (error as Error).message };
    }
  } catch (error) {
    return { loaded: false, reason: (error as Error).message };
  }
}
