/**
 * The 67 characters of VDCNN and of the paper's reference, in its order (Conneau et al. 2017, section 3.1). Code 0 is
 * padding, 1 everything else, the characters follow from 2.
 */
export const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:\'"/|_#$%^&*~`+=<>()[]{} ';
/** Codes in all: 69. */
export const CHARACTER_SYMBOLS = ALPHABET.length + 2;
export const UNKNOWN_CODE = 1;
/** Characters of a text that a model sees. */
export const TEXT_LENGTH = 1014;

const OTHER = 255;
/** Also the joint between two columns of a text. */
export const SPACE_CODE = ALPHABET.indexOf(' ') + 2;
const HAT = ALPHABET.indexOf('^') + 2;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/** Code of each byte; OTHER for those that need a second look. Capitals count as small letters. */
const CODES = (() => {
  const codes = new Uint8Array(256).fill(UNKNOWN_CODE);
  for (let i = 0; i < ALPHABET.length; i++) {
    codes[ALPHABET.charCodeAt(i)] = i + 2;
    codes[ALPHABET[i].toUpperCase().charCodeAt(0)] = i + 2;
  }
  codes.fill(OTHER, 0x80);
  codes[BACKSLASH] = OTHER;
  return codes;
})();
const DOUBLED_CODES = (() => {
  const codes = CODES.slice();
  codes[QUOTE] = OTHER;
  return codes;
})();

/**
 * Writes the codes of UTF-8 text, one per character, capitals as small letters. `\n` (backslash and n, as the review
 * files write the end of a line) becomes a space. The reference's alphabet has ˆ (U+02C6) where ^ was meant: both get
 * that code here.
 *
 * O(limit − at). Bytes that are no UTF-8 count as unknown characters.
 * @param doubled quotes are doubled in the text: two become one
 * @param at where the first code goes; writes up to `limit`, exclusive
 * @returns where the next code would go
 */
export function encodeCharacters(
  target: Uint8Array | Int32Array,
  at: number,
  limit: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  doubled: boolean,
): number {
  const table = doubled ? DOUBLED_CODES : CODES;
  let out = at;
  for (let i = from; i < to && out < limit; i++) {
    const byte = bytes[i];
    const code = table[byte];
    if (code !== OTHER) {
      target[out++] = code;
    } else if (byte === QUOTE) {
      target[out++] = CODES[QUOTE];
      if (bytes[i + 1] === QUOTE) i++;
    } else if (byte === BACKSLASH) {
      const line = i + 1 < to && bytes[i + 1] === 0x6e;
      target[out++] = line ? SPACE_CODE : UNKNOWN_CODE;
      if (line) i++;
    } else if (byte >= 0xc0) {
      target[out++] = wideCode(bytes, i);
      // The rest of the character.
      while (i + 1 < to && (bytes[i + 1] & 0xc0) === 0x80) i++;
    } else {
      target[out++] = UNKNOWN_CODE;
    }
  }
  return out;
}

/** Characters beyond ASCII whose small form, or whose meaning in the reference's alphabet, is in the alphabet. */
function wideCode(bytes: Uint8Array, i: number): number {
  // ˆ U+02C6
  if (bytes[i] === 0xcb && bytes[i + 1] === 0x86) return HAT;
  // K U+212A, the Kelvin sign: a small k
  if (bytes[i] === 0xe2 && bytes[i + 1] === 0x84 && bytes[i + 2] === 0xaa) return CODES[0x6b];
  return UNKNOWN_CODE;
}
