import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/load/histogram.js';

/** From a nanosecond to an hour, all orders of magnitude alike. */
const latency = fc
  .tuple(fc.double({ min: 1, max: 9.999, noNaN: true }), fc.integer({ min: -6, max: 5 }))
  .map(([digits, power]) => digits * 10 ** power);

const filled = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

function exact(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? Number.NaN;
}

describe('the histogram', () => {
  test('tells every percentile to three significant digits', () => {
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (values, percent) => {
          const wanted = exact(values, percent);
          const told = filled(values).percentile(percent);
          // Half a nanosecond is what values are rounded to.
          expect(Math.abs(told - wanted)).toBeLessThanOrEqual(wanted * 0.001 + 0.6e-6);
        },
      ),
    );
  });

  test('tells the same after it was split, sent and put together again', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1 }), fc.array(latency), (a, b) => {
        const together = Histogram.from(structuredClone(filled(a).data()));
        together.add(JSON.parse(JSON.stringify(filled(b.length > 0 ? b : a).data())));
        const once = filled([...a, ...(b.length > 0 ? b : a)]);
        expect(together.count).toBe(once.count);
        expect(together.min).toBe(once.min);
        expect(together.max).toBe(once.max);
        expect(together.mean).toBeCloseTo(once.mean, 6);
        for (const percent of [0, 50, 99, 100]) {
          expect(together.percentile(percent)).toBe(once.percentile(percent));
        }
      }),
    );
  });

  test('has no percentiles while it is empty, and none again after it was cleared', () => {
    const histogram = filled([1, 2]);
    histogram.clear();
    expect([histogram.count, histogram.percentile(50), histogram.max]).toEqual([0, Number.NaN, Number.NaN]);
    histogram.add(new Histogram().data());
    histogram.record(3);
    expect([histogram.min, histogram.max, histogram.percentile(99)]).toEqual([3, 3, 3]);
  });

  test('takes values below nothing and beyond an hour as its least and its longest', () => {
    const histogram = filled([-1, 1e12]);
    expect([histogram.min, histogram.max]).toEqual([0, 3.6e6]);
  });
});
