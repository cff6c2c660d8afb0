/** Small texts of classes that their words betray, the same on every machine. */
import { Random } from '../../src/core/random';

export interface LabelledTexts {
  texts: string[];
  labels: Uint32Array;
}

/** Words of a common vocabulary, and a quarter of the time one of the class's own. */
export function labelledTexts(examples: number, classes: number, seed = 1, words = 12): LabelledTexts {
  const random = new Random(seed);
  const labels = Uint32Array.from({ length: examples }, () => random.below(classes));
  const texts = Array.from(labels, (label) =>
    Array.from({ length: 1 + random.below(words) }, () =>
      random.below(4) === 0 ? `of${label}x${random.below(6)}` : `word${random.below(40)}`,
    ).join(' '),
  );
  return { texts, labels };
}

export function asLines({ texts, labels }: LabelledTexts): string {
  return texts.map((text, i) => `__label__${labels[i]} ${text}\n`).join('');
}
