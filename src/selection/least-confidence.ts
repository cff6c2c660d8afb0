import { uncertaintyMethod } from './uncertainty-method';

/** Least confidence, 1 − p(top class): Selection via Proxy, section 2.1 (after Lewis and Gale, 1994). */
export const leastConfidence = uncertaintyMethod('leastConfidence', {
  name: 'least-confidence',
  aliases: ['least_confidence', 'confidence', 'lc'],
  summary: 'the lowest probability of the likeliest class',
});
