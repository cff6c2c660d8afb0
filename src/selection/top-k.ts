import { types } from 'node:util';
import { SvpError } from '../errors';
import { rankDescending } from './rank';

/** Room beyond k before the candidates are thinned out, so that small k are not thinned out at every batch. */
const LEAST_ROOM = 4096;

/** What TopK has kept, best first. */
export interface TopKResult {
  indices: Uint32Array;
  scores: Float64Array;
}

/**
 * The k highest scores of a stream: the same rows in the same order as `rankDescending` of all scores together (equal
 * scores keep the lowest row first), in O(k) memory however many rows go by. A score is compared with the k-th best so
 * far and mostly forgotten; survivors are ranked k at a time, so a row costs O(1) on average.
 *
 * @example
 * const top = new TopK(1000);
 * for (const { scores, firstRow } of batches) top.add(scores, firstRow);
 * const { indices } = top.result();
 */
export class TopK {
  readonly k: number;
  /** Candidates by ascending row. */
  private rows: Uint32Array;
  private scores: Float64Array;
  private held = 0;
  /** The k-th best score once k candidates were ranked: a later row must be above it. */
  private threshold = Number.NaN;
  private nextRow = 0;

  /**
   * @param k how many to keep, 0 … 2^31
   * @throws SvpError SVP_E_OPTION
   */
  constructor(k: number) {
    if (!Number.isInteger(k) || k < 0 || k > 2 ** 31) {
      throw new SvpError('SVP_E_OPTION', `TopK: k must be a whole number of at least 0, not ${String(k)}.`, {
        option: 'k',
      });
    }
    this.k = k;
    this.rows = new Uint32Array(Math.min(k + LEAST_ROOM, 2 * LEAST_ROOM));
    this.scores = new Float64Array(this.rows.length);
  }

  /**
   * Takes the scores of rows firstRow, firstRow + 1, …. Batches come in the order of their rows; rows may be left out.
   * @throws SvpError SVP_E_NONFINITE (a score is NaN; names its row), SVP_E_INDEX (rows that were given before, or beyond
   *   2^32), SVP_E_SHAPE; then nothing was taken
   */
  add(scores: Float32Array | Float64Array, firstRow: number): void {
    if (!types.isFloat32Array(scores) && !types.isFloat64Array(scores)) {
      throw new SvpError('SVP_E_SHAPE', 'Scores must be a Float32Array or a Float64Array.');
    }
    if (!Number.isInteger(firstRow) || firstRow < this.nextRow || firstRow + scores.length > 2 ** 32) {
      throw new SvpError(
        'SVP_E_INDEX',
        `TopK: rows come in ascending order, so firstRow must be at least ${this.nextRow}, not ${String(firstRow)}.`,
        Number.isInteger(firstRow) ? { row: firstRow } : {},
      );
    }
    for (let i = 0; i < scores.length; i++) {
      if (Number.isNaN(scores[i])) {
        const row = firstRow + i;
        throw new SvpError(
          'SVP_E_NONFINITE',
          `The score of row ${row} is NaN: it has no place in a ranking.`,
          {
            row,
          },
        );
      }
    }
    this.nextRow = firstRow + scores.length;
    if (this.k === 0) return;
    for (let i = 0; i < scores.length; i++) {
      // Written so that a threshold that is not there yet (NaN) lets everything through.
      if (scores[i] <= this.threshold) continue;
      if (this.held === this.rows.length) this.makeRoom();
      if (scores[i] <= this.threshold) continue;
      this.rows[this.held] = firstRow + i;
      this.scores[this.held++] = scores[i];
    }
  }

  /** The best k so far, or all rows if there are fewer, best first. More may be added afterwards. */
  result(): TopKResult {
    const best = rankDescending(this.scores.subarray(0, this.held), this.k);
    return {
      indices: best.map((at) => this.rows[at]),
      scores: Float64Array.from(best, (at) => this.scores[at]),
    };
  }

  /** Thins the candidates out to the best k, or grows while there are not that many. */
  private makeRoom(): void {
    const capacity = Math.max(2 * this.k, this.k + LEAST_ROOM);
    if (this.held < capacity) {
      const size = Math.min(capacity, 2 * this.held);
      const { rows, scores } = this;
      this.rows = new Uint32Array(size);
      this.scores = new Float64Array(size);
      this.rows.set(rows);
      this.scores.set(scores);
      return;
    }
    const best = rankDescending(this.scores, this.k);
    this.threshold = this.scores[best[this.k - 1]];
    best.sort(); // ascending, which keeps the rows in order
    best.forEach((from, to) => {
      this.rows[to] = this.rows[from];
      this.scores[to] = this.scores[from];
    });
    this.held = this.k;
  }
}
