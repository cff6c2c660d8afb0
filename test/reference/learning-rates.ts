/** The learning rate of each step, written out: the oracle of schedules. */

export interface ReferenceSchedule {
  /** Of each epoch, for a stepwise schedule; of the first alone, the peak, for a cosine. */
  rates: readonly number[];
  stepsPerEpoch: number;
  /** Steps over which the rate rises to its value in equal parts. */
  warmUpSteps?: number;
  /** Where a cosine ends. */
  cosineTo?: number;
}

export function referenceRates(o: ReferenceSchedule): number[] {
  const { rates, stepsPerEpoch, warmUpSteps = 0, cosineTo } = o;
  const total = rates.length * stepsPerEpoch;
  return Array.from({ length: total }, (_, step) => {
    let rate = rates[Math.floor(step / stepsPerEpoch)];
    if (cosineTo !== undefined) {
      const turn = (Math.PI * Math.max(0, step - warmUpSteps)) / (total - warmUpSteps);
      rate = cosineTo + ((rates[0] - cosineTo) * (1 + Math.cos(turn))) / 2;
    }
    return step < warmUpSteps ? (rate * (step + 1)) / warmUpSteps : rate;
  });
}
