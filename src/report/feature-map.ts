import { formatCount, formatShare, NBSP } from '../analysis/units';
import type { FeatureMap, MappedSelection } from '../core/selection-view';
import { escapeHtml, type Html, html, trusted } from './html';
import { placeLabels } from './label-placement';
import { selectionName } from './selection-name';
import { variantStyle } from './series-style';

const SIZE = 320;
const EDGE = 10;

/** A map's examples in pixels. */
interface Placed {
  px: number[];
  py: number[];
  height: number;
}

/** Both axes to the same scale, as high as that needs; the first grows to the right, the second up. */
function placed({ x, y }: FeatureMap): Placed {
  const range = (values: readonly number[]) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return [low, high];
  };
  const [x0, x1] = range(x);
  const [y0, y1] = range(y);
  const scale = (SIZE - 2 * EDGE) / (Math.max(x1 - x0, y1 - y0) || 1);
  const height = Math.round(Math.max(SIZE / 3, scale * (y1 - y0) + 2 * EDGE));
  return {
    px: x.map((value) => SIZE / 2 + scale * (value - (x0 + x1) / 2)),
    py: y.map((value) => height / 2 - scale * (value - (y0 + y1) / 2)),
    height,
  };
}

/** Dots as one path of round-capped strokes of no length: seven bytes a dot, where a circle takes fifty. */
function dots(px: readonly number[], py: readonly number[], positions: readonly number[]): string {
  return positions.map((i) => `M${px[i].toFixed(1)} ${py[i].toFixed(1)}h0`).join('');
}

function drawing(name: string, height: number, layers: string): Html {
  return trusted(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${height}" width="${SIZE}" height="${height}" role="img" aria-label="${escapeHtml(name)}" focusable="false">${layers}</svg>`,
  );
}

const layer = (path: string, colour: string, width: number, opacity: number) =>
  `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" opacity="${opacity}"/>`;

/** Where the classes lie: every example, and each class's name at the middle of its examples. */
function classPanel(map: FeatureMap, { px, py, height }: Placed): Html | undefined {
  const { labels, classNames } = map;
  if (!labels || !classNames || classNames.length > 24) return undefined;
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const points = classNames.flatMap((text, c) => {
    const own = labels.flatMap((label, i) => (label === c ? [i] : []));
    if (own.length === 0) return [];
    return [{ text, x: median(own.map((i) => px[i])), y: median(own.map((i) => py[i])) }];
  });
  const area = { left: 2, right: SIZE - 2, top: 2, bottom: height - 2 };
  const places = placeLabels(points, 11, area);
  const anchors = { left: 'start', right: 'end', center: 'middle' };
  const names = points.map(({ text, x, y }, i) => {
    const { dx, dy, align } = places[i];
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="var(--ink)"/><text x="${(x + dx).toFixed(1)}" y="${(y + dy + 4).toFixed(1)}" text-anchor="${anchors[align]}">${escapeHtml(text)}</text>`;
  });
  const all = layer(dots(px, py, [...px.keys()]), 'var(--grey)', 2.4, 0.55);
  return html`<figure><figcaption>The classes, named at the median of their examples</figcaption>${drawing(`Map of ${formatCount(px.length)} examples with the names of ${points.length} classes.`, height, all + names.join(''))}</figure>
`;
}

function selectionPanel(selection: MappedSelection, { px, py, height }: Placed): Html {
  const chosen = new Set(selection.positions);
  const rest = [...px.keys()].filter((i) => !chosen.has(i));
  const style = variantStyle(selection.method, 0, false);
  const colour = style.colour === 'var(--grey)' ? 'var(--ink)' : style.colour;
  const share = `${formatShare(Math.round((1000 * chosen.size) / px.length) / 1000)}${NBSP}%`;
  const name = `${selectionName(selection)}: ${formatCount(chosen.size)} of the ${formatCount(px.length)} examples on the map are selected, ${share}.`;
  const layers =
    layer(dots(px, py, rest), 'var(--grey)', 1.6, 0.4) +
    layer(dots(px, py, selection.positions), colour, 4, 0.85);
  return html`<figure><figcaption><b>${selectionName(selection)}</b>, ${formatCount(selection.examples)} selected, ${share} of the map</figcaption>${drawing(name, height, layers)}</figure>
`;
}

/** The map: a panel with the classes, and one for each selection, all of the same examples at the same places. */
export function featureMapPanels(map: FeatureMap): Html {
  const places = placed(map);
  const [first, second] = map.variance.map(
    (share) => `${formatShare(Math.round(1000 * share) / 1000)}${NBSP}%`,
  );
  return html`<p>Each dot is one of ${formatCount(map.x.length)} examples drawn from the pool, at the place that the features of the model behind “${map.model}” give it in the plane of their two principal axes, which hold ${first} and ${second} of their variance: what lies apart here lies apart, but what lies together may differ in other directions. Large dots are selected.</p>
<div class="maps">
${classPanel(map, places)}${map.selections.map((selection) => selectionPanel(selection, places))}</div>
`;
}
