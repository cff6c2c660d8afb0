import { types } from 'node:util';
import { rankDescending } from '../core/rank';
import { SvpError } from '../errors';
import { meanRanks, orderRanks } from './ranks';

/** What one model, or one run of it, thinks of the examples: a score for each, or the order in which it picks them. */
export interface Ranking {
  /** Unique among the rankings that are compared. */
  name: string;
  /** One score an example; higher is picked earlier. Either this or `order`. */
  scores?: Float32Array | Float64Array;
  /** Examples in the order of their selection; those that were not picked tie for the last ranks. */
  order?: Uint32Array;
  /** The examples that were there to be ranked, by their numbers; scores are in this order. Default 0, 1, 2 … */
  rows?: Uint32Array;
  /** What ranked: 'entropy', 'forgetting-events', 'k-centers' … Only rankings of one method are averaged. */
  method?: string;
  /** Which network ranked; runs of the same network that differ in their seed share it. Default: the name. */
  model?: string;
  seed?: number;
  /** After which epoch of its training. A model's ranking of the last epoch is its final one. */
  epoch?: number;
}

/** A ranking of the examples that all rankings have in common, numbered from 0. */
export interface AlignedRanking extends Required<Pick<Ranking, 'name' | 'method' | 'model'>> {
  seed?: number;
  epoch?: number;
  /** 1 for the first; equals share their mean rank. */
  ranks: Float64Array;
  /** Absent where only an order is known. */
  scores?: Float32Array | Float64Array;
  /** The examples, first pick first; fewer than all where only a part was picked. */
  order: Uint32Array;
}

/** Checks one ranking by itself. @throws SvpError SVP_E_OPTION, SVP_E_SHAPE */
export function checkRanking(ranking: Ranking, position: number): void {
  const where = `Ranking ${position} (${JSON.stringify(ranking?.name)})`;
  if (typeof ranking?.name !== 'string' || ranking.name === '') {
    throw new SvpError('SVP_E_OPTION', `Ranking ${position} has no name: give each a name of its own.`);
  }
  const { scores, order, rows } = ranking;
  if ((scores === undefined) === (order === undefined)) {
    throw new SvpError('SVP_E_OPTION', `${where} must have either scores or an order.`);
  }
  if (scores !== undefined && !types.isFloat32Array(scores) && !types.isFloat64Array(scores)) {
    throw new SvpError('SVP_E_SHAPE', `${where}: scores must be a Float32Array or a Float64Array.`);
  }
  for (const [what, list] of Object.entries({ order, rows })) {
    if (list !== undefined && !types.isUint32Array(list)) {
      throw new SvpError('SVP_E_SHAPE', `${where}: ${what} must be a Uint32Array.`);
    }
  }
  if (scores !== undefined && rows !== undefined && scores.length !== rows.length) {
    throw new SvpError('SVP_E_SHAPE', `${where} has ${scores.length} scores for ${rows.length} rows.`);
  }
}

/** How many examples a ranking speaks of, if it says. */
function sizeOf({ scores, rows }: Ranking): number | undefined {
  return rows?.length ?? scores?.length;
}

/**
 * How many examples there are where an order alone does not say: as many as the others have, or name.
 * @throws SvpError SVP_E_INDEX for a pick outside the size that was given
 */
export function poolSize(rankings: readonly Ranking[], given?: number): number {
  let size = given ?? 0;
  if (given === undefined) for (const ranking of rankings) size = Math.max(size, sizeOf(ranking) ?? 0);
  for (const { name, order, rows } of rankings) {
    if (!order || rows) continue;
    for (let i = 0; i < order.length; i++) {
      if (order[i] < size) continue;
      if (given === undefined) size = order[i] + 1;
      else {
        throw new SvpError(
          'SVP_E_INDEX',
          `${name}: pick ${i} is row ${order[i]}, outside the pool of ${given}.`,
          {
            row: i,
          },
        );
      }
    }
  }
  return size;
}

/**
 * The examples that every ranking speaks of, ascending: pools that were drawn by different seeds overlap in part.
 * O(all rows).
 */
export function commonRows(rankings: readonly Ranking[], size: number): Uint32Array {
  let highest = size;
  for (const { rows } of rankings) for (const row of rows ?? []) if (row >= highest) highest = row + 1;
  const seen = new Uint32Array(highest);
  for (const [i, ranking] of rankings.entries()) {
    const { rows, name } = ranking;
    const count = sizeOf(ranking) ?? size;
    for (let k = 0; k < count; k++) {
      const row = rows ? rows[k] : k;
      if (seen[row] === i + 1)
        throw new SvpError('SVP_E_INDEX', `${name}: row ${row} occurs twice.`, { row: k });
      if (seen[row] === i) seen[row]++;
    }
  }
  let kept = 0;
  for (let row = 0; row < highest; row++) if (seen[row] === rankings.length) kept++;
  const common = new Uint32Array(kept);
  for (let row = 0, at = 0; row < highest; row++) if (seen[row] === rankings.length) common[at++] = row;
  return common;
}

/** One ranking, on the common examples alone. O(n). @throws SvpError SVP_E_NONFINITE, SVP_E_INDEX */
export function align(ranking: Ranking, common: Uint32Array): AlignedRanking {
  const { name, method = 'scores', model = name, seed, epoch, scores, order, rows } = ranking;
  const highest = common.length === 0 ? 0 : common[common.length - 1] + 1;
  const place = new Int32Array(highest).fill(-1);
  for (let i = 0; i < common.length; i++) place[common[i]] = i;
  const base = {
    name,
    method,
    model,
    ...(seed === undefined ? {} : { seed }),
    ...(epoch === undefined ? {} : { epoch }),
  };
  if (scores) {
    let kept = scores;
    if (rows || scores.length !== common.length) {
      kept = new Float64Array(common.length);
      for (let k = 0; k < scores.length; k++) {
        const at = place[rows ? rows[k] : k] ?? -1;
        if (at >= 0) kept[at] = scores[k];
      }
    }
    const picked = rankDescending(kept);
    return { ...base, scores: kept, order: picked, ranks: meanRanks(kept, picked) };
  }
  const picked = order!.filter((row) => row < highest && place[row] >= 0).map((row) => place[row]);
  return { ...base, order: picked, ranks: orderRanks(picked, common.length) };
}
