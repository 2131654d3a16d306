/** What may be written about an upstream. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readUpstream } from '../../../src/upstream/balancing/read-upstream.js';
import { settingsOf } from './support.js';

function problems(value: unknown, files = false): string[] {
  const found: string[] = [];
  const read = readUpstream(value, files, (path, message) => found.push(`${path.join('.')}: ${message}`));
  expect(read === undefined).toBe(found.length > 0);
  return found;
}

const TARGETS = ['10.0.0.1:8080'];

describe('an upstream', () => {
  test('needs targets only, and everything else is off', () => {
    expect(
      settingsOf({ targets: ['Orders-1.internal', '[FD00::1]:81', { address: '10.0.0.1:80', weight: 3 }] }),
    ).toEqual({
      targets: [
        { host: 'orders-1.internal', weight: 1 },
        { host: 'fd00::1', port: 81, weight: 1 },
        { host: '10.0.0.1', port: 80, weight: 3 },
      ],
      balance: 'round-robin',
      hashOn: { kind: 'source-ip' },
      slowStartMs: 0,
    });
  });

  test('has defaults for every part that is switched on', () => {
    expect(
      settingsOf({
        targets: TARGETS,
        healthCheck: {},
        outlierDetection: {},
        circuitBreaker: {},
        retry: {},
        shadow: { upstream: 'Canary' },
      }),
    ).toMatchObject({
      healthCheck: { path: '/', intervalMs: 5_000, timeoutMs: 1_000, unhealthyAfter: 3, healthyAfter: 2 },
      outlierDetection: { consecutiveFailures: 5, ejectionMs: 30_000, maxEjected: 50 },
      circuitBreaker: { maxRequests: 1_024, maxPending: 256 },
      retry: {
        attempts: 2,
        budget: 20,
        onConnectFailure: true,
        onReset: false,
        onStatus: new Set(),
        nonIdempotent: false,
      },
      shadow: { upstream: 'canary', percent: 100 },
    });
  });

  test('is told everything that is wrong with it at once, with the place', () => {
    expect(
      problems({
        targets: [
          '10.0.0.1:8080',
          '10.0.0.1:8080',
          'a b',
          { weight: 1 },
          8080,
          { address: 'x', weight: 0 },
          null,
        ],
        balance: 'random',
        hashOn: 'path',
        healthCheck: { path: 'health', interval: '1ms', retries: 3 },
        circuitBreaker: { maxRequests: '1.5' },
        retry: { attempts: 1, on: ['connect', 404], budget: '-1%', nonIdempotent: 'maybe' },
        slowStart: null,
        shadow: { percent: 101 },
        tls: { cert: 'c.pem' },
        wieght: 1,
      }),
    ).toEqual([
      'slowStart: has no value: give it one or take it out',
      'wieght: is not known: use targets, balance, hashOn, healthCheck, outlierDetection, circuitBreaker, retry, slowStart, shadow, tls',
      'balance: must be one of round-robin, least-requests, consistent-hash, not "random"',
      'tls.cert: names a file, which only propylon.yaml may: configure a named upstream there',
      'targets.1: is the same target as one before it: give that one more weight',
      'targets.2: must be an address such as 10.0.0.1:8080, orders-1.internal or [fd00::1]:8080, not "a b"',
      'targets.3: needs an address such as 10.0.0.1:8080',
      'targets.4: must be an address such as 10.0.0.1:8080, orders-1.internal or [fd00::1]:8080, not "8080"',
      'targets.5.weight: must be a whole number from 1 to 1000, not "0"',
      'targets.6: has no value: give it one or take it out',
      'hashOn: has an effect with balance: consistent-hash only: set that or take hashOn out',
      'healthCheck.retries: is not known: use path, host, interval, timeout, unhealthyAfter, healthyAfter',
      'healthCheck.path: must be a path such as /health, not "health"',
      'healthCheck.interval: must be a time from 100ms to 1h such as 5s or 500ms, not "1ms"',
      'circuitBreaker.maxRequests: must be a whole number from 1 to 1000000, not "1.5"',
      'retry.on.0: must be connect-failure, reset, 429 or a status from 500 to 599, not "connect"',
      'retry.on.1: must be connect-failure, reset, 429 or a status from 500 to 599, not "404"',
      'retry.attempts: must be a whole number from 2 to 10, not "1"',
      'retry.budget: must be a percentage from 0% to 1000%, not "-1%"',
      'retry.nonIdempotent: must be true or false, not "maybe"',
      'shadow: needs the name of an upstream that gets the copies',
      'shadow.percent: must be a percentage from 0% to 100%, not "101"',
    ]);
  });

  test.each([
    [{ targets: null }, 'targets: has no value: give it one or take it out'],
    [{ targets: [null] }, 'targets.0: has no value: give it one or take it out'],
    [{ targets: [{ address: null }] }, 'targets.0.address: has no value: give it one or take it out'],
    [{ shadow: 'canary' }, 'shadow: must be a map of upstream, percent'],
    [{ shadow: { upstream: null } }, 'shadow.upstream: has no value: give it one or take it out'],
    [{ balance: 'consistent-hash', hashOn: ['path'] }, 'hashOn: must be one value, not a list'],
    [
      { balance: 'consistent-hash', hashOn: 'ip' },
      'hashOn: must be source-ip, path or header:NAME, not "ip"',
    ],
    [{ retry: { on: [null] } }, 'retry.on.0: has no value: give it one or take it out'],
    [{ tls: { cert: null, key: 'k.pem' } }, 'tls.cert: has no value: give it one or take it out'],
  ])('is told a mistake once: %j', (written, message) => {
    expect(problems({ targets: TARGETS, ...written }, true)).toEqual([message]);
  });

  test('has no target twice, the default port written or not', () => {
    const same = ['targets.1: is the same target as one before it: give that one more weight'];
    expect(problems({ targets: ['a', 'A:80'] })).toEqual(same);
    expect(problems({ targets: ['a:443', 'a'], tls: {} })).toEqual(same);
    expect(problems({ targets: ['a', 'a:80'], tls: {} })).toEqual([]);
    expect(problems({ targets: ['a', 'a:443'] })).toEqual([]);
  });

  test('ends a health check before the next one is due', () => {
    const check = (healthCheck: object) => problems({ targets: TARGETS, healthCheck });
    expect(check({ interval: '1s', timeout: '2s' })).toEqual([
      'healthCheck.timeout: must not be longer than the interval of 1s, and is 2s',
    ]);
    expect(check({ timeout: '6s' })).toEqual([
      'healthCheck.timeout: must not be longer than the interval of 5s, and is 6s',
    ]);
    expect(check({ interval: '2s', timeout: '2s' })).toEqual([]);
    expect(check({ interval: 'often', timeout: '6s' }).length).toBe(1);
  });

  test('may name certificate files only where the owner of the machine writes', () => {
    const tls = { cert: 'c.pem', key: 'k.pem', ca: 'ca.pem' };
    expect(problems({ targets: TARGETS, tls }).length).toBe(3);
    expect(problems({ targets: TARGETS, tls }, true)).toEqual([]);
  });

  test('that is anything at all is read or refused, and nothing throws', () => {
    const key = fc.constantFrom(
      'targets',
      'balance',
      'retry',
      'on',
      'tls',
      'shadow',
      'address',
      'healthCheck',
      '__proto__',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(
          null,
          undefined,
          true,
          0,
          1.5,
          '',
          '5s',
          '10.0.0.1:80',
          'consistent-hash',
          Number.NaN,
        ),
        fc.string(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.boolean(), (anything, files) => void problems(anything, files)),
      { numRuns: 500 },
    );
  });
});
