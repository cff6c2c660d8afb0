/** fastText's name among the architectures. It is no network of the registry: the addon trains it. */
export const FASTTEXT = 'fasttext';
