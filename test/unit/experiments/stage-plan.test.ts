import type { Progress } from '../../../src/core/progress';
import { StagePlan } from '../../../src/experiments/stage-plan';

let now: number;
beforeEach(() => {
  now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now * 1000);
});
afterEach(() => jest.restoreAllMocks());

const stages = [
  { name: 'proxy', kind: 'a', units: 10, secondsPerUnit: 1 },
  { name: 'target', kind: 'b', units: 100, secondsPerUnit: 1 },
  { name: 'target again', kind: 'b', units: 50, secondsPerUnit: 1 },
];

test('before anything is measured the guesses count', () => {
  expect(StagePlan.guess(stages)).toBe(160);
  const plan = new StagePlan(stages);
  plan.next();
  expect(plan.secondsLeft()).toBe(160);
});

test('a machine that is twice as slow as guessed is noticed in the first stage', () => {
  const plan = new StagePlan(stages);
  plan.next();
  now = 10; // half of the 10 guessed seconds took 10
  plan.report({ done: 5, total: 10 });
  expect(plan.secondsLeft()).toBeCloseTo(2 * (5 + 100 + 50));
});

test('a kind that was timed uses its own rate, others the slowness of all', () => {
  const plan = new StagePlan(stages);
  plan.next();
  now = 20; // kind a: 2 seconds a unit
  plan.next();
  expect(plan.secondsLeft()).toBeCloseTo(2 * 150);
  now = 20 + 25; // a quarter of kind b in 25 seconds: 1 second a unit
  plan.report({ done: 1, total: 4 });
  expect(plan.secondsLeft()).toBeCloseTo(75 + 50);
  now = 120;
  plan.next();
  expect(plan.secondsLeft()).toBeCloseTo(50);
  plan.end();
  expect(plan.secondsLeft()).toBe(0);
});

test('a stage that has hardly begun does not count as measured', () => {
  const plan = new StagePlan(stages);
  plan.next();
  now = 5; // warm-up: 1 % done after 5 seconds
  plan.report({ done: 1, total: 100 });
  expect(plan.secondsLeft()).toBeCloseTo(0.99 * 10 + 150);
});

test('reports name the stage, its place, its own pace and the time left of the whole run', () => {
  const seen: Progress[] = [];
  const plan = new StagePlan(stages, (progress) => seen.push(progress));
  plan.next();
  now = 10;
  plan.next();
  now = 15;
  plan.report({ done: 50, total: 100, unit: 'images', detail: 'loss 1.2' });
  const last = seen[seen.length - 1];
  expect(last).toMatchObject({
    stage: '2/3 target',
    done: 50,
    total: 100,
    unit: 'images',
    detail: 'loss 1.2',
  });
  expect(last.elapsedMs).toBe(5_000);
  expect(last.remainingMs).toBeCloseTo(1000 * (5 + 5));
});
