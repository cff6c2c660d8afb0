import { uncertaintyMethod } from './uncertainty-method';

/** Max entropy of the predicted classes, in nats: Selection via Proxy, sections 2.1 and 2.2. */
export const entropy = uncertaintyMethod('entropy', {
  name: 'entropy',
  aliases: ['max_entropy', 'maximum_entropy'],
  summary: 'the highest entropy of the predicted classes',
});
