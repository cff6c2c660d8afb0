import * as path from 'node:path';
import { readTrials } from '../analysis/read-trials';
import { writeFileAtomically } from '../core/atomic-file';
import { REPORT_FILE, renderCoreSetReport } from './core-set-report';
import { type ProtocolReportParts, renderProtocolReport } from './protocol-report';

/** Where the page of some runs goes if nobody says: beside the record of the first. */
export function reportFile(runs: readonly string[]): string {
  const folder = runs[0].endsWith('.json') ? path.dirname(runs[0]) : runs[0];
  return path.join(folder, REPORT_FILE);
}

/**
 * Reads finished runs — of `svp active`, `svp coreset`, `svp sweep` or `svp quickstart` — and writes one self-contained
 * HTML page that compares them, whole or not at all. A quickstart by itself has a page of its own.
 * @param runs a run folder or its record's path, or several that belong together
 * @param output where to write; default `report.html` beside the first record
 * @param parts what else to show: `selectionView(run)`, and a result of `correlate()`
 * @returns the path written
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT (a record), SVP_E_WRITE (output), SVP_E_RUNTIME (chart library missing)
 */
export async function writeReport(
  runs: string | readonly string[],
  output?: string,
  parts: ProtocolReportParts = {},
): Promise<string> {
  const list = typeof runs === 'string' ? [runs] : [...runs];
  const set = await readTrials(list);
  const [only] = set.runs;
  const page =
    list.length === 1 && only.kind === 'quickstart'
      ? await renderCoreSetReport(only.record)
      : await renderProtocolReport(set, parts);
  const file = output ?? reportFile(list);
  await writeFileAtomically(file, page);
  return file;
}
