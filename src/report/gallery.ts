import { capitalised, methodLabel } from '../analysis/core-set-names';
import { formatCount } from '../analysis/units';
import type { CoreSetRecord, Gallery, GalleryImage } from '../core/run-record';
import { type Html, html } from './html';
import { methodNote } from './method-notes';
import { pngDataUri } from './png';

/** Images shown on each side of a method; a record with more is cut here, so that the page stays light. */
export const IMAGES_PER_SIDE = 24;

/** "6 Shirt, 4 Pullover, 2 Coat and 4 of other classes". */
function classMix(images: readonly GalleryImage[]): string {
  const counts = new Map<string, number>();
  for (const { className } of images) counts.set(className, (counts.get(className) ?? 0) + 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1]);
  const shown = ranked.slice(0, ranked.length <= 4 ? 4 : 3).map(([name, count]) => `${count} ${name}`);
  const others = ranked.slice(shown.length).reduce((sum, [, count]) => sum + count, 0);
  return others > 0 ? `${shown.join(', ')}, ${others} of other classes` : shown.join(', ');
}

/** A name that may break after a slash: "T-shirt/top" is wider than its picture. */
function breakable(name: string): Html {
  return html`${name.split('/').map((part, i) => (i === 0 ? html`${part}` : html`/<wbr>${part}`))}`;
}

/** The number of columns that leaves the last row fullest; of equals, the largest. */
export function evenColumns(count: number, choices: readonly number[]): number {
  const missing = (columns: number) => (columns - (count % columns)) % columns;
  return [...choices].sort((a, b) => missing(a) - missing(b) || b - a)[0];
}

function figure(image: GalleryImage, size: { height: number; width: number; channels: number }): Html {
  const name = `${image.className}, image ${image.index}`;
  const source = pngDataUri({ ...size, pixels: Buffer.from(image.pixels, 'base64') });
  return html`<li><img src="${source}" width="${size.width}" height="${size.height}" alt="${name}" title="${name}"><span aria-hidden="true">${breakable(image.className)}</span></li>`;
}

function side(
  heading: string,
  note: string,
  images: readonly GalleryImage[],
  size: { height: number; width: number; channels: number },
): Html {
  const shown = images.slice(0, IMAGES_PER_SIDE);
  const cut =
    images.length > shown.length
      ? ` The first ${formatCount(shown.length)} of ${formatCount(images.length)} are shown.`
      : '';
  if (shown.length === 0) return html`<div class="side"><h4>${heading}</h4><p class="quiet">None.</p></div>`;
  return html`<div class="side">
<h4>${heading}</h4>
<p class="quiet">${note}${cut}</p>
<ul class="images" style="--wide:${evenColumns(shown.length, [5, 6, 7, 8])};--narrow:${evenColumns(shown.length, [4, 5])}">
${shown.map((image) => html`${figure(image, size)}\n`)}</ul>
<p class="mix">${classMix(shown)}</p>
</div>`;
}

/** What one method kept first and dropped first, side by side. */
export function methodGallery(
  gallery: Gallery,
  size: { height: number; width: number; channels: number },
): Html {
  const note = methodNote(gallery.method);
  return html`<section class="gallery">
<h3>${capitalised(methodLabel(gallery.method))}</h3>
<p>${note.meaning}</p>
<div class="sides">
${side('Kept first', note.kept, gallery.keptFirst, size)}
${gallery.droppedFirst.length > 0 && side('Dropped first', note.dropped, gallery.droppedFirst, size)}
</div>
</section>
`;
}

/** What each method kept first and dropped first, as images of the page itself; nothing if the record has none. */
export function galleries(record: CoreSetRecord): Html | undefined {
  if (record.galleries.length === 0) return undefined;
  const { height, width, channels } = record.dataset;
  return html`${record.galleries.map((gallery) => methodGallery(gallery, { height, width, channels }))}`;
}
