import type { NetworkBuilder } from '../../../src/models/network-builder';
import {
  archNames,
  checkArch,
  createModel,
  inputKind,
  registerArchitecture,
} from '../../../src/models/registry';
import { tensorflowStatus } from '../../../src/models/tensorflow';

describe('architectures', () => {
  test('the names of the paper and of its reference', () => {
    expect(archNames().filter((name) => !name.startsWith('vdcnn'))).toEqual([
      ...['preact8', 'preact14', 'preact20', 'preact32', 'preact44', 'preact56', 'preact110'],
      ...['preact164', 'preact164-basic'],
      ...['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'],
      ...['resnet20', 'resnet32', 'resnet44', 'resnet56', 'resnet110'],
      ...['wrn-16-4', 'wrn-16-8', 'wrn-28-10', 'wrn-40-4'],
    ]);
    const characters = archNames().filter((name) => name.startsWith('vdcnn'));
    expect(characters).toHaveLength(4 * 3 * 2);
    expect(characters).toEqual(
      expect.arrayContaining([
        'vdcnn9-maxpool',
        'vdcnn17-conv-shortcut',
        'vdcnn29-kmaxpool',
        'vdcnn49-maxpool',
      ]),
    );
  });

  test.each([
    ...archNames(),
    'preact26',
    'preact200',
    'preact29-bottleneck',
    'preact164-bottleneck',
    'wrn-10-2',
    'resnet1202',
    'vdcnn9',
    'vdcnn9-maxpool-lite',
  ])('%s is known', (arch) => expect(() => checkArch(arch)).not.toThrow());

  test.each([
    ['preact21', 'preact20'],
    ['preact2', 'preact8'],
    ['preact30-bottleneck', 'preact29-bottleneck'],
    ['preactt20', 'preact20'],
    ['__proto__', 'Known'],
    ['resnet19', 'resnet20'],
    ['resnet1', 'resnet8'],
    ['wrn-29-10', 'wrn-28-10'],
    ['vdcnn8', 'vdcnn9-conv'],
    ['vdcnn9-maxpol', 'vdcnn9-maxpool'],
  ])('%s is not; the message names %s', (arch, near) => {
    expect(() => checkArch(arch)).toThrow(
      expect.objectContaining({
        code: 'SVP_E_OPTION',
        option: 'arch',
        message: expect.stringContaining(near),
      }),
    );
  });

  test.each([
    [{ inputShape: [28, 28], classes: 10 }, 'inputShape'],
    [{ classes: 10 }, 'inputShape'],
    [{ inputShape: [28, 28, 1], input: { kind: 'image', shape: [28, 28, 1] }, classes: 10 }, 'either'],
    [{ input: { kind: 'text', length: 99 }, classes: 10 }, 'takes images'],
    [{ input: { kind: 'sound', length: 99 }, classes: 10 }, 'input'],
    [{ inputShape: [28, 28, 0], classes: 10 }, 'inputShape'],
    [{ inputShape: [28, 28, 1], classes: 0 }, 'classes'],
    [{ inputShape: [28, 28, 1], classes: 10, width: 1.5 }, 'width'],
    [{ inputShape: [28, 28, 1], classes: 10, widht: 8 }, 'width'],
  ])('refuses %j', (options, named) => {
    expect(() => createModel('preact8', options as never)).toThrow(
      expect.objectContaining({ code: 'SVP_E_OPTION', message: expect.stringContaining(named) }),
    );
  });

  test('a text too short, or an image, is refused by a network of texts', () => {
    const option = (message: string) =>
      expect.objectContaining({ code: 'SVP_E_OPTION', message: expect.stringContaining(message) });
    expect(inputKind('vdcnn9')).toBe('text');
    expect(inputKind('resnet18')).toBe('image');
    if (!tensorflowStatus().loaded) return;
    expect(() => createModel('vdcnn9', { inputShape: [28, 28, 1], classes: 2 })).toThrow(
      option('takes texts'),
    );
    expect(() => createModel('vdcnn9', { input: { kind: 'text', length: 50 }, classes: 2 })).toThrow(
      option('64 characters'),
    );
  });

  describe('registerArchitecture', () => {
    const build = (network: NetworkBuilder) => {
      const { width, channels } = network;
      return {
        body: [
          network.convolution('conv1', channels, width, 3, { first: true }),
          network.batchNormRelu('bn1', width),
          network.averagePool(),
        ],
        featureSize: width,
      };
    };

    test('a network of one’s own is created, saved, loaded and suggested by its name', () => {
      registerArchitecture({ name: 'one-layer', width: 6, build });
      expect(archNames()).toContain('one-layer');
      expect(() => checkArch('one-layer')).not.toThrow();
      expect(() => checkArch('one-layers')).toThrow(/Did you mean one-layer\?/);
      if (!tensorflowStatus().loaded) return;
      const model = createModel('one-layer', { inputShape: [8, 8, 3], classes: 2 });
      expect(model.weights().map(({ name }) => name)).toEqual([
        ...['conv1.weight', 'bn1.weight', 'bn1.bias', 'fc.weight', 'fc.bias'],
        ...['bn1.running_mean', 'bn1.running_var'],
      ]);
      expect(model).toMatchObject({ arch: 'one-layer', width: 6, featureSize: 6 });
      expect(model.infer(new Float32Array(192), 1, ['logits']).logits).toHaveLength(2);
      model.dispose();
    });

    test.each([
      [{ name: 'preact20', build }, 'already'],
      [{ name: 'preact32-bottleneck', build }, 'preact29-bottleneck'],
      [{ name: 'My Network', build }, 'small letters'],
      [{ name: 'my-network' }, 'build'],
      [{ name: 'my-network', build, input: 'sound' }, 'sound'],
      [{ name: 'my-network', build, width: 0 }, 'width'],
    ])('refuses %j', (architecture, message) => {
      expect(() => registerArchitecture(architecture as never)).toThrow(
        expect.objectContaining({ code: 'SVP_E_OPTION', message: expect.stringContaining(message) }),
      );
    });
  });
});
