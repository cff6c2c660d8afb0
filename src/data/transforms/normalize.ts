/**
 * What every byte value becomes in every channel: (v / 255 − mean) / std, computed in float64 and rounded once to
 * float32. channels × 256 values; a lookup is faster than the arithmetic and gives the same bits everywhere.
 * @param mean per channel, of pixels scaled to 0 … 1
 */
export function normalizationTable(mean: readonly number[], std: readonly number[]): Float32Array {
  const table = new Float32Array(mean.length * 256);
  for (let c = 0; c < mean.length; c++) {
    for (let v = 0; v < 256; v++) table[c * 256 + v] = (v / 255 - mean[c]) / std[c];
  }
  return table;
}

/**
 * Normalises `length` interleaved bytes of `source` from `from` into `target` from `at`. `from` must be the first
 * channel of a pixel.
 */
export function normalizeInto(
  target: Float32Array,
  at: number,
  source: Uint8Array,
  from: number,
  length: number,
  channels: number,
  table: Float32Array,
): void {
  if (channels === 1) {
    for (let i = 0; i < length; i++) target[at + i] = table[source[from + i]];
    return;
  }
  for (let i = 0; i < length; i += channels) {
    for (let c = 0; c < channels; c++) target[at + i + c] = table[c * 256 + source[from + i + c]];
  }
}
