import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Counters,
  LATENCY_BOUNDS_MS,
  REFUSAL_REASONS,
  readCounters,
  STATUS_CLASSES,
} from '../../src/telemetry/counters.js';

describe('counters', () => {
  it('count a request by slot, status class and latency bucket', () => {
    const buffer = Counters.allocate();
    const counters = new Counters(buffer);
    counters.record(3, 200, 1, 0.5, 100);
    counters.record(3, 204, 1.01, -1, 0);
    counters.record(3, 599, 40_000, 29_000, 7);

    const totals = readCounters([buffer]).slot(3);

    expect(totals.classes).toEqual([0, 2, 0, 0, 1, 0]);
    expect(totals.latency.buckets[0]).toBe(1);
    expect(totals.latency.buckets[1]).toBe(1);
    expect(totals.latency.buckets.at(-1)).toBe(1);
    expect(totals.latency).toMatchObject({ count: 3, sumMs: 40_002.01 });
    expect(totals.integrationLatency).toMatchObject({ count: 2, sumMs: 29_000.5 });
    expect(totals.bytesOut).toBe(107);
  });

  it('count a client that left before an answer as cancelled', () => {
    const buffer = Counters.allocate(1);
    new Counters(buffer).record(0, 0, 5, -1, 0);
    expect(readCounters([buffer]).slot(0).classes[STATUS_CLASSES.indexOf('cancelled')]).toBe(1);
  });

  it('count what has no slot of its own on slot 0, and touch no other', () => {
    const buffer = Counters.allocate(2);
    const counters = new Counters(buffer);
    counters.record(1, 200, 1, -1, 1);
    counters.record(2, 200, 1, -1, 1);
    counters.record(5000, 200, 1, -1, 1);
    const totals = readCounters([buffer]);
    expect(totals.slot(0).classes[1]).toBe(2);
    expect(totals.slot(1).classes[1]).toBe(1);
    expect(totals.slot(2).classes).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('add up over writers whose buffers have different numbers of slots', () => {
    const worker = Counters.allocate(8);
    const acceptor = Counters.allocate(1);
    new Counters(worker).record(7, 404, 3, -1, 10);
    const counters = new Counters(acceptor);
    counters.record(0, 400, 0, -1, 5);
    counters.setInFlight(12);
    counters.shed();
    counters.refused('framing');
    counters.refused('body_too_large');
    counters.refused('body_too_large');

    const totals = readCounters([worker, acceptor]);

    expect(totals.slot(7).classes[3]).toBe(1);
    expect(totals.slot(0).bytesOut).toBe(5);
    expect(totals).toMatchObject({ inFlight: 12, shed: 1 });
    expect(Object.fromEntries(REFUSAL_REASONS.map((reason, i) => [reason, totals.refused[i]]))).toEqual({
      framing: 1,
      uri_too_long: 0,
      headers_too_large: 0,
      body_too_large: 2,
    });
  });

  it('go on where a writer that died stopped, what it had in flight aside', () => {
    const buffer = Counters.allocate();
    const first = new Counters(buffer);
    first.record(1, 200, 1, -1, 0);
    first.setInFlight(9);
    const successor = new Counters(buffer);
    successor.record(1, 200, 1, -1, 0);
    const totals = readCounters([buffer]);
    expect(totals.slot(1).classes[1]).toBe(2);
    expect(totals.inFlight).toBe(0);
  });

  it('put any latency into the first bucket whose bound it does not exceed', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (latency) => {
        const buffer = Counters.allocate(1);
        new Counters(buffer).record(0, 200, latency, latency, 0);
        const wanted = [...LATENCY_BOUNDS_MS, Number.POSITIVE_INFINITY].findIndex(
          (bound) => latency <= bound,
        );
        const { latency: all, integrationLatency } = readCounters([buffer]).slot(0);
        expect(all.buckets.indexOf(1)).toBe(wanted);
        expect(integrationLatency.buckets.indexOf(1)).toBe(wanted);
      }),
    );
  });

  it('are seen by another thread than the one that counts', async () => {
    const buffers = [Counters.allocate(2), Counters.allocate(2)];
    await Promise.all(
      buffers.map((buffer) => {
        const code = `
          import { workerData } from 'node:worker_threads';
          import { Counters } from '${new URL('../../dist/telemetry/counters.js', import.meta.url).href}';
          const counters = new Counters(workerData);
          for (let i = 0; i < 50_000; i++) counters.record(1, 200, 2, 1, 10);
        `;
        const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
        const worker = new Worker(url, { workerData: buffer });
        return new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));
      }),
    );
    const totals = readCounters(buffers).slot(1);
    expect(totals.classes[1]).toBe(100_000);
    expect(totals.latency).toMatchObject({ count: 100_000, sumMs: 200_000 });
    expect(totals.bytesOut).toBe(1_000_000);
  });
});
