import { ALPHABET } from '../transforms/character-codes';
import type { TextDataset } from './text-dataset';

/** The character of each code; padding and unknown characters (accents, line ends) part words. */
const CHARACTERS = Uint8Array.from({ length: 256 }, (_, code) =>
  code >= 2 && code < ALPHABET.length + 2 ? ALPHABET.charCodeAt(code - 2) : 0x20,
);

/**
 * A text as a model of characters sees it, read back from its codes: small letters, cut to the data set's length. What a
 * model of words is trained on beside it. O(length).
 */
export function textOf({ codes, offsets, length }: TextDataset, row: number): string {
  const from = offsets[row];
  const to = Math.min(from + length, offsets[row + 1]);
  const bytes = Buffer.alloc(to - from);
  for (let i = from; i < to; i++) bytes[i - from] = CHARACTERS[codes[i]];
  return bytes.toString('latin1');
}
