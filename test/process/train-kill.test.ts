import { promises as fs } from 'node:fs';
import { formatIndexFile } from '../../src/data/formats/index-file';
import { loadCheckpoint } from '../../src/training/checkpoint';
import { describeWithTensorFlow } from '../reference/with-tensorflow';
import { finished, runSvp, startSvp } from './run-svp';
import { filesBelow, temporaryFolder } from './training-folder';

const folder = temporaryFolder();
const EPOCHS = 4;

const args = (run: string, ...more: string[]) => [
  ...['train', '--arch', 'preact8', '--width', '8', '-b', '8', '--subset', folder.path('subset.index')],
  ...['-e', String(EPOCHS), '-l', '0.05', '--forgetting', '--run-dir', folder.path(run), ...more],
];

describeWithTensorFlow('svp train of a network', () => {
  test('R3: kill -9 in mid-epoch and --resume give the weights of an unbroken run', async () => {
    await fs.writeFile(
      folder.path('subset.index'),
      formatIndexFile(Uint32Array.from({ length: 800 }, (_, i) => i)),
    );
    const unbroken = await runSvp(args('unbroken', '--json'));
    expect(unbroken.code).toBe(0);

    // In the middle of epoch 2, then of epoch 3, then to the end.
    for (const epoch of [1, 2]) {
      const child = startSvp(args('broken', ...(epoch > 1 ? ['--resume'] : [])));
      const ended = finished(child);
      await new Promise<void>((resolve) => {
        child.stderr?.on('data', (text: string) => {
          if (text.includes(`epoch ${epoch},`)) resolve();
        });
        void ended.then(() => resolve());
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
    }
    const resumed = await runSvp(args('broken', '--resume', '--json'));
    expect({ code: resumed.code, stderr: resumed.code === 0 ? '' : resumed.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    const figures = (text: string) =>
      JSON.parse(text).epochs.map((e: Record<string, number>) => [e.epoch, e.trainLoss, e.trainAccuracy]);
    expect(figures(resumed.stdout)).toHaveLength(EPOCHS);
    expect(figures(resumed.stdout)).toEqual(figures(unbroken.stdout));
    const weights = async (run: string) =>
      (await loadCheckpoint(folder.path(`${run}/checkpoint_last.svp`))).weights;
    expect(await weights('broken')).toEqual(await weights('unbroken'));
    const counts = (run: string) => fs.readFile(folder.path(`${run}/forgetting.npy`));
    expect((await counts('broken')).equals(await counts('unbroken'))).toBe(true);
    expect(await filesBelow(folder.path('broken'))).toEqual(await filesBelow(folder.path('unbroken')));
  }, 240_000);
});
