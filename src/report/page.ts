import { type Html, html, trusted } from './html';
import { STYLE } from './style';

/** A part of a page, with its heading. */
export interface PageSection {
  id: string;
  heading: string;
  body: Html;
}

export interface Page {
  title: string;
  /** A line above the title. */
  over: string;
  /** The finding, in one or two sentences. */
  finding: string;
  /** What follows it: what was done, the figures to remember. */
  lead: Html;
  sections: readonly (PageSection | undefined)[];
  footer: string;
}

/** What every page says of the method. */
export const SOURCE =
  'The method: Coleman et al., “Selection via Proxy: Efficient Data Selection for Deep Learning”, 2020.';

/**
 * A whole HTML document that needs nothing but itself: no script, no font, no request. It follows the reader's light or
 * dark scheme, and is made for phones and paper as well.
 */
export function renderPage({ title, over, finding, lead, sections, footer }: Page): string {
  // The policy forbids every request, also should a defect let one in.
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · selection via proxy</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<p class="over">${over}</p>
<h1>${title}</h1>
<p class="finding">${finding}</p>
${lead}
</header>
<main>
${sections.map(
  (section) =>
    section &&
    html`<section aria-labelledby="${section.id}">
<h2 id="${section.id}">${section.heading}</h2>
${section.body}</section>
`,
)}</main>
<footer>${footer}</footer>
</body>
</html>
`;
  return page.toString();
}
