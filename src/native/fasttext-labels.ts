import { types } from 'node:util';
import { SvpError } from '../errors';

/** Classes as numbers, and the name of each. */
export interface ClassLabels {
  /** One an example: positions in `names`. */
  labels: Uint32Array;
  names: string[];
}

/** Numbers by their value, anything else by its characters: "2" before "10". */
function inOrder(names: readonly string[]): string[] {
  const numeric = names.every((name) => /^\d{1,15}$/.test(name));
  return [...names].sort(numeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Labels that name classes in the order in which they were met, as numbers that follow the order of the names. */
export function sortedLabels(labels: Uint32Array, met: readonly string[]): ClassLabels {
  const names = inOrder(met);
  const position = new Map(names.map((name, i) => [name, i]));
  const numbers = Uint32Array.from(met, (name) => position.get(name)!);
  return { labels: labels.map((label) => numbers[label]), names };
}

/**
 * Labels as a caller has them: class numbers (0, 1, 2 …), or names. Without `names`, classes that are numbers are called
 * '0', '1', … up to the largest.
 * @throws SvpError SVP_E_SHAPE (not one a text), SVP_E_INDEX (no class number, or beyond `names`)
 */
export function givenLabels(
  labels: Uint32Array | readonly (string | number)[],
  names: readonly string[] | undefined,
  examples: number,
): ClassLabels {
  if (labels.length !== examples) {
    throw new SvpError('SVP_E_SHAPE', `There are ${labels.length} labels for ${examples} texts.`);
  }
  if (!types.isUint32Array(labels) && typeof labels[0] === 'string') {
    const numbers = new Map<string, number>((names ?? []).map((name, i) => [name, i]));
    const known = numbers.size;
    const out = Uint32Array.from(labels, (label, row) => {
      if (typeof label !== 'string') throw notAClass(label, row, 'a name like the first');
      const number = numbers.get(label);
      if (number !== undefined) return number;
      if (names !== undefined) throw notAClass(label, row, `one of the ${known} names in labelNames`);
      numbers.set(label, numbers.size);
      return numbers.size - 1;
    });
    return names ? { labels: out, names: [...names] } : sortedLabels(out, [...numbers.keys()]);
  }
  const most = names?.length ?? 1 << 24;
  let largest = -1;
  const out = new Uint32Array(examples);
  for (let row = 0; row < examples; row++) {
    const label = labels[row];
    if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= most) {
      throw notAClass(label, row, `a whole number from 0 to ${most - 1}`);
    }
    out[row] = label;
    largest = Math.max(largest, label);
  }
  return {
    labels: out,
    names: names ? [...names] : Array.from({ length: largest + 1 }, (_, i) => String(i)),
  };
}

function notAClass(label: unknown, row: number, wanted: string): SvpError {
  return new SvpError('SVP_E_INDEX', `labels[${row}] is ${JSON.stringify(label)}: it must be ${wanted}.`, {
    row,
  });
}

/**
 * The same labels as numbers of another list of names.
 * @param what names the labelled text in the message
 * @throws SvpError SVP_E_SHAPE for a class that the list lacks
 */
export function renumbered(
  { labels, names }: ClassLabels,
  wanted: readonly string[],
  what: string,
): Uint32Array {
  const numbers = names.map((name) => wanted.indexOf(name));
  return labels.map((label, row) => {
    if (numbers[label] < 0) {
      throw new SvpError(
        'SVP_E_SHAPE',
        `${what}: example ${row} is of the class "${names[label]}", which the training text does not have (it has ${wanted.slice(0, 8).join(', ')}${wanted.length > 8 ? ', …' : ''}).`,
        { row },
      );
    }
    return numbers[label];
  });
}
