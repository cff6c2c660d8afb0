import * as fc from 'fast-check';
import { splitValidation } from '../../../src/data/split';

const labels = Uint8Array.from({ length: 100 }, (_, i) => (i < 70 ? 0 : i < 90 ? 1 : 2));
const perClass = (rows: Uint32Array) => [0, 1, 2].map((c) => rows.filter((r) => labels[r] === c).length);

test('both parts together are the rows, each once, ascending', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.integer(), fc.boolean(), (size, seed, stratified) => {
      const { train, validation } = splitValidation(labels, { size, seed, stratified });
      expect(validation.length).toBe(size);
      expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from(labels, (_, i) => i));
      expect(validation).toEqual(validation.slice().sort());
      expect(train).toEqual(train.slice().sort());
    }),
  );
});

test('stratified: each class its share, by largest remainder', () => {
  expect(perClass(splitValidation(labels, { size: 10 }).validation)).toEqual([7, 2, 1]);
  expect(perClass(splitValidation(labels, { size: 3 }).validation)).toEqual([2, 1, 0]);
});

test('seeds: same again, another one for the next', () => {
  const a = splitValidation(labels, { size: 30, seed: 1 });
  expect(splitValidation(labels, { size: 30, seed: 1 })).toEqual(a);
  const b = splitValidation(labels, { size: 30, seed: 2 });
  const common = b.validation.filter((r) => a.validation.includes(r)).length;
  expect(common).toBeLessThan(20);
});

test('a part of the rows', () => {
  const { train, validation } = splitValidation(labels, { size: 1, indices: Uint32Array.of(95, 3) });
  expect([...train, ...validation].sort()).toEqual([3, 95]);
});

test('errors', () => {
  expect(() => splitValidation(labels, { size: 101 })).toThrow(/from 0 to 100/);
  expect(() => splitValidation(labels, { size: -1 })).toThrow(/from 0 to 100/);
  expect(() => splitValidation(labels, { size: 1, indices: Uint32Array.of(100) })).toThrow(
    /indices\[0\] is 100/,
  );
});
