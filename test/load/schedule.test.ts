import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Stage } from '../../src/load/plan.js';
import { OpenSchedule, partOf, scheduleOf, Turns } from '../../src/load/schedule.js';

function arrivals(
  stages: readonly Stage[],
  kind: 'constant' | 'poisson' = 'constant',
  share = { index: 0, count: 1 },
): number[] {
  const schedule = new OpenSchedule(stages, kind, share);
  const times: number[] = [];
  for (; schedule.next < Number.POSITIVE_INFINITY; schedule.advance()) times.push(schedule.next);
  return times;
}

const stage = fc.record({
  from: fc.integer({ min: 0, max: 500 }),
  to: fc.integer({ min: 0, max: 500 }),
  durationMs: fc.integer({ min: 100, max: 4000 }),
});

describe('the schedule', () => {
  test('spaces constant arrivals evenly', () => {
    expect(arrivals([{ from: 10, to: 10, durationMs: 500 }])).toEqual([50, 150, 250, 350, 450]);
  });

  test('has an arrival between two stages, the later of which begins at a rate of 0', () => {
    const stages = [
      { from: 5, to: 5, durationMs: 500 },
      { from: 0, to: 80, durationMs: 500 },
    ];
    const times = arrivals(stages);
    expect(times.slice(0, 3)).toEqual([100, 300, 500]);
    expect(times.length).toBe(22);
  });

  test('sends as many requests as the rates and times of all stages make, never going back', () => {
    fc.assert(
      fc.property(fc.array(stage, { minLength: 1, maxLength: 5 }), (stages) => {
        const expected = stages.reduce(
          (sum, { from, to, durationMs }) => sum + ((from + to) / 2) * (durationMs / 1000),
          0,
        );
        const times = arrivals(stages);
        expect(Math.abs(times.length - expected)).toBeLessThanOrEqual(0.501);
        const end = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
        for (const [i, time] of times.entries()) {
          expect(time).toBeGreaterThanOrEqual(times[i - 1] ?? 0);
          expect(time).toBeLessThanOrEqual(end + 1e-6);
        }
      }),
    );
  });

  test('is the same whether one thread has it or several share it', () => {
    fc.assert(
      fc.property(
        fc.array(stage, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 2, max: 5 }),
        (stages, count) => {
          const shared = Array.from({ length: count }, (_, index) =>
            arrivals(stages, 'constant', { index, count }),
          );
          const together = shared.flat().sort((a, b) => a - b);
          const alone = arrivals(stages);
          expect(together.length).toBe(alone.length);
          for (const [i, time] of together.entries()) expect(time).toBeCloseTo(alone[i] ?? Number.NaN, 6);
        },
      ),
    );
  });

  test('has a quarter of the arrivals of a ramp from nothing in its first half', () => {
    const times = arrivals([{ from: 0, to: 2000, durationMs: 1000 }]);
    expect(times.length).toBe(1000);
    expect(times.filter((time) => time < 500).length).toBe(250);
  });

  test('scatters Poisson arrivals: as many in all, with gaps whose deviation is their mean', () => {
    const times = arrivals([{ from: 5000, to: 5000, durationMs: 4000 }], 'poisson');
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    // Seven standard deviations: once in a hundred thousand million runs.
    expect(Math.abs(times.length - 20_000)).toBeLessThan(7 * Math.sqrt(20_000));
    expect(deviation / mean).toBeGreaterThan(0.9);
    expect(deviation / mean).toBeLessThan(1.1);
  });

  test('puts the warm-up before the stages, at the rate at which they begin', () => {
    const pace = {
      kind: 'open',
      arrivals: 'constant',
      stages: [{ from: 10, to: 10, durationMs: 500 }],
    } as const;
    const schedule = scheduleOf(pace, 1000, { index: 0, count: 1 });
    let count = 0;
    for (; schedule.next < Number.POSITIVE_INFINITY; schedule.advance()) count++;
    expect(count).toBe(15);
  });

  test('divides whole numbers so that the parts add up', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 20 }), (total, count) => {
        const parts = Array.from({ length: count }, (_, index) => partOf(total, { index, count }));
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test('requests take turns by their weights, evenly mixed', () => {
  const turns = new Turns([3, 1]);
  const row = Array.from({ length: 8 }, () => turns.next());
  expect(row.filter((which) => which === 0).length).toBe(6);
  expect(row.slice(0, 4).filter((which) => which === 1).length).toBe(1);
  expect(new Turns([7]).next()).toBe(0);
});
