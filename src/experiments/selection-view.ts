import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import type { Matrix } from '../core/matrix';
import { parseOptions } from '../core/options';
import type { Gallery } from '../core/run-record';
import type { FeatureMap, GalleryText, SelectionView, TextGallery } from '../core/selection-view';
import type { ImageSplits } from '../data/dataset';
import { readIndexFile } from '../data/formats/index-file';
import { readNpyMatrix } from '../data/formats/npy';
import { isSvpError } from '../errors';
import { coverageOf } from './coverage';
import { loadImageSource, sourceOf } from './dataset-source';
import { galleryImage } from './gallery';
import { principalPlane } from './principal-plane';
import { type RunSelection, runSelections } from './run-selections';

export interface SelectionViewOptions {
  /** The data that was selected from. Default: the data set that the run names. */
  dataset?: string | ImageSplits;
  /** For a pool of texts, in place of a data set: the text of each row, and its class. */
  texts?: { texts: readonly string[]; classNames?: readonly string[] };
  /** Examples on each side of a gallery. Default 16. */
  gallery?: number;
  cacheDirectory?: string;
  signal?: AbortSignal;
}

const any = z.any().optional();
const schema = z.object({
  dataset: any,
  texts: any,
  gallery: z.int().min(0).max(64).optional(),
  cacheDirectory: z.string().optional(),
  signal: any,
});

/** Selections that are shown side by side at most. */
const MOST_SELECTIONS = 12;
/** Characters of a text that a gallery shows. */
const SNIPPET = 240;

interface Sample {
  features: Matrix;
  rows: Uint32Array;
  of: RunSelection;
}

/** The features that a run kept of a sample of its pool: those of a k-centers run before others, they are what it saw. */
async function sampleOf(selections: readonly RunSelection[]): Promise<Sample | undefined> {
  const first = [...selections].sort(
    (a, b) => Number(b.method === 'k-centers') - Number(a.method === 'k-centers'),
  );
  for (const of of first) {
    const [features, index] = ['features.npy', 'features.index'].map((name) => path.join(of.folder, name));
    const there = await Promise.all([features, index].map((file) => fs.stat(file).catch(() => undefined)));
    if (!there.every(Boolean)) continue;
    const [matrix, rows] = [await readNpyMatrix(features), await readIndexFile(index)];
    if (matrix.rows === rows.length && rows.length > 1) return { features: matrix, rows, of };
  }
  return undefined;
}

/** For each sampled row, its place in an order of selection; Infinity where it was not picked. */
function placesIn({ order }: RunSelection, rows: Uint32Array): Float64Array {
  const place = new Map<number, number>();
  for (const [i, row] of rows.entries()) place.set(row, i);
  const places = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY);
  for (let p = 0; p < order.length; p++) {
    const i = place.get(order[p]);
    if (i !== undefined) places[i] = p;
  }
  return places;
}

/** Rows that a method would do without first: the end of a whole ranking, else the sampled ones nearest to a pick. */
function droppedRows({ order, whole, budgets }: RunSelection, size: number, near?: Uint32Array): Uint32Array {
  const kept = budgets[budgets.length - 1] ?? 0;
  if (whole) return order.slice(Math.max(kept, order.length - size)).reverse();
  return near?.slice(0, size) ?? new Uint32Array(0);
}

function positionsWhere(places: Float64Array, holds: (place: number) => boolean): number[] {
  return Array.from(places.keys()).filter((i) => holds(places[i]));
}

function snippet(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  const letters = [...plain];
  return letters.length > SNIPPET ? `${letters.slice(0, SNIPPET).join('')} …` : plain;
}

/**
 * What a report shows of the examples of a finished run or sweep: where a sample of the pool lies in the plane of its
 * features' principal axes and what each selection took of it, how well selections cover it, and what they kept first
 * and dropped first. It reads the run's folder and its data set; what cannot be read is told in `notes`, not thrown.
 *
 * @param runs a folder of `svp active`, `svp coreset` or `svp sweep`, or several; selections of the lowest seed are shown
 * @throws SvpError SVP_E_OPTION, SVP_E_FILE or SVP_E_FORMAT (no finished run), SVP_E_ABORT
 */
