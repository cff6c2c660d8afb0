import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { decodeImage } from '../../../../src/data/images/decode';
import { writePlainJpeg, writeView } from '../../../../src/data/images/engine';
import { centerView, imagePlan } from '../../../../src/data/images/plan';
import { resampleInto } from '../../../../src/data/images/resample';

interface Case {
  file: string;
  resize: number | 'stretch';
  height: number;
  width: number;
  channels: number;
  bytes: string;
}

const { files, cases } = JSON.parse(
  readFileSync(path.join(__dirname, '..', '..', '..', 'fixtures', 'torchvision-cases.json'), 'utf8'),
) as { files: Record<string, string>; cases: Case[] };

describe('bytes are those of torchvision’s Resize and CenterCrop over Pillow', () => {
  test.each(cases)('$file, resize $resize, $height × $width × $channels', async (c) => {
    const { height, width, channels, resize } = c;
    const plan = imagePlan({ layout: 'nhwc', height, width, channels, resize, dtype: 'uint8' }, 'test');
    const bytes = Buffer.from(files[c.file], 'base64');
    const image = await decodeImage(bytes, plan);
    const out = new Uint8Array(height * width * channels).fill(77);
    resampleInto(out, image, centerView(plan, image));
    const wanted = Buffer.from(c.bytes, 'base64');
    let worst = 0;
    for (let i = 0; i < wanted.length; i++) worst = Math.max(worst, Math.abs(out[i] - wanted[i]));
    expect(out.length).toBe(wanted.length);
    // Pillow scales columns before rows for some proportions: rounding between the passes then differs by one.
    expect(worst).toBeLessThanOrEqual(resize === 'stretch' ? 1 : 0);

    // The engine decodes and scales to the same bytes; every JPEG file of the fixture is plain.
    const again = new Uint8Array(out.length);
    writeView(again, image, centerView(plan, image), plan);
    expect(again).toEqual(out);
    again.fill(77);
    const plain = writePlainJpeg(again, bytes, (size) => centerView(plan, size), plan);
    expect(plain).toBe(c.file.endsWith('.jpg'));
    expect(again).toEqual(plain ? out : new Uint8Array(out.length).fill(77));
  });
});
