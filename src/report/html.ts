/** A piece of HTML that is safe to insert as it is: made by the `html` template, or vouched for by `trusted`. */
export class Html {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text → HTML text, safe in an element and between quotes in an attribute. NUL, which HTML forbids, becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]).replaceAll('\0', '�');
}

/** What a template may hold: text and numbers are escaped, Html is not, lists are joined, nothing is nothing. */
export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

function rendered(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(rendered).join('');
  return escapeHtml(String(value));
}

/**
 * The page's only way to make HTML: everything interpolated is escaped unless it is itself Html. Attributes must be
 * written with quotes around the interpolation.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let text = strings[0];
  for (let i = 0; i < values.length; i++) text += rendered(values[i]) + strings[i + 1];
  return new Html(text);
}

/** Markup from a source that escapes for itself (our style sheet, the chart renderer's SVG). Never for data. */
export function trusted(markup: string): Html {
  return new Html(markup);
}
