import { methodKey } from '../analysis/core-set-names';

export interface MethodNote {
  /** How the method chooses, one or two sentences. */
  meaning: string;
  /** What stands at the two ends of its ranking, for the gallery. */
  kept: string;
  dropped: string;
}

const NOTES: Record<string, MethodNote> = {
  random: {
    meaning: 'Draws the images by lot, every one with the same chance. The yardstick: it costs nothing.',
    kept: 'Drawn first.',
    dropped: 'Not drawn.',
  },
  entropy: {
    meaning:
      'Keeps the images over which the trained model spreads its prediction most: the entropy of its class probabilities is highest.',
    kept: 'Highest entropy: the model is torn between classes.',
    dropped: 'Lowest entropy: the model is sure.',
  },
  'least confidence': {
    meaning: 'Keeps the images whose most probable class has the lowest probability under the trained model.',
    kept: 'Least confident: even the favourite class is improbable.',
    dropped: 'Most confident.',
  },
  margin: {
    meaning: 'Keeps the images for which the two most probable classes are closest under the trained model.',
    kept: 'Smallest margin: two classes are almost even.',
    dropped: 'Largest margin: one class is far ahead.',
  },
  'forgetting events': {
    meaning:
      'Keeps the images that the model, while it trains, most often names wrongly after it had named them correctly. Images never named correctly count as forgotten infinitely often.',
    kept: 'Never learned, or forgotten most often.',
    dropped: 'Learned once and never forgotten.',
  },
  'k centers': {
    meaning:
      'Picks, again and again, the image whose features are farthest from those of all picked before (greedy k-centers), so that every image has a picked one near it.',
    kept: 'The first centers: far from each other.',
    dropped: 'Not picked: closest to an image that was.',
  },
};

/** What a method does; for one that is not known here, only what every ranking has. */
export function methodNote(method: string): MethodNote {
  const key = methodKey(method);
  if (Object.hasOwn(NOTES, key)) return NOTES[key];
  return {
    meaning: 'Ranks the images of the pool.',
    kept: 'First of its ranking.',
    dropped: 'Last of its ranking.',
  };
}
