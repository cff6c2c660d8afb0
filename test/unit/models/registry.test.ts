import { archNames, checkArch, createModel } from '../../../src/models/registry';

describe('architectures', () => {
  test('the paper names eight', () => {
    expect(archNames()).toEqual([
      'preact8',
      'preact14',
      'preact20',
      'preact32',
      'preact44',
      'preact56',
      'preact110',
      'preact164',
    ]);
  });

  test.each([...archNames(), 'preact26', 'preact200', 'preact29-bottleneck', 'preact164-bottleneck'])(
    '%s is known',
    (arch) => expect(() => checkArch(arch)).not.toThrow(),
  );

  test.each([
    ['preact21', 'preact20'],
    ['preact2', 'preact8'],
    ['preact30-bottleneck', 'preact29-bottleneck'],
    ['preactt20', 'preact20'],
    ['__proto__', 'Known'],
    ['resnet18', 'preact'],
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
    [{ inputShape: [28, 28, 0], classes: 10 }, 'inputShape'],
    [{ inputShape: [28, 28, 1], classes: 0 }, 'classes'],
    [{ inputShape: [28, 28, 1], classes: 10, width: 1.5 }, 'width'],
    [{ inputShape: [28, 28, 1], classes: 10, widht: 8 }, 'width'],
  ])('refuses %j', (options, named) => {
    expect(() => createModel('preact8', options as never)).toThrow(
      expect.objectContaining({ code: 'SVP_E_OPTION', message: expect.stringContaining(named) }),
    );
  });
});
