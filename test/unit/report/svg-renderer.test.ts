import { embedSvg } from '../../../src/report/chart-figures';
import { renderSvgs } from '../../../src/report/svg-renderer';

const bars = {
  data: { values: [{ name: 'a & <b>', value: 2 }] },
  mark: 'bar',
  width: 200,
  height: 100,
  encoding: { x: { field: 'value', type: 'quantitative' }, y: { field: 'name', type: 'nominal' } },
} as const;

test('charts are drawn in order, as SVG, with their text escaped', async () => {
  const [first, second] = await renderSvgs([bars as never, { ...bars, mark: 'point' } as never]);
  expect(first).toMatch(/^<svg/);
  expect(first).toContain('mark-rect');
  expect(first).toContain('a &amp; &lt;b&gt;');
  expect(second).toContain('mark-symbol');
});

test('no charts need no renderer', async () => {
  expect(await renderSvgs([])).toEqual([]);
});

test('a chart that cannot be drawn is a typed error', async () => {
  await expect(renderSvgs([{ mark: 'nothing of the kind' } as never])).rejects.toMatchObject({
    code: 'SVP_E_INTERNAL',
  });
});

test('two drawings in one page share no names', () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7" viewBox="0 0 9 7"><defs><clipPath id="clip0"></clipPath></defs><g clip-path="url(#clip0)"></g></svg>';
  const text = embedSvg(svg, 'one', 'wide', 'A "chart" & more').toString();
  expect(text).toContain('id="one-clip0"');
  expect(text).toContain('url(#one-clip0)');
  expect(text).toContain('viewBox="0 0 9 7"');
  expect(text).toContain('aria-label="A &quot;chart&quot; &amp; more"');
  expect(text.match(/<svg/g)).toHaveLength(1);
});
