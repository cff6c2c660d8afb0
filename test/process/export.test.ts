import { promises as fs } from 'node:fs';
import { createModel } from '../../src/models/registry';
import { saveCheckpoint } from '../../src/training/checkpoint';
import { describeWithTensorFlow } from '../reference/with-tensorflow';
import { runSvp } from './run-svp';
import { litter, temporaryFolder } from './training-folder';

const folder = temporaryFolder();

describeWithTensorFlow('svp export', () => {
  let checkpoint: string;
  beforeAll(async () => {
    checkpoint = folder.path('model.svp');
    const model = createModel('preact8', { inputShape: [28, 28, 1], classes: 10, width: 2 });
    await saveCheckpoint(checkpoint, model);
    model.dispose();
  });

  test('writes the model, with what its data set says of the input', async () => {
    const out = folder.path('model.onnx');
    const args = ['export', checkpoint, '--out', out, '--dataset', 'fashion-mnist', '--json'];
    const { code, stdout, stderr } = await runSvp(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      file: out,
      arch: 'preact8',
      classes: 10,
      bytes: (await fs.stat(out)).size,
    });
    expect((await fs.readFile(out)).toString('latin1')).toMatch(/svp\.class_names.*T-shirt/s);
    const again = await runSvp(args);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/^svp: error SVP_E_EXISTS: .*--force/);
  });

  test('a dry run writes nothing, and says what it would', async () => {
    const out = folder.path('dry.onnx');
    const { code, stdout } = await runSvp(['export', checkpoint, '--out', out, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^preact8, \d+ values .*28 × 28 × 1, 10 classes.*Nothing was written/);
    await expect(fs.access(out)).rejects.toThrow();
  });

  test.each([
    [['--mean', '0.5'], 2, 'SVP_E_OPTION', /--std/],
    [['--mean', '0.5,x', '--std', '1,1'], 2, 'SVP_E_OPTION', /commas/],
    [['--mean', '0.5,0.5', '--std', '1,1'], 2, 'SVP_E_OPTION', /channels/],
    [['--layout', 'chwn'], 2, 'SVP_E_OPTION', /nchw/],
  ])('refuses %j', async (more, exit, name, message) => {
    const out = folder.path('refused.onnx');
    const { code, stderr } = await runSvp(['export', checkpoint, '--out', out, ...more]);
    expect(code).toBe(exit);
    expect(stderr).toContain(name);
    expect(stderr).toMatch(message);
    await expect(fs.access(out)).rejects.toThrow();
  });

  test('a damaged checkpoint is an error and leaves nothing', async () => {
    const bad = folder.path('bad.svp');
    const bytes = await fs.readFile(checkpoint);
    bytes[bytes.length - 50] ^= 1;
    await fs.writeFile(bad, bytes);
    const { code, stderr } = await runSvp(['export', bad, '--out', folder.path('bad.onnx')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^svp: error SVP_E_CHECKPOINT: .*damaged/);
    expect(litter(await fs.readdir(folder.path('')))).toEqual([]);
  });
});
