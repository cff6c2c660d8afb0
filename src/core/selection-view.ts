import type { Gallery } from './run-record';

/** Where a sample of the pool lies in the plane of its features' two principal axes, and what selections took of it. */
export interface FeatureMap {
  /** Whose features: 'preact8, 5 epochs'. */
  model: string;
  /** A coordinate for each sampled example, along the first and the second principal axis. */
  x: number[];
  y: number[];
  /** Class of each, where it is known. */
  labels?: number[];
  classNames?: string[];
  /** Share of the features' variance along each of the two axes. */
  variance: [number, number];
  selections: MappedSelection[];
}

/** What one selection took of a map's sample. */
export interface MappedSelection {
  label: string;
  method: string;
  /** Of the whole selection. */
  examples: number;
  /** Positions in the map of the sampled examples that are in the selection. */
  positions: number[];
}

/** How well growing parts of one selection cover a sample of the pool. */
export interface CoverageCurve {
  label: string;
  method: string;
  points: {
    examples: number;
    /** Sampled examples that are selected: distances are to the nearest of them. */
    sampled: number;
    /** The largest distance of a sampled example to the nearest selected one: the coverage radius. */
    radius: number;
    /** The mean of those distances. */
    mean: number;
  }[];
}

/** One text of a gallery, cut to a snippet. */
export interface GalleryText {
  index: number;
  className: string;
  text: string;
}

/** What one method kept first and dropped first of a pool of texts. */
export interface TextGallery {
  method: string;
  keptFirst: GalleryText[];
  droppedFirst: GalleryText[];
}

/** What a report shows of the examples themselves: read from finished runs and their data set, not recorded by them. */
export interface SelectionView {
  map?: FeatureMap;
  /** Of the map's sample. */
  coverage: CoverageCurve[];
  galleries: Gallery[];
  /** Size of the galleries' images. */
  image?: { height: number; width: number; channels: number };
  texts: TextGallery[];
  /** What could not be shown, and why. */
  notes: string[];
}
