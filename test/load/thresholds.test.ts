import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/load/histogram.js';
import { type LoadResult, resultOf } from '../../src/load/tally.js';
import { judge, parseThreshold } from '../../src/load/thresholds.js';

function result(latencies: readonly number[], failed = 0): LoadResult {
  const latency = new Histogram();
  for (const ms of latencies) latency.record(ms);
  const none = new Histogram().data();
  const requests = [{ ended: latencies.length, failed, statuses: {}, failures: {}, latency: latency.data() }];
  return resultOf(['one'], [{ requests, lateness: none, bytes: 0, opened: 1, ms: 2000 }], [], false);
}

describe('a threshold', () => {
  const times = result([1, 2, 3, 100], 1);
  test.each([
    ['p50<2ms', false, 2],
    ['p50<=2.01ms', true, 2],
    [' p99 < 0.2s ', true, 100],
    ['p99.9>99ms', true, 100],
    ['max<100ms', false, 100],
    ['min>=1000us', true, 1],
    ['mean<26.6ms', true, 26.5],
    ['errors<25%', false, 25],
    ['errors<=25%', true, 25],
    ['rate>1.9', true, 2],
    ['rate>2/s', false, 2],
  ])('%s is judged: %s', (text, met, value) => {
    const judgement = judge(parseThreshold(text), times);
    expect(judgement.met).toBe(met);
    expect(judgement.value).toBeCloseTo(value, 1);
  });

  test.each(['p99<50ms', 'errors<1%', 'max>0ms'])('%s is broken when nothing was measured', (text) => {
    expect(judge(parseThreshold(text), result([])).met).toBe(false);
  });

  test.each([
    ['p99<50', /with its unit, as in p99<50ms/],
    ['p101<5ms', /not "p101"/],
    ['latency<5ms', /p50, p99\.9 or another percentile/],
    ['errors<3', /in percent/],
    ['rate>5ms', /requests per second/],
    ['p99=5ms', /must be written as p99<50ms/],
    ['', /must be written/],
  ])('"%s" is refused', (text, message) => {
    expect(() => parseThreshold(text)).toThrow(message);
  });
});
