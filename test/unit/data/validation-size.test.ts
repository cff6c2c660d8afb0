import { validationSize } from '../../../src/data/validation-size';

test.each([
  [0, 0],
  [1, 1],
  [7, 7],
  [0.1, 25],
  [0.999, 250],
  ['10%', 25],
  [' 12.5 % ', 31],
  ['0%', 0],
])('%p of 250 rows are %d', (size, rows) => {
  expect(validationSize(size, 250)).toBe(rows);
});

test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10', '100%', '-5%', ''])(
  '%p is refused',
  (size) => {
    expect(() => validationSize(size, 250)).toThrow(
      expect.objectContaining({ code: 'SVP_E_OPTION', option: 'validation' }),
    );
  },
);
