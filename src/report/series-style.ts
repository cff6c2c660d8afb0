import type { SubsetFigures } from '../analysis/core-set-figures';
import { methodKey } from '../analysis/core-set-names';
import { type Html, trusted } from './html';

/** How one subset looks in every chart and legend: colour, line and shape each tell it apart alone. */
export interface SeriesStyle {
  /** A colour of the style sheet, so that the same drawing serves the light and the dark scheme. */
  colour: string;
  /** Dash pattern in pixels; empty for a solid line. */
  dash: number[];
  /** Outline in a box of −1 … 1, as Vega's custom shapes are. */
  shape: string;
  /** The oracle's marks are hollow. */
  hollow: boolean;
  lineWidth: number;
}

const SHAPES = {
  circle: 'M0,-0.9A0.9,0.9,0,1,1,0,0.9A0.9,0.9,0,1,1,0,-0.9Z',
  square: 'M-0.8,-0.8H0.8V0.8H-0.8Z',
  diamond: 'M0,-1.1L1.1,0L0,1.1L-1.1,0Z',
  up: 'M0,-1L1.05,0.85H-1.05Z',
  down: 'M0,1L1.05,-0.85H-1.05Z',
  cross: 'M-0.35,-1H0.35V-0.35H1V0.35H0.35V1H-0.35V0.35H-1V-0.35H-0.35Z',
};

// The five colours keep apart in the common kinds of colour blindness (after Okabe and Ito); style.ts holds their values.
const METHODS: Record<string, { colour: string; shape: string }> = {
  entropy: { colour: 'var(--blue)', shape: SHAPES.up },
  'forgetting events': { colour: 'var(--vermilion)', shape: SHAPES.diamond },
  'k centers': { colour: 'var(--green)', shape: SHAPES.down },
  'least confidence': { colour: 'var(--purple)', shape: SHAPES.cross },
  margin: { colour: 'var(--ochre)', shape: SHAPES.square },
};

/** The look of a subset. A method that is not known here gets a spare look, by its position. */
export function seriesStyle(subset: SubsetFigures, position: number): SeriesStyle {
  if (subset.kind === 'full')
    return { colour: 'var(--ink)', dash: [], shape: SHAPES.square, hollow: false, lineWidth: 2 };
  if (subset.kind === 'random')
    return { colour: 'var(--grey)', dash: [], shape: SHAPES.circle, hollow: false, lineWidth: 2 };
  const spares = Object.values(METHODS).reverse();
  const key = methodKey(subset.row.method);
  const look = Object.hasOwn(METHODS, key) ? METHODS[key] : spares[position % spares.length];
  const oracle = subset.kind === 'oracle';
  return { ...look, dash: oracle ? [5, 3] : [], hollow: oracle, lineWidth: 2 };
}

const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2]];

/** The look of random's series in every chart. */
export const RANDOM_STYLE: SeriesStyle = {
  colour: 'var(--grey)',
  dash: [],
  shape: SHAPES.circle,
  hollow: false,
  lineWidth: 2,
};

/**
 * The look of one method with one of several proxies: the colour says the method, shape and dash the proxy (`variant`
 * counts them), and hollow marks the target that chooses for itself. Each is told apart without colour as well.
 */
export function variantStyle(method: string, variant: number, oracle: boolean): SeriesStyle {
  const key = methodKey(method);
  if (key === 'random') return RANDOM_STYLE;
  const looks = Object.values(METHODS);
  const known = Object.hasOwn(METHODS, key) ? METHODS[key] : looks[key.length % looks.length];
  const shapes = [known.shape, ...Object.values(SHAPES).filter((shape) => shape !== known.shape)];
  return {
    colour: known.colour,
    shape: shapes[variant % shapes.length],
    dash: DASHES[variant % DASHES.length],
    hollow: oracle,
    lineWidth: 2,
  };
}

/** The look of the i-th of a list of things that are no methods. */
export function listStyle(i: number): SeriesStyle {
  const looks = Object.values(METHODS);
  return { ...looks[i % looks.length], dash: DASHES[i % DASHES.length], hollow: false, lineWidth: 2 };
}

/** A legend's key: a piece of the line with the mark on it, as a small decorative SVG. */
export function legendKey(style: SeriesStyle): Html {
  // Only constants of this file are inserted.
  const dash = style.dash.length > 0 ? ` stroke-dasharray="${style.dash.join(' ')}"` : '';
  const fill = style.hollow ? 'var(--page)' : style.colour;
  return trusted(
    '<svg class="key" viewBox="0 0 30 12" width="30" height="12" aria-hidden="true" focusable="false">' +
      `<path d="M0,6H30" stroke="${style.colour}" stroke-width="2" fill="none"${dash}/>` +
      `<path d="${style.shape}" transform="translate(15 6) scale(4.4)" fill="${fill}" stroke="${style.colour}" stroke-width="0.36"/></svg>`,
  );
}
