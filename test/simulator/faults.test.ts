import { describe, expect, it } from 'vitest';
import { KnobError } from '../../simulator/faults/knobs.ts';
import { FaultPlan } from '../../simulator/faults/plan.ts';

const planWith = (knobs: object, now = 0) => {
  const plan = new FaultPlan(1, 'uzum', ['2025', '2024']);
  plan.turn(knobs, now);
  return plan;
};

const verdicts = (plan: FaultPlan, count: number, now = 0, epoch = 0) =>
  Array.from({ length: count }, () => plan.decide(now, epoch));

describe('the fault plan', () => {
  it('serves everything when no knob is turned', () => {
    expect(verdicts(new FaultPlan(1, 'uzum', ['2025']), 50).every((verdict) => verdict.do === 'serve')).toBe(
      true,
    );
  });

  it('blocks after so many requests, for so long', () => {
    const plan = planWith({ block: { kind: '403', afterRequests: 3, forMs: 1000 } });
    expect(verdicts(plan, 5, 10_000).map((verdict) => verdict.do)).toEqual([
      'serve',
      'serve',
      'serve',
      'refuse',
      'refuse',
    ]);
    expect(plan.decide(10_999, 0).do).toBe('refuse');
    expect(plan.decide(11_000, 0).do).toBe('serve');
    expect(plan.decide(99_000, 0).do).toBe('serve');
  });

  it('counts anew after a block that repeats', () => {
    const plan = planWith({ block: { kind: '429', afterRequests: 2, forMs: 1000, repeat: true } });
    verdicts(plan, 3, 0);
    expect(verdicts(plan, 3, 1000).map((verdict) => verdict.do)).toEqual(['serve', 'serve', 'refuse']);
  });

  it('blocks until it is cleared when no duration is given', () => {
    const plan = planWith({ block: { kind: 'captcha-page' } });
    expect(plan.decide(1e12, 0).do).toBe('refuse');
    plan.turn({ block: null }, 0);
    expect(plan.decide(0, 0).do).toBe('serve');
  });

  it('draws shares from the seed and the number of the request', () => {
    const knobs = { errorShare: 0.2, resetShare: 0.1, absurdShare: 0.1 };
    const first = verdicts(planWith(knobs), 1000);
    expect(verdicts(planWith(knobs), 1000)).toEqual(first);
    const failed = first.filter((verdict) => verdict.do === 'fail').length;
    expect(failed).toBeGreaterThan(150);
    expect(failed).toBeLessThan(250);
  });

  it('changes the shape after so many requests and from an epoch on', () => {
    const plan = planWith({ shape: { name: 'unknown', afterRequests: 2, fromEpoch: 1 } });
    const shapes = [...verdicts(plan, 4, 0, 0), ...verdicts(plan, 2, 0, 1)].map((verdict) =>
      verdict.do === 'serve' ? verdict.shape : verdict.do,
    );
    expect(shapes).toEqual([null, null, null, null, 'unknown', 'unknown']);
  });

  it('spreads latency around the median with the given tail', () => {
    const plan = planWith({ latency: { medianMs: 20, p99Ms: 200 } });
    const delays = Array.from({ length: 2000 }, () => {
      plan.decide(0, 0);
      return plan.latencyMs();
    }).sort((a, b) => a - b);
    expect(delays[1000]).toBeGreaterThan(15);
    expect(delays[1000]).toBeLessThan(25);
    expect(delays[1980]).toBeGreaterThan(120);
    expect(delays[1980]).toBeLessThan(330);
  });

  it('ends an outage by itself', () => {
    const plan = planWith({ outage: { kind: 'refused', forMs: 500 } }, 1000);
    expect(plan.refusesConnections(1499)).toBe(true);
    expect(plan.refusesConnections(1500)).toBe(false);
  });

  it('names every fault of a patch at once and leaves the knobs alone', () => {
    const plan = planWith({ errorShare: 0.5 });
    const patch = { errorShare: 2, block: { kind: 'nope' }, colour: 'red', shape: { name: '1999' } };
    try {
      plan.turn(patch, 0);
      expect.unreachable('the patch is wrong');
    } catch (error) {
      expect(error).toBeInstanceOf(KnobError);
      expect((error as KnobError).faults).toHaveLength(4);
    }
    expect(plan.knobs.errorShare).toBe(0.5);
  });
});
