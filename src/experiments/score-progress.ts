import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { writeFileAtomically } from '../core/atomic-file';
import type { NpyExtent } from '../data/formats/npy-append';
import type { BrokenItem } from '../data/pool';
import { SvpError } from '../errors';

/** How far a scoring pass has come; written after its arrays have been flushed, so that it never promises too much. */
export interface ScoreProgress {
  version: 1;
  /** Hash of everything that decides the outputs: model, pool, options. */
  fingerprint: string;
  /** Rows scored: a whole number of batches. */
  rows: number;
  arrays: Record<string, NpyExtent>;
  broken: { count: number; items: BrokenItem[] };
}

/** Broken items that are listed by name; all are counted. */
export const LISTED_BROKEN = 10_000;

const checksum = (body: string) => createHash('sha256').update(body).digest('hex');

/** @throws SvpError SVP_E_WRITE */
export async function writeProgress(file: string, progress: ScoreProgress): Promise<void> {
  const body = JSON.stringify(progress);
  await writeFileAtomically(file, `${checksum(body)}\n${body}\n`);
}

/**
 * The record of an interrupted pass, or undefined where there is none.
 * @throws SvpError SVP_E_CHECKPOINT when it is damaged or of another version, SVP_E_FILE
 */
export async function readProgress(file: string): Promise<ScoreProgress | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new SvpError('SVP_E_FILE', `Cannot read ${file} (${code}).`, { file, cause });
  }
  const [sum, body] = text.split('\n');
  if (body === undefined || checksum(body) !== sum) {
    throw new SvpError(
      'SVP_E_CHECKPOINT',
      `${file}, the record of an interrupted pass, is damaged. Start afresh with --force (force: true).`,
      { file },
    );
  }
  const progress = JSON.parse(body) as ScoreProgress;
  if (progress.version === 1) return progress;
  throw new SvpError(
    'SVP_E_CHECKPOINT',
    `${file} is of version ${String(progress.version)}; this package reads version 1. Start afresh with --force (force: true).`,
    { file },
  );
}
