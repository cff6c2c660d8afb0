import * as fc from 'fast-check';
import { placeLabels, spread } from '../../../src/report/label-placement';
import { CHARACTER_WIDTH } from '../../../src/report/svg-renderer';

describe('spread', () => {
  test('positions that are far enough apart stay where they are', () => {
    expect(spread([10, 50, 30], 15, 0, 100)).toEqual([10, 50, 30]);
  });

  test('neighbours that are too close move apart by the same distance', () => {
    expect(spread([50, 50], 10, 0, 100)).toEqual([45, 55]);
    expect(spread([40, 42, 44], 10, 0, 100)).toEqual([32, 42, 52]);
  });

  test('nothing leaves the range while it fits', () => {
    expect(spread([1, 2], 10, 0, 100)).toEqual([0, 10]);
    expect(spread([99, 100, 100], 10, 0, 100)).toEqual([80, 90, 100]);
  });

  test('always at least the gap apart, in the order of the positions, within the range if they fit', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 18 }), (positions) => {
        const moved = spread(positions, 15, 0, 300);
        const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b] || a - b);
        for (let k = 1; k < order.length; k++) {
          expect(moved[order[k]] - moved[order[k - 1]]).toBeGreaterThanOrEqual(15 - 1e-9);
        }
        for (const position of moved) {
          expect(position).toBeGreaterThanOrEqual(-1e-9);
          expect(position).toBeLessThanOrEqual(300 + 1e-9);
        }
      }),
    );
  });
});

describe('placeLabels', () => {
  const plot = { left: 0, right: 700, top: 0, bottom: 300 };
  const boxOf = (text: string, x: number, y: number, place: { dx: number; dy: number; align: string }) => {
    const width = text.length * 12 * CHARACTER_WIDTH;
    const left = x + place.dx - ({ left: 0, center: 0.5, right: 1 }[place.align] ?? 0) * width;
    return { left, right: left + width, top: y + place.dy - 6, bottom: y + place.dy + 6 };
  };
  const meet = (a: ReturnType<typeof boxOf>, b: ReturnType<typeof boxOf>) =>
    Math.min(a.right, b.right) > Math.max(a.left, b.left) &&
    Math.min(a.bottom, b.bottom) > Math.max(a.top, b.top);

  test('a point alone has its label on the right, at the right edge on the left', () => {
    expect(placeLabels([{ text: 'random', x: 100, y: 100 }], 12, plot)[0]).toMatchObject({
      dy: 0,
      align: 'left',
    });
    expect(placeLabels([{ text: 'random', x: 690, y: 100 }], 12, plot)[0]).toMatchObject({
      dy: 0,
      align: 'right',
    });
  });

  test('labels of a crowd meet neither each other nor a point', () => {
    const points = [
      'random',
      'entropy (proxy)',
      'forgetting events (proxy)',
      'k-centers (proxy)',
      'full pool',
    ].map((text, i) => ({ text, x: 200 + 18 * i, y: 150 + (i % 2) * 3 }));
    const boxes = placeLabels(points, 12, plot).map((place, i) =>
      boxOf(points[i].text, points[i].x, points[i].y, place),
    );
    for (const [i, box] of boxes.entries()) {
      for (const other of boxes.slice(i + 1)) expect(meet(box, other)).toBe(false);
      for (const { x, y } of points) {
        expect(meet(box, { left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 })).toBe(false);
      }
    }
  });
});