export async function selectionView(
  runs: string | readonly string[],
  options: SelectionViewOptions = {},
): Promise<SelectionView> {
  const given = parseOptions(schema, options, 'selectionView') as SelectionViewOptions;
  const { dataset, selections: all } = await runSelections(typeof runs === 'string' ? [runs] : runs);
  const selections = all.slice(0, MOST_SELECTIONS);
  const view: SelectionView = { coverage: [], galleries: [], texts: [], notes: [] };
  if (selections.length === 0) {
    view.notes.push('The runs’ index files are gone: their selections cannot be shown.');
    return view;
  }
  if (all.length > selections.length)
    view.notes.push(`Of ${all.length} selections, the first ${selections.length} are shown.`);
  const splits = given.texts ? undefined : await images(given, dataset, view.notes);
  const sample = await sampleOf(all);
  const near = new Map<RunSelection, Uint32Array>();
  if (sample) {
    const map = mapOf(sample, splits);
    for (const selection of selections) {
      const places = placesIn(selection, sample.rows);
      const { label, method, budgets } = selection;
      const examples = budgets[0] ?? selection.order.length;
      const positions = positionsWhere(places, (place) => place < examples);
      map.selections.push({ label, method, examples, positions });
      const { points, nearest } = await coverageOf(sample.features, places, budgets, given.signal);
      view.coverage.push({ label, method, points });
      const last = budgets[budgets.length - 1] ?? 0;
      const left = positionsWhere(places, (place) => place >= last).sort((a, b) => nearest[a] - nearest[b]);
      if (method === 'k-centers')
        near.set(
          selection,
          Uint32Array.from(left, (i) => sample.rows[i]),
        );
    }
    view.map = map;
  } else view.notes.push('No run kept features of a sample of its pool: there is no map of them.');
  addGalleries(view, selections, given, splits, near);
  return view;
}

async function images(
  given: SelectionViewOptions,
  name: string,
  notes: string[],
): Promise<ImageSplits | undefined> {
  try {
    return await loadImageSource(sourceOf(given.dataset ?? name, given), {
      ...(given.signal ? { signal: given.signal } : {}),
    });
  } catch (error) {
    if (!isSvpError(error) || error.code === 'SVP_E_ABORT') throw error;
    notes.push(`The examples cannot be shown, because their data set cannot be loaded: ${error.message}`);
    return undefined;
  }
}

function mapOf({ features, rows, of }: Sample, splits: ImageSplits | undefined): FeatureMap {
  const { x, y, variance } = principalPlane(features);
  const known = splits && rows.every((row) => row < splits.train.count);
  return {
    model: of.label,
    // Four digits are more than a drawing of a few hundred pixels shows.
    x: Array.from(x, (value) => Number(value.toPrecision(4))),
    y: Array.from(y, (value) => Number(value.toPrecision(4))),
    ...(known
      ? {
          labels: Array.from(rows, (row) => splits.train.labels[row]),
          classNames: splits.train.classNames,
        }
      : {}),
    variance,
    selections: [],
  };
}

/** One gallery a method: of a proxy rather than of the target itself. */
function addGalleries(
  view: SelectionView,
  selections: readonly RunSelection[],
  { gallery: size = 16, texts }: SelectionViewOptions,
  splits: ImageSplits | undefined,
  near: ReadonlyMap<RunSelection, Uint32Array>,
): void {
  const methods = new Map<string, RunSelection>();
  // A whole ranking knows what it would drop; a proxy's is what the run is about.
  const rank = ({ oracle, whole }: RunSelection) => 2 * Number(oracle) + Number(!whole);
  for (const selection of [...selections].sort((a, b) => rank(a) - rank(b))) {
    if (!methods.has(selection.method)) methods.set(selection.method, selection);
  }
  for (const [method, selection] of methods) {
    const own = selection.order.subarray(selection.random, selection.random + size);
    const dropped = droppedRows(selection, size, near.get(selection));
    if (texts) {
      const item = (row: number): GalleryText => ({
        index: row,
        className: texts.classNames?.[row] ?? '',
        text: snippet(texts.texts[row] ?? ''),
      });
      const gallery: TextGallery = {
        method,
        keptFirst: Array.from(own, item),
        droppedFirst: Array.from(dropped, item),
      };
      view.texts.push(gallery);
    } else if (splits) {
      const { train } = splits;
      if ([...own, ...dropped].some((row) => row >= train.count)) {
        view.notes.push(
          `${method}: rows are beyond the ${train.count} of ${train.name}: is it the same data set?`,
        );
        continue;
      }
      const gallery: Gallery = {
        method,
        keptFirst: Array.from(own, (row) => galleryImage(train, row)),
        droppedFirst: Array.from(dropped, (row) => galleryImage(train, row)),
      };
      view.galleries.push(gallery);
      view.image = { height: train.height, width: train.width, channels: train.channels };
    }
  }
}
