// Synthetic photographs as JPEG files: smooth light, edges, texture and noise, so that their entropy per pixel is that of a photograph.
// usage: node make-photos.mjs FOLDER COUNT [WIDTH HEIGHT]; 500 × 375 (the mean size in ImageNet), quality 90
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

export async function makePhotos(folder, count, width = 500, height = 375) {
  const sharp = require('sharp');
  const { Random } = require('../../dist/core/random.js');
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n < count; n++) {
    const random = new Random(1000 + n);
    const waves = Array.from({ length: 6 }, () => ({
      x: (random.uniform() - 0.5) * 0.12,
      y: (random.uniform() - 0.5) * 0.12,
      phase: 6.28 * random.uniform(),
      color: [random.uniform(), random.uniform(), random.uniform()],
    }));
    const boxes = Array.from({ length: 12 }, () => ({
      left: random.below(width),
      top: random.below(height),
      right: random.below(width),
      bottom: random.below(height),
      shade: 90 * (random.uniform() - 0.5),
    }));
    const pixels = Buffer.alloc(width * height * 3);
    let noise = n + 1;
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let edge = 0;
        for (const box of boxes) {
          if (x > box.left && x < box.right && y > box.top && y < box.bottom) edge += box.shade;
        }
        for (let c = 0; c < 3; c++, at++) {
          let value = 128 + edge;
          for (const wave of waves)
            value += 30 * wave.color[c] * Math.sin(wave.x * x + wave.y * y + wave.phase);
          noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
          pixels[at] = Math.max(0, Math.min(255, value + (noise >>> 24) / 8 - 16));
        }
      }
    }
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(path.join(folder, `${String(n).padStart(5, '0')}.jpg`));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, count, ...size] = process.argv.slice(2);
  await makePhotos(folder, Number(count), ...size.map(Number));
}
