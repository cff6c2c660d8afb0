import { uncertaintyMethod } from './uncertainty-method';

/** Margin uncertainty, 1 − (p₁ − p₂): the two likeliest classes nearest to each other (Scheffer et al., 2001). */
export const margin = uncertaintyMethod('margin', {
  name: 'margin',
  aliases: ['min_margin', 'margin_sampling', 'smallest_margin'],
  summary: 'the smallest gap between the two likeliest classes',
});
