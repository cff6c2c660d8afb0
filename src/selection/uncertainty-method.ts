import type { Matrix } from '../core/matrix';
import { isSvpError, SvpError } from '../errors';
import type { CallOptions } from '../native/call-options';
import { uncertainty } from '../native/uncertainty';
import type { RowScorer, SelectionMethod } from './method';
import { rankDescending } from './rank';

export type Measure = 'leastConfidence' | 'margin' | 'entropy';

/** What the three methods that rank by a measure of the logits share: picks are the highest scores, stable. */
export function uncertaintyMethod(
  measure: Measure,
  described: Pick<SelectionMethod, 'name' | 'aliases' | 'summary'>,
): SelectionMethod {
  return {
    ...described,
    needs: 'logits',
    async pick({ poolSize, budget, initial, logits, threads, signal, onProgress }) {
      const scorer = uncertaintyScorer(measure, poolSize, { threads, signal, onProgress });
      await scorer.add(logits as Matrix);
      const scores = scorer.finish();
      return { indices: rankDescending(scores, budget, initial), scores };
    },
    rowScorer: (rows, options) => uncertaintyScorer(measure, rows, options),
  };
}

function uncertaintyScorer(measure: Measure, rows: number, options: CallOptions = {}): RowScorer {
  const scores = new Float32Array(rows);
  let filled = 0;
  return {
    async add(logits) {
      if (filled + logits.rows > rows) {
        throw new SvpError(
          'SVP_E_SHAPE',
          `The logits have ${filled + logits.rows} rows so far, but the pool has ${rows}.`,
        );
      }
      const batch = await uncertainty(logits, { ...options, measures: [measure] }).catch((error) => {
        throw inPoolRows(error, filled);
      });
      scores.set(batch[measure]!, filled);
      filled += logits.rows;
    },
    finish() {
      if (filled !== rows) {
        throw new SvpError('SVP_E_SHAPE', `The logits have ${filled} rows, but the pool has ${rows}.`);
      }
      return scores;
    },
  };
}

/** An error about row r of a batch that starts at row `first` of the pool, said of row first + r. */
function inPoolRows(error: unknown, first: number): unknown {
  if (first === 0 || !isSvpError(error) || error.row === undefined) return error;
  const row = first + error.row;
  return new SvpError(
    error.code,
    `In the batch from row ${first} on, row ${row} of the pool: ${error.message}`,
    {
      row,
      column: error.column,
      cause: error,
    },
  );
}
