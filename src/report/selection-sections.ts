import { capitalised, methodLabel } from '../analysis/core-set-names';
import { formatCount } from '../analysis/units';
import type { CoverageCurve, GalleryText, SelectionView, TextGallery } from '../core/selection-view';
import type { Chart } from './chart';
import { methodGallery } from './gallery';
import { type Html, html } from './html';
import { lineChart } from './line-chart';
import { methodNote } from './method-notes';
import { selectionName } from './selection-name';
import { listStyle, variantStyle } from './series-style';

const TEXTS_PER_SIDE = 12;

/** A distance with three significant digits. */
const distance = (value: number) => value.toPrecision(3);

/** The coverage radius by budget, a line for each selection. */
export function coverageChart(coverage: readonly CoverageCurve[], sampled: number): Chart | undefined {
  const curves = coverage.filter((curve) => curve.points.length > 0);
  if (curves.length === 0) return undefined;
  const budgets = [...new Set(curves.flatMap((curve) => curve.points.map((p) => p.examples)))].sort(
    (a, b) => a - b,
  );
  const seen = new Map<string, number>();
  return lineChart({
    id: 'coverage',
    title: 'Coverage against budget',
    caption: `The coverage radius: the largest distance, in the space of the features, of one of ${formatCount(sampled)} examples drawn from the pool to the nearest of them that is selected. Lower covers better. Greedy k-centers makes this small; the others do not try.`,
    alternative: `Line chart of the coverage radius by budget. Last: ${curves
      .map((curve) => `${curve.label} ${distance(curve.points[curve.points.length - 1].radius)}`)
      .join('; ')}.`,
    xTitle: 'Examples selected',
    yTitle: 'Coverage radius',
    series: curves.map(({ label, method, points }) => {
      const variant = seen.get(method) ?? 0;
      seen.set(method, variant + 1);
      return {
        label: selectionName({ label, method }),
        style: method === '' ? listStyle(variant) : variantStyle(method, variant, false),
        points: points.map((point) => ({ x: point.examples, y: point.radius })),
      };
    }),
    text: distance,
    within: [0, Number.POSITIVE_INFINITY],
    figures: {
      headings: [
        'Selected',
        ...curves.flatMap((curve) => [`${selectionName(curve)}, radius`, 'mean distance']),
      ],
      rows: budgets.map((budget) => [
        formatCount(budget),
        ...curves.flatMap(({ points }) => {
          const point = points.find((candidate) => candidate.examples === budget);
          return point ? [distance(point.radius), distance(point.mean)] : ['', ''];
        }),
      ]),
    },
  });
}

function textSide(heading: string, note: string, texts: readonly GalleryText[]): Html {
  const shown = texts.slice(0, TEXTS_PER_SIDE);
  if (shown.length === 0) return html`<div class="side"><h4>${heading}</h4><p class="quiet">None.</p></div>`;
  return html`<div class="side">
<h4>${heading}</h4>
<p class="quiet">${note}</p>
<ul class="texts">
${shown.map(({ className, text, index }) => html`<li title="text ${index}"><b>${className}</b>${text}</li>\n`)}</ul>
</div>`;
}

function textGallery({ method, keptFirst, droppedFirst }: TextGallery): Html {
  const note = methodNote(method);
  return html`<section class="gallery">
<h3>${capitalised(methodLabel(method))}</h3>
<p>${note.meaning.replaceAll('images', 'texts').replaceAll('image', 'text')}</p>
<div class="sides">
${textSide('Kept first', note.kept, keptFirst)}
${droppedFirst.length > 0 && textSide('Dropped first', note.dropped, droppedFirst)}
</div>
</section>
`;
}

/** What each selection kept first and dropped first, as images or as snippets of text. */
export function viewGalleries({ galleries, image, texts }: SelectionView): Html | undefined {
  if (galleries.length + texts.length === 0) return undefined;
  return html`<p>The first examples of each selection and the first that it would do without. Each name is the label in the data set.</p>
${image && galleries.map((gallery) => methodGallery(gallery, image))}${texts.map(textGallery)}`;
}
