import { existsSync } from 'node:fs';
import { cudaStatus } from '../../src/native/device';
import { kCenterGreedy } from '../../src/native/k-center-greedy';
import { makeRows } from '../reference/rows-of-many-kinds';
import { withEnvironment } from '../reference/with-environment';
import { deviceLibrary, onHost, testOnHost, whyNot } from './cuda-host';

const features = makeRows('normal', 300, 16, 3);
const options = { budget: 90, start: 1 } as const;
const onCpu = () => kCenterGreedy(features, { ...options, device: 'cpu' });

describe('R10: a device that cannot be used', () => {
  test('without a library, cuda fails and says how to build it; auto takes the processor and says why', async () => {
    const nowhere = { SVP_CUDA_LIBRARY: '/nowhere/libsvp_cuda.so', SVP_CUDA_SETTINGS: 'any-size' };
    await withEnvironment(nowhere, async () => {
      await expect(kCenterGreedy(features, { ...options, device: 'cuda' })).rejects.toMatchObject({
        code: 'SVP_E_DEVICE',
        message: expect.stringMatching(/libsvp_cuda\.so.*npm run build:cuda.*'auto' and 'cpu' work/),
      });
      const { stats, indices } = await kCenterGreedy(features, { ...options, device: 'auto' });
      expect(stats.backend).toBe('cpu');
      expect(stats.deviceNote).toMatch(/npm run build:cuda/);
      expect(indices).toEqual((await onCpu()).indices);
      expect(cudaStatus()).toMatchObject({ usable: false, reason: expect.stringMatching(/build:cuda/) });
    });
  });

  test('a small job stays on the processor, and says why', async () => {
    const { stats } = await kCenterGreedy(features, { ...options, device: 'auto' });
    expect(stats).toMatchObject({ backend: 'cpu', deviceNote: expect.stringMatching(/small/) });
  });

  testOnHost(`without a device, CUDA's own words${whyNot}`, async () => {
    await onHost('host-devices=0 any-size', async () => {
      await expect(kCenterGreedy(features, { ...options, device: 'cuda' })).rejects.toMatchObject({
        code: 'SVP_E_DEVICE',
        message: expect.stringMatching(/no CUDA-capable device is detected/),
      });
      const { stats } = await kCenterGreedy(features, { ...options, device: 'auto' });
      expect(stats).toMatchObject({ backend: 'cpu', deviceNote: expect.stringMatching(/no CUDA-capable/) });
    });
  });

  testOnHost(`a number of a device that is not there${whyNot}`, async () => {
    await onHost('host-devices=2', async () => {
      await expect(kCenterGreedy(features, { ...options, device: 'cuda:0,7' })).rejects.toMatchObject({
        code: 'SVP_E_DEVICE',
        message: expect.stringMatching(/no CUDA device "7".*0, 1/),
      });
      const { indices } = await kCenterGreedy(features, { ...options, device: 'cuda:1' });
      expect(indices).toEqual((await onCpu()).indices);
    });
  });

  testOnHost(
    `wherever an allocation fails: a smaller plan, and the same picks${whyNot}`,
    async () => {
      const expected = await onCpu();
      for (let n = 1; n <= 34; n += 3) {
        const { indices, stats } = await onHost(`host-fail=${n}`, () =>
          kCenterGreedy(features, { ...options, device: 'cuda' }),
        );
        expect(stats.backend).toBe('cuda');
        expect(indices).toEqual(expected.indices);
      }
    },
    300_000,
  );

  testOnHost(`no room at all: cuda fails, auto takes the processor${whyNot}`, async () => {
    await onHost('host-memory=20000 any-size', async () => {
      await expect(kCenterGreedy(features, { ...options, device: 'cuda' })).rejects.toMatchObject({
        code: 'SVP_E_MEMORY',
      });
      const { stats, indices } = await kCenterGreedy(features, { ...options, device: 'auto' });
      expect(stats.backend).toBe('cpu');
      expect(stats.deviceNote).toMatch(/bytes on the device/);
      expect(indices).toEqual((await onCpu()).indices);
    });
  });

  testOnHost(
    `a device that is lost fails the job and nothing else${whyNot}`,
    async () => {
      for (const kernel of [1, 5, 40, 70]) {
        await expect(
          onHost(`host-lost=${kernel}`, () => kCenterGreedy(features, { ...options, device: 'cuda' })),
        ).rejects.toMatchObject({ code: 'SVP_E_DEVICE', message: expect.stringMatching(/lost/) });
      }
      expect((await onHost('', onCpu)).indices).toEqual((await onCpu()).indices);
    },
    120_000,
  );

  testOnHost(
    `R12: cancelled in the middle${whyNot}`,
    async () => {
      const large = makeRows('normal', 4000, 64, 1);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 300);
      await expect(
        onHost('', () =>
          kCenterGreedy(large, { budget: 2000, start: 0, device: 'cuda', signal: controller.signal }),
        ),
      ).rejects.toMatchObject({ name: 'AbortError', code: 'SVP_E_ABORT' });
    },
    120_000,
  );

  const library = existsSync(deviceLibrary);
  (library ? test : test.skip)(
    `the library for devices opens, and gives devices or CUDA's reason${library ? '' : ' (skipped: not built, npm run build:cuda)'}`,
    () => {
      const status = cudaStatus();
      if (status.usable) expect(status.devices!.length).toBeGreaterThan(0);
      else expect(status.reason).toMatch(/CUDA/);
    },
  );
});
