import { suggestion } from '../core/options';
import { SvpError } from '../errors';
import { entropy } from './entropy';
import { forgettingEvents } from './forgetting-events';
import { kCenters } from './k-centers';
import { leastConfidence } from './least-confidence';
import { margin } from './margin';
import type { SelectionMethod } from './method';
import { random } from './random';

/** Every method, in the order in which help and reports list them. */
const METHODS: readonly SelectionMethod[] = [
  random,
  leastConfidence,
  margin,
  entropy,
  forgettingEvents,
  kCenters,
];

const plain = (name: string) => name.toLowerCase().replace(/[-_\s]/g, '');

/** Spelling without case, '-', '_' and spaces → method. */
const BY_SPELLING = new Map(
  METHODS.flatMap((method) =>
    [method.name, ...method.aliases].map((spelling) => [plain(spelling), method] as const),
  ),
);

/** The names of the methods, as this package spells them. */
export function methodNames(): string[] {
  return METHODS.map((method) => method.name);
}

/** Every method with what it needs and its one-line summary. */
export function methods(): readonly SelectionMethod[] {
  return METHODS;
}

/**
 * Finds a method by its name or any of its aliases (`least_confidence`, `kcenters`, `Max-Entropy` …).
 * @throws SvpError SVP_E_OPTION for an unknown one, naming the nearest
 */
export function findMethod(name: string): SelectionMethod {
  const method = typeof name === 'string' ? BY_SPELLING.get(plain(name)) : undefined;
  if (!method) {
    throw new SvpError(
      'SVP_E_OPTION',
      `There is no selection method "${String(name)}".${suggestion(String(name), methodNames())}`,
      { option: 'method' },
    );
  }
  return method;
}
