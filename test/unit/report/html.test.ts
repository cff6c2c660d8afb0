import * as fc from 'fast-check';
import { escapeHtml, html, trusted } from '../../../src/report/html';

test('text is escaped, in elements and in attributes', () => {
  const evil = `<script>alert("1")</script> & 'x'`;
  expect(html`<p title="${evil}">${evil}</p>`.toString()).toBe(
    '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;">' +
      '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;</p>',
  );
});

test('templates nest without being escaped twice, lists are joined, nothing is nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}${undefined}${null}${false}${0}</ul>${trusted('<hr>')}`.toString()).toBe(
    '<ul><li>a</li><li>&lt;b&gt;</li>0</ul><hr>',
  );
});

test('an object that only looks like markup is not trusted', () => {
  const forged = { text: '<script>', toString: () => '<script>' };
  expect(() => html`${forged as never}`.toString()).toThrow();
});

test('no text can leave its place: nothing that HTML reads survives, and the text can be read back', () => {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", '\0', 'a', 'é', ' ') }),
      (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"'\0]/);
        const back = escaped.replace(/&([^;]+);/g, (_, name) => named[name]);
        expect(back).toBe(text.replaceAll('\0', '\ufffd'));
      },
    ),
  );
});
