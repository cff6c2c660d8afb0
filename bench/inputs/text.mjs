// A labelled corpus in fastText's format whose words follow Zipf's law, as reviews do: about 75 words an example, two thirds
// from the whole vocabulary, a third that depends on the word before (so that bigrams recur), and some words that lean to a class.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const LETTERS = 'etaoinshrdlucmfwypvbgkjqxz';
const WORDS = 400_000;

/** Different words, frequent ones shorter. */
function vocabulary(random) {
  const seen = new Set();
  return Array.from({ length: WORDS }, (_, rank) => {
    const length = Math.max(2, Math.min(12, Math.round(2 + Math.log2(rank + 2) / 3.2 + random.normal())));
    let word = '';
    do {
      word += LETTERS[Math.floor(26 * random.uniform() ** 1.5)];
      if (word.length >= length && !seen.has(word)) break;
    } while (word.length < 40);
    seen.add(word);
    return word;
  });
}

/** A number in [0, 1) that belongs to a word. */
const share = (word, salt) => (Math.imul(word + salt, 0x9e3779b1) >>> 0) / 2 ** 32;

/**
 * @param file where the lines go
 * @param o examples, classes, seed
 * @param Random this package's
 */
export async function writeZipfText(file, { examples, classes, seed }, Random) {
  const words = vocabulary(new Random(99));
  const cumulative = new Float64Array(WORDS);
  let total = 0;
  for (let rank = 0; rank < WORDS; rank++) {
    total += 1 / (rank + 2.7) ** 1.05;
    cumulative[rank] = total;
  }
  const random = new Random(seed);
  const pick = () => {
    const at = random.uniform() * total;
    let low = 0;
    let high = WORDS - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const stream = createWriteStream(file);
  let pending = '';
  for (let example = 0; example < examples; example++) {
    const label = random.below(classes);
    const length = Math.max(5, Math.round(Math.exp(4.1 + 0.6 * random.normal())));
    let line = `__label__${label + 1}`;
    let previous = 0;
    for (let k = 0; k < length; k++) {
      let word = pick();
      // An eighth of the words beyond the hundred most frequent leans to a class: half of its uses elsewhere are replaced.
      const leans = word > 100 && share(word, 1) < 0.125;
      if (leans && Math.floor(share(word, 12345) * classes) !== label && random.uniform() < 0.5)
        word = pick();
      if (random.uniform() < 0.33) word = (previous * 7 + random.below(5)) % 20_000;
      line += ` ${words[word]}`;
      previous = word;
    }
    pending += `${line}\n`;
    if (pending.length > 1 << 20) {
      if (!stream.write(pending)) await once(stream, 'drain');
      pending = '';
    }
  }
  stream.end(pending);
  await once(stream, 'close');
}
