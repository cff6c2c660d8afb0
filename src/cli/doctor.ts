import type { Command } from 'commander';
import { SvpError } from '../errors';
import type { DoctorReport } from '../experiments/doctor';
import type { CliContext, CommonOptions } from './context';
import { addCommonOptions, resolvedOptions } from './options';

/** Declares `svp doctor`: what is installed, which backend will be used and why, what to do about what is missing. */
export function registerDoctor(program: Command, context: CliContext): void {
  const command = program
    .command('doctor')
    .summary('what is installed, which backend will be used, what to do about what is missing')
    .description(
      'Looks at every part that svp needs. Exit code 0 when the main jobs can run, 4 when something that they need is missing.',
    );
  addCommonOptions(command).action(async (_options: unknown, self: Command) => {
    const given = await resolvedOptions<CommonOptions>(self);
    const { doctor } = require('../experiments/doctor') as typeof import('../experiments/doctor');
    const { printData, printJson } = require('./output') as typeof import('./output');
    const report = await doctor();
    if (given.json) await printJson(context, report);
    else await printData(context, doctorText(report));
    if (!report.ok) {
      const missing = Object.entries(report.parts)
        .filter(([, { state }]) => state === 'missing')
        .map(([name]) => name);
      throw new SvpError(
        'SVP_E_RUNTIME',
        `Missing: ${missing.join(', ')}. ${given.json ? 'See "fix" of each part.' : 'The lines above say what to do.'}`,
      );
    }
  });
}

const MARKS = { ok: 'ok', missing: 'MISSING', off: 'off', warning: 'warning' } as const;

/** The report as text: one line a part, with the remedy beneath. */
export function doctorText(report: DoctorReport): string {
  const lines = Object.entries(report.parts).flatMap(([name, { state, detail, fix }]) => [
    `${name.padEnd(9)} ${MARKS[state].padEnd(8)} ${detail}`,
    ...(fix && state !== 'off' ? [`${' '.repeat(19)}→ ${fix}`] : []),
  ]);
  const { device, instructionSet, threads, why } = report.backend;
  const backend =
    device === 'none'
      ? 'Selection cannot run.'
      : `Selection runs on the ${device === 'cuda' ? 'GPU where the job is large, else on the CPU' : 'CPU'}: ${instructionSet}, ${threads} thread${threads === 1 ? '' : 's'} (${why}).`;
  const { select, train, quickstart } = report.can;
  const word = (able: boolean) => (able ? 'yes' : 'no');
  return `${lines.join('\n')}\n\n${backend}\nsvp select: ${word(select)}, svp train: ${word(train)}, svp quickstart: ${word(quickstart)}\n`;
}
