import { z } from 'zod';
import { nearestName, parseOptions } from '../../../src/core/options';

const schema = z.object({
  budget: z.number(),
  randomInitial: z.number().optional(),
  seed: z.number().optional(),
});

describe('parseOptions', () => {
  it('passes what fits', () => {
    expect(parseOptions(schema, { budget: 3 }, 'call')).toEqual({ budget: 3 });
  });

  it.each([
    ['bugdet', 'budget'],
    ['random_initial', 'randomInitial'],
    ['RandomInitial', 'randomInitial'],
    ['sead', 'seed'],
  ])('suggests the near name of %s', (wrong, right) => {
    expect(() => parseOptions(schema, { budget: 1, [wrong]: 2 }, 'call')).toThrow(
      expect.objectContaining({
        code: 'SVP_E_OPTION',
        option: wrong,
        message: expect.stringContaining(`Did you mean ${right}?`),
      }),
    );
  });

  it('lists the known names where none is near', () => {
    expect(() => parseOptions(schema, { zzzzzzzz: 2, budget: 1 }, 'call')).toThrow(
      /Known: budget, randomInitial, seed/,
    );
  });

  it('names the option whose value does not fit', () => {
    expect(() => parseOptions(schema, { budget: 'many' }, 'call')).toThrow(/call: option budget: /);
  });
});

describe('nearestName', () => {
  it('counts swapped neighbours as one slip', () => {
    expect(nearestName('amrgin', ['margin', 'entropy'])).toBe('margin');
  });
});
