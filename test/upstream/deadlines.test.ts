import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Deadline, Deadlines } from '../../src/upstream/deadlines.js';

class Probe extends Deadline {
  firedAt: number[] = [];
  constructor(readonly onFire: (probe: Probe) => void = () => {}) {
    super();
  }
  override onDeadline(): void {
    this.firedAt.push(performance.now());
    this.onFire(this);
  }
}

function quiet(): Deadlines {
  return new Deadlines((error) => {
    throw error;
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function fired(...probes: Probe[]): Promise<void> {
  while (probes.some((probe) => probe.firedAt.length === 0)) await pause(1);
}

/** Timers that keep this process alive. */
function liveTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

describe('a deadline', () => {
  test('runs out once, and not early', async () => {
    const probe = new Probe();
    const began = performance.now();
    quiet().arm(probe, 20);
    await fired(probe);
    await pause(30);
    expect(probe.firedAt).toHaveLength(1);
    expect(probe.firedAt[0]).toBeGreaterThanOrEqual(began + 20);
  });

  test('that is disarmed does not run out', async () => {
    const deadlines = quiet();
    const [gone, stays] = [new Probe(), new Probe()];
    deadlines.arm(gone, 10);
    deadlines.arm(stays, 10);
    deadlines.disarm(gone);
    deadlines.disarm(gone);
    await fired(stays);
    expect(gone.firedAt).toEqual([]);
  });

  test('that is armed again starts anew, with another duration too', async () => {
    const deadlines = quiet();
    const probe = new Probe();
    deadlines.arm(probe, 5);
    deadlines.arm(probe, 60);
    const began = performance.now();
    deadlines.arm(probe, 40);
    await fired(probe);
    await pause(40);
    expect(probe.firedAt).toHaveLength(1);
    expect(probe.firedAt[0]).toBeGreaterThanOrEqual(began + 40);
  });

  test('that is armed later for less runs out before one armed earlier for more', async () => {
    const deadlines = quiet();
    const order: string[] = [];
    const [long, short] = [new Probe(() => order.push('long')), new Probe(() => order.push('short'))];
    deadlines.arm(long, 50);
    deadlines.arm(short, 10);
    await fired(long, short);
    expect(order).toEqual(['short', 'long']);
  });

  test('can arm itself again when it runs out', async () => {
    const deadlines = quiet();
    const probe = new Probe(() => {
      if (probe.firedAt.length < 3) deadlines.arm(probe, 5);
    });
    deadlines.arm(probe, 5);
    while (probe.firedAt.length < 3) await pause(1);
    const [first = 0, second = 0, third = 0] = probe.firedAt;
    expect(second - first).toBeGreaterThanOrEqual(5);
    expect(third - second).toBeGreaterThanOrEqual(5);
  });

  test('can disarm its neighbours when it runs out', async () => {
    const deadlines = quiet();
    const neighbours = [new Probe(), new Probe(), new Probe()];
    const first = new Probe(() => {
      for (const neighbour of neighbours) deadlines.disarm(neighbour);
    });
    deadlines.arm(first, 5);
    for (const neighbour of neighbours) deadlines.arm(neighbour, 5);
    await fired(first);
    await pause(20);
    expect(neighbours.flatMap(({ firedAt }) => firedAt)).toEqual([]);
  });

  test('that throws does not keep the others from running out', async () => {
    const faults: unknown[] = [];
    const deadlines = new Deadlines((error) => faults.push(error));
    const first = new Probe(() => {
      throw new Error('thrown');
    });
    const second = new Probe();
    deadlines.arm(first, 5);
    deadlines.arm(second, 5);
    await fired(second);
    expect(faults.map(String)).toEqual(['Error: thrown']);
  });

  test('of any number as its duration is taken for at least a millisecond and at most 24 days', async () => {
    const deadlines = quiet();
    const soon = [0, -5, Number.NaN, 0.2, 1.5].map((duration) => {
      const probe = new Probe();
      deadlines.arm(probe, duration);
      return probe;
    });
    const never = new Probe();
    deadlines.arm(never, Number.POSITIVE_INFINITY);
    await fired(...soon);
    expect(never.firedAt).toEqual([]);
    deadlines.disarm(never);
  });
});

describe('deadlines', () => {
  test('need one timer for each duration, however many they are', () => {
    const before = liveTimers();
    const deadlines = quiet();
    const probes = Array.from({ length: 1_000 }, () => new Probe());
    for (const [i, probe] of probes.entries()) deadlines.arm(probe, i % 2 === 0 ? 10_000 : 20_000);
    expect(liveTimers() - before).toBe(2);
    for (const probe of probes) deadlines.disarm(probe);
  });

  test('do not keep the process alive when none is armed', async () => {
    const before = liveTimers();
    const deadlines = quiet();
    const probe = new Probe();
    deadlines.arm(probe, 10_000);
    expect(liveTimers() - before).toBe(1);
    deadlines.disarm(probe);
    expect(liveTimers() - before).toBe(0);
    deadlines.arm(probe, 10_000);
    expect(liveTimers() - before).toBe(1);
    deadlines.arm(probe, 20_000);
    expect(liveTimers() - before).toBe(1);
    deadlines.disarm(probe);
    expect(liveTimers() - before).toBe(0);
  });

  test('run out exactly once each, in order and in time, whatever is armed and disarmed', async () => {
    const step = fc.record({
      probe: fc.nat({ max: 29 }),
      duration: fc.constantFrom(3, 7, 15, 30),
      action: fc.constantFrom('arm', 'arm', 'disarm', 'wait'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const deadlines = quiet();
        const log: { due: number; at: number }[] = [];
        const due = new Map<Probe, number>();
        const probes = Array.from(
          { length: 30 },
          () =>
            new Probe((probe) => {
              const expected = due.get(probe);
              if (expected === undefined) throw new Error('It was not armed.');
              due.delete(probe);
              log.push({ due: expected, at: performance.now() });
            }),
        );
        for (const { probe: index, duration, action } of steps) {
          const probe = probes[index];
          if (probe === undefined) continue;
          if (action === 'wait') await pause(1);
          else if (action === 'arm') {
            const now = performance.now();
            due.set(probe, now + duration);
            deadlines.arm(probe, duration, now);
          } else {
            due.delete(probe);
            deadlines.disarm(probe);
          }
        }
        while (due.size > 0) await pause(1);
        for (const { due: expected, at } of log) expect(at).toBeGreaterThanOrEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
