import { findMethod, methodNames, methods } from '../../../src/selection/registry';

describe('the registry of selection methods', () => {
  test('lists the methods of the paper, and margin', () => {
    expect(methodNames()).toEqual([
      'random',
      'least-confidence',
      'margin',
      'entropy',
      'forgetting-events',
      'k-centers',
    ]);
  });

  test.each([
    ['least_confidence', 'least-confidence'],
    ['Least-Confidence', 'least-confidence'],
    ['leastConfidence', 'least-confidence'],
    ['confidence', 'least-confidence'],
    ['max_entropy', 'entropy'],
    ['ENTROPY', 'entropy'],
    ['forgetting_events', 'forgetting-events'],
    ['forgetting', 'forgetting-events'],
    ['kcenters', 'k-centers'],
    ['k-center', 'k-centers'],
    ['k_centers', 'k-centers'],
    ['KCenters', 'k-centers'],
    ['random', 'random'],
    ['margin', 'margin'],
  ])('%s is %s', (spelling, name) => {
    expect(findMethod(spelling).name).toBe(name);
  });

  test('no spelling stands for two methods', () => {
    const plain = (s: string) => s.toLowerCase().replace(/[-_\s]/g, '');
    for (const method of methods()) {
      for (const alias of method.aliases) expect(findMethod(plain(alias))).toBe(method);
    }
  });

  test('an unknown name is an error that suggests the near one, or lists them', () => {
    expect(() => findMethod('entrpy')).toThrow(/"entrpy"\. Did you mean entropy\?/);
    expect(() => findMethod('zzzzzzzzz')).toThrow(/Known: random, least-confidence/);
    expect(() => findMethod('')).toThrow(expect.objectContaining({ code: 'SVP_E_OPTION' }));
    expect(() => findMethod(undefined as never)).toThrow(expect.objectContaining({ code: 'SVP_E_OPTION' }));
  });

  test('says what each method needs', () => {
    expect(Object.fromEntries(methods().map(({ name, needs }) => [name, needs]))).toEqual({
      random: 'nothing',
      'least-confidence': 'logits',
      margin: 'logits',
      entropy: 'logits',
      'forgetting-events': 'forgetting',
      'k-centers': 'features',
    });
  });
});
