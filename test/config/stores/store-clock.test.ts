import { describe, expect, it } from 'vitest';
import { StoreClock } from '../../../src/config/stores/store-clock.js';

/** What the store's clock shows while this process' monotonic one shows `monotonic`. */
const storeTime = (monotonic: number): number => 5_000_000 + monotonic;

function differenceOf(clock: StoreClock): number {
  return clock.now() - storeTime(performance.now());
}

describe('The clock of a store', () => {
  it("is this machine's as long as the store has not told", () => {
    expect(Math.abs(new StoreClock().now() - Date.now())).toBeLessThan(100);
  });

  it("is the store's after one answer, however far the two are apart", () => {
    const clock = new StoreClock();
    const now = performance.now();
    clock.observe(storeTime(now), now - 2, now + 2);
    expect(Math.abs(differenceOf(clock))).toBeLessThan(2);
  });

  it('believes a quick answer more than a slow one, until the quick one is old', () => {
    const clock = new StoreClock();
    const now = performance.now();
    clock.observe(storeTime(now), now - 1, now + 1);
    clock.observe(storeTime(now) + 150, now, now + 200);
    expect(Math.abs(differenceOf(clock))).toBeLessThan(2);
    const later = now + 1_000_000;
    clock.observe(storeTime(later) + 50, later - 100, later + 100);
    expect(differenceOf(clock)).toBeGreaterThan(45);
  });

  it('believes any answer of another store', () => {
    const clock = new StoreClock();
    const now = performance.now();
    clock.observe(storeTime(now), now, now);
    clock.doubt();
    clock.observe(storeTime(now) - 700, now - 50, now + 50);
    expect(differenceOf(clock)).toBeLessThan(-690);
  });
});
