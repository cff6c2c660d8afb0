import { z } from 'zod';
import { checkMatrix, type Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import { SvpError } from '../errors';
import { allocate } from './allocate';
import { type CallOptions, callOptions } from './call-options';
import { runJob } from './job';
import { instructionSet, loadAddon } from './load';
import { pin } from './pin';

/** How a committee disagrees: query by committee (Seung et al. 1992) and BALD (Houlsby et al. 2011). */
export const COMMITTEE_MEASURES = ['voteEntropy', 'meanKl', 'mutualInformation'] as const;
export type CommitteeMeasure = (typeof COMMITTEE_MEASURES)[number];

const schema = z.object({
  ...callOptions,
  measures: z.array(z.enum(COMMITTEE_MEASURES)).min(1).optional(),
  temperature: z.number().min(1e-6).max(1e6).optional(),
});

export interface CommitteeOptions extends CallOptions {
  /** Default: all three. */
  measures?: CommitteeMeasure[];
  /** Logits are divided by it before the softmax; 1e-6 … 1e6, default 1. */
  temperature?: number;
}

/** One value a row for each measure that was asked for, in nats; higher is always more uncertain. */
export interface CommitteeScores {
  /** −Σ v/J log(v/J), v being the members of J whose largest logit is a class's; on ties the lowest class. */
  voteEntropy?: Float32Array;
  /** The mean Kullback-Leibler divergence of the members from their mean, the consensus (McCallum and Nigam 1998). */
  meanKl?: Float32Array;
  /** BALD: the entropy of the mean less the mean entropy, H(p̄) − mean H(p). The same number as meanKl, by algebra. */
  mutualInformation?: Float32Array;
}

/**
 * How much the members of a committee disagree about each row, from the logits (rows × classes) that each gives for the
 * same examples: several trained models, epochs of one, or passes with dropout. A row depends on no other, so batches can
 * be scored as they come. float64 inside: within 2 float32 ulp or 1e-7 of an exact evaluation, the same to the bit for
 * every number of threads and instruction set. A −Infinity logit is probability 0. Time: an exponential a logit, twice.
 * Memory beyond the inputs: the scores. The inputs are not changed; do not write to them or transfer them meanwhile.
 *
 * @param members at least one matrix, all of one shape
 * @throws SvpError SVP_E_SHAPE (no members, or of different shapes), SVP_E_NONFINITE (NaN, +Infinity, or a row of −Infinity
 *   alone; names member, row and column), SVP_E_OPTION, SVP_E_MEMORY, SVP_E_ABORT, SVP_E_RUNTIME
 */
export async function committeeUncertainty(
  members: readonly Matrix[],
  options?: CommitteeOptions,
): Promise<CommitteeScores> {
  if (!Array.isArray(members) || members.length === 0) {
    throw new SvpError('SVP_E_SHAPE', 'members must be an array of at least one { data, rows, columns }.');
  }
  members.forEach((member, j) => {
    checkMatrix(member, `members[${j}]`);
    if (member.rows !== members[0].rows || member.columns !== members[0].columns) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `members[${j}] is ${member.rows} × ${member.columns}, members[0] ${members[0].rows} × ${members[0].columns}: all must score the same rows and classes.`,
      );
    }
  });
  const o = parseOptions(schema, options, 'committeeUncertainty');
  const { rows, columns } = members[0];
  if (rows > 0 && columns === 0) {
    throw new SvpError(
      'SVP_E_SHAPE',
      `members have ${rows} rows without columns: there must be at least one class.`,
    );
  }
  const addon = loadAddon();
  const measures = o.measures ?? COMMITTEE_MEASURES;
  const scores: CommitteeScores = {};
  for (const measure of measures) {
    scores[measure] = allocate(Float32Array, rows, `The ${measure} of ${rows} rows`);
  }
  const divergence = scores.meanKl ?? scores.mutualInformation ?? null;
  const inputs = members.map(({ data }) => pin(data));
  await runJob(
    () =>
      addon.committeeUncertainty(
        inputs.map(({ array }) => array),
        rows,
        columns,
        o.temperature ?? 1,
        o.threads ?? 0,
        scores.voteEntropy ?? null,
        divergence,
        instructionSet(),
      ),
    {
      signal: o.signal,
      onProgress: o.onProgress,
      stage: 'committee',
      unit: 'rows',
      total: rows,
      pins: inputs,
    },
  );
  if (scores.meanKl && scores.mutualInformation) scores.mutualInformation.set(scores.meanKl);
  return scores;
}
