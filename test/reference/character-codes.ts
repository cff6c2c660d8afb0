const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:\'"/|_#$%^&*~`+=<>()[]{} ';

/** Codes of a text as strings make them: the plain statement of what src/data/transforms/character-codes.ts does on bytes. */
export function characterCodes(text: string, length: number): number[] {
  const plain = text.replaceAll('\\n', ' ').replaceAll('\u02c6', '^').replaceAll('\u212a', 'k');
  const codes = [...plain].map((character) => {
    const small = character >= 'A' && character <= 'Z' ? character.toLowerCase() : character;
    const place = CHARACTERS.indexOf(small);
    return place < 0 ? 1 : place + 2;
  });
  return [...codes, ...new Array<number>(length).fill(0)].slice(0, length);
}
