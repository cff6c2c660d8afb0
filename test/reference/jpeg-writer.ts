/**
 * Baseline JPEG files from a seed, of the kinds that sharp does not write: chroma halved in one direction, restart intervals, Huffman
 * tables with codes of every length (ITU-T T.81, annexes B, C, F). Blocks are random coefficients, which need no transform.
 */
export interface JpegForm {
  width: number;
  height: number;
  /** Sampling factors of the luma; undefined: one component. */
  sampling?: [h: number, v: number];
  /** MCUs between restart markers; 0: none. */
  restart: number;
  /** Coefficients besides the mean that are not zero, at most. */
  busy: number;
  seed: number;
}

const ZERO_RUN = 0xf0;

/** Codes of 1 … 16 bits: some for the symbols that come often, the rest with the lengths that are left. */
function codes(symbols: number[]): { counts: number[]; code: Map<number, [bits: number, length: number]> } {
  const counts = Array.from({ length: 16 }, (_, i) => [0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9][i] ?? 0);
  const given = counts.reduce((a, b) => a + b);
  // No more codes than symbols; the last lengths take what is over.
  for (let over = given - symbols.length, i = 15; over > 0; i--) {
    const less = Math.min(over, counts[i]);
    counts[i] -= less;
    over -= less;
  }
  counts[15] += Math.max(0, symbols.length - given);
  const code = new Map<number, [number, number]>();
  let next = 0;
  let at = 0;
  counts.forEach((count, i) => {
    for (let k = 0; k < count; k++) code.set(symbols[at++], [next++, i + 1]);
    next <<= 1;
  });
  return { counts, code };
}

export function writeJpeg({ width, height, sampling, restart, busy, seed }: JpegForm): Buffer {
  let state = seed | 1;
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % n;
  };
  const shuffled = (items: number[]) => {
    for (let i = items.length - 1; i > 0; i--) {
      const k = below(i + 1);
      [items[i], items[k]] = [items[k], items[i]];
    }
    return items;
  };
  const out: number[] = [];
  const segment = (code: number, body: number[]) =>
    out.push(0xff, code, (body.length + 2) >> 8, (body.length + 2) & 255, ...body);

  const [h, v] = sampling ?? [1, 1];
  const components = sampling ? 3 : 1;
  const dc = codes(shuffled(Array.from({ length: 12 }, (_, i) => i)));
  const ac = codes(
    shuffled([0, ZERO_RUN, ...Array.from({ length: 160 }, (_, i) => ((i / 10) << 4) | ((i % 10) + 1))]),
  );
  out.push(0xff, 0xd8);
  segment(0xdb, [0, ...Array.from({ length: 64 }, () => 1 + below(6))]);
  segment(0xc0, [
    ...[8, height >> 8, height & 255, width >> 8, width & 255, components],
    ...Array.from({ length: components }, (_, i) => [i + 1, i === 0 ? (h << 4) | v : 0x11, 0]).flat(),
  ]);
  segment(0xc4, [0x00, ...dc.counts, ...dc.code.keys()]);
  segment(0xc4, [0x10, ...ac.counts, ...ac.code.keys()]);
  if (restart > 0) segment(0xdd, [restart >> 8, restart & 255]);
  segment(0xda, [components, ...Array.from({ length: components }, (_, i) => [i + 1, 0]).flat(), 0, 63, 0]);

  let held = 0;
  let count = 0;
  const put = (bits: number, length: number) => {
    for (let i = length - 1; i >= 0; i--) {
      held = (held << 1) | ((bits >> i) & 1);
      if (++count < 8) continue;
      out.push(held);
      if (held === 0xff) out.push(0);
      held = 0;
      count = 0;
    }
  };
  const fill = () => {
    if (count > 0) put((1 << (8 - count)) - 1, 8 - count);
  };
  const value = (table: typeof dc, zeros: number, number: number) => {
    const size = number === 0 ? 0 : 32 - Math.clz32(Math.abs(number));
    put(...(table.code.get((zeros << 4) | size) as [number, number]));
    put(number < 0 ? number + (1 << size) - 1 : number, size);
  };
  const means = [0, 0, 0];
  const block = (component: number) => {
    const mean = Math.max(-150, Math.min(150, means[component] + below(61) - 30));
    value(dc, 0, mean - means[component]);
    means[component] = mean;
    let last = 0;
    for (let left = below(busy + 1); left > 0 && last < 63; left--) {
      let k = last + 1 + (below(8) === 0 ? below(40) : below(4));
      if (below(30) === 0) k = 63;
      if (k > 63) break;
      for (; k - last > 16; last += 16) put(...(ac.code.get(ZERO_RUN) as [number, number]));
      const size = below(40) === 0 ? 5 : 3;
      value(ac, k - last - 1, (1 + below(1 << size)) * (below(2) === 0 ? 1 : -1));
      last = k;
    }
    if (last < 63) put(...(ac.code.get(0) as [number, number]));
  };
  const mcus = Math.ceil(width / (8 * h)) * Math.ceil(height / (8 * v));
  for (let mcu = 0; mcu < mcus; mcu++) {
    if (restart > 0 && mcu > 0 && mcu % restart === 0) {
      fill();
      out.push(0xff, 0xd0 + ((mcu / restart - 1) % 8));
      means.fill(0);
    }
    for (let i = 0; i < h * v; i++) block(0);
    for (let component = 1; component < components; component++) block(component);
  }
  fill();
  out.push(0xff, 0xd9);
  return Buffer.from(out);
}
