import type { CoreSetRow } from '../core/run-record';

/** How the records' method names are written for people; unknown ones are shown as they are. */
const METHODS: Record<string, string> = {
  full: 'full pool',
  random: 'random',
  entropy: 'entropy',
  margin: 'margin',
  'least confidence': 'least confidence',
  'forgetting events': 'forgetting events',
  'k centers': 'k-centers',
};

const DATASETS: Record<string, string> = {
  mnist: 'MNIST',
  'fashion mnist': 'Fashion-MNIST',
  cifar10: 'CIFAR-10',
  cifar100: 'CIFAR-100',
};

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[-_\s]+/g, ' ')
    .trim();
}

/** 'forgetting-events' → 'forgetting events'. */
export function methodLabel(method: string): string {
  const key = plain(method);
  return Object.hasOwn(METHODS, key) ? METHODS[key] : method;
}

/** 'fashion-mnist' → 'Fashion-MNIST'. */
export function datasetLabel(name: string): string {
  const key = plain(name);
  return Object.hasOwn(DATASETS, key) ? DATASETS[key] : name;
}

/** A row's name, unique within its table: 'full pool', 'random', 'entropy (proxy)', 'entropy (oracle)'. */
export function rowLabel(row: Pick<CoreSetRow, 'method' | 'selector'>): string {
  const name = methodLabel(row.method);
  if (row.selector === 'proxy') return `${name} (proxy)`;
  if (row.selector === 'target') return `${name} (oracle)`;
  return name;
}

/** 'entropy' → 'Entropy', for the start of a sentence; names with capitals or digits of their own stay. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The key by which two spellings of a method count as the same: 'k_centers' and 'k-centers'. */
export function methodKey(method: string): string {
  return plain(method);
}

/** ['a', 'b', 'c'] → 'a, b and c'. */
export function listed(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
