import type { Matrix } from '../core/matrix';
import { isSvpError, SvpError } from '../errors';
import type { CallOptions } from '../native/call-options';
import {
  UNCERTAINTY_MEASURES,
  type UncertaintyMeasure,
  type UncertaintyOptions,
  type UncertaintyScores,
  uncertainty,
} from '../native/uncertainty';

export type { UncertaintyMeasure, UncertaintyScores };

/** The measures of a row of logits, by the names of `uncertainty`. */
export const MEASURES: readonly UncertaintyMeasure[] = UNCERTAINTY_MEASURES;

export interface BatchUncertaintyOptions extends CallOptions {
  measures: UncertaintyMeasure[];
  temperature?: number;
}

/**
 * The uncertainty of one batch of a pool whose logits are not kept: `uncertainty`, with errors that name rows of the pool.
 * @param first the batch's first row in the pool
 * @throws SvpError as `uncertainty`
 */
export async function batchUncertainty(
  logits: Matrix,
  first: number,
  options: BatchUncertaintyOptions,
): Promise<UncertaintyScores> {
  try {
    return await uncertainty(logits, options as UncertaintyOptions);
  } catch (error) {
    if (!isSvpError(error) || error.row === undefined || first === 0) throw error;
    const row = first + error.row;
    throw new SvpError(
      error.code,
      `In the batch from row ${first} on, row ${row} of the pool: ${error.message}`,
      { row, column: error.column, cause: error },
    );
  }
}
