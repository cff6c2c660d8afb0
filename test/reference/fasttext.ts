/**
 * fastText in float64, plainly: the full table of buckets, an example a step, no tricks. Joulin et al. 2016, "Bag of
 * tricks for efficient text classification"; first values, order and hashes are those that native/core documents.
 */
const MASK = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n;

function mix(x: bigint): bigint {
  let y = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  y = ((y ^ (y >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return y ^ (y >> 31n);
}

/** Uniform in [−1/dim, 1/dim), rounded to float32 as the engine does. */
export function firstValues(seed: number, kind: 'word' | 'ngram', id: number, dim: number): number[] {
  const stream = 2n * BigInt(id) + (kind === 'word' ? 0n : 1n) + 1n;
  const state = mix((mix((BigInt(seed) + GOLDEN) & MASK) + stream * GOLDEN) & MASK);
  return Array.from({ length: dim }, (_, k) => {
    const draw = mix((state + (BigInt(k >> 1) + 1n) * GOLDEN) & MASK);
    const bits = Number((k % 2 === 0 ? draw & 0xffffffffn : draw >> 32n) >> 8n);
    return Math.fround((bits / 2 ** 23 - 1) * Math.fround(1 / dim));
  });
}

/** The order of an epoch's presentations. */
export function presentationOrder(seed: number, epoch: number, length: number): number[] {
  const state = mix((mix((BigInt(seed) + 2n * GOLDEN) & MASK) + (BigInt(epoch) + 1n) * GOLDEN) & MASK);
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length; i > 1; i--) {
    const draw = mix((state + BigInt(i) * GOLDEN) & MASK) >> 32n;
    const j = Number((draw * BigInt(i)) >> 32n);
    [order[i - 1], order[j]] = [order[j], order[i - 1]];
  }
  return order;
}

/** FNV-1a of the UTF-8 bytes, each sign-extended. */
export function wordHash(word: string): number {
  let h = 2166136261;
  for (const byte of Buffer.from(word)) h = Math.imul(h ^ ((byte << 24) >> 24), 16777619) >>> 0;
  return h;
}

/** Buckets of the n-grams of two and more words, by first word, then by length. */
export function bucketsOf(words: readonly string[], longest: number, buckets: number): number[] {
  const hashes = words.map((word) => BigInt(wordHash(word) | 0) & MASK);
  const out: number[] = [];
  for (let i = 0; i < words.length; i++) {
    let h = hashes[i];
    for (let j = i + 1; j < Math.min(words.length, i + longest); j++) {
      h = (h * 116049371n + hashes[j]) & MASK;
      out.push(Number(h % BigInt(buckets)));
    }
  }
  return out;
}

export interface ReferenceOptions {
  dim: number;
  wordNgrams: number;
  buckets: number;
  minCount: number;
  epochs: number;
  learningRate: number;
  shuffle: boolean;
  seed: number;
}

export interface ReferenceEpoch {
  loss: number;
  /** Per example. */
  correct: boolean[];
}

const wordsOf = (text: string) => [...text.split(/[ \n\r\t\v\f\0]+/).filter((word) => word !== ''), '</s>'];

export class ReferenceFastText {
  /** By falling count, then by first appearance. */
  readonly words: string[];
  private readonly rows = new Map<string, number[]>();
  readonly output: number[][];

  constructor(
    private readonly texts: readonly string[],
    private readonly labels: readonly number[],
    classes: number,
    private readonly o: ReferenceOptions,
  ) {
    const counts = new Map<string, number>();
    for (const text of texts) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const kept = [...counts].filter(([, count]) => count >= o.minCount);
    this.words = kept.sort((a, b) => b[1] - a[1]).map(([word]) => word);
    for (const word of this.words) {
      this.rows.set(`w${word}`, firstValues(o.seed, 'word', wordHash(word), o.dim));
    }
    this.output = Array.from({ length: classes }, () => new Array(o.dim).fill(0));
  }

  /** The rows themselves: changing one changes the model. */
  rowsOf(text: string): number[][] {
    const words = wordsOf(text);
    const known = words.filter((word) => this.rows.has(`w${word}`)).map((word) => this.rows.get(`w${word}`)!);
    const buckets = bucketsOf(words, this.o.wordNgrams, this.o.buckets).map((bucket) => {
      const key = `b${bucket}`;
      if (!this.rows.has(key)) this.rows.set(key, firstValues(this.o.seed, 'ngram', bucket, this.o.dim));
      return this.rows.get(key)!;
    });
    return [...known, ...buckets];
  }

  features(text: string): number[] {
    const rows = this.rowsOf(text);
    return Array.from(
      { length: this.o.dim },
      (_, k) => rows.reduce((sum, row) => sum + row[k], 0) / Math.max(1, rows.length),
    );
  }

  logits(text: string): number[] {
    const hidden = this.features(text);
    return this.output.map((row) => row.reduce((sum, w, k) => sum + w * hidden[k], 0));
  }

  embedding(word: string): number[] {
    return this.rows.get(`w${word}`)!;
  }

  epoch(epoch: number): ReferenceEpoch {
    const { epochs, learningRate, shuffle, seed } = this.o;
    const n = this.texts.length;
    const order = shuffle ? presentationOrder(seed, epoch, n) : Array.from({ length: n }, (_, i) => i);
    const correct = new Array<boolean>(n);
    let loss = 0;
    order.forEach((i, position) => {
      const seen = this.present(i, learningRate * (1 - (epoch * n + position) / (epochs * n)));
      correct[i] = seen.correct;
      loss += seen.loss / n;
    });
    return { loss, correct };
  }

  /** One step on one example; the loss and the verdict are those before it. */
  present(i: number, rate: number): { loss: number; correct: boolean } {
    const label = this.labels[i];
    const rows = this.rowsOf(this.texts[i]);
    const hidden = this.features(this.texts[i]);
    const z = this.logits(this.texts[i]);
    const top = Math.max(...z);
    const e = z.map((value) => Math.exp(value - top));
    const sum = e.reduce((a, b) => a + b, 0);
    const steps = e.map((value, c) => rate * ((c === label ? 1 : 0) - value / sum));
    const gradient = hidden.map((_, k) =>
      this.output.reduce((total, row, c) => total + steps[c] * row[k], 0),
    );
    this.output.forEach((row, c) => {
      for (let k = 0; k < row.length; k++) row[k] += steps[c] * hidden[k];
    });
    for (const row of rows) for (let k = 0; k < row.length; k++) row[k] += gradient[k] / rows.length;
    return { loss: -Math.log(e[label] / sum), correct: z.indexOf(top) === label };
  }
}
