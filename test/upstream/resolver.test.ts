import type { LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Resolver } from '../../src/upstream/resolver.js';

const ADDRESSES: LookupAddress[] = [
  { address: '::1', family: 6 },
  { address: '::2', family: 6 },
  { address: '127.0.0.1', family: 4 },
  { address: '127.0.0.2', family: 4 },
];

/** A resolver over a made-up name service, and what that was asked. */
function resolver(answer: () => LookupAddress[] | Error): { resolver: Resolver; asked: string[] } {
  const asked: string[] = [];
  const query = (
    hostname: string,
    _options: object,
    callback: (error: Error | null, all: LookupAddress[]) => void,
  ) => {
    asked.push(hostname);
    setImmediate(() => {
      const outcome = answer();
      if (outcome instanceof Error) callback(outcome, []);
      else callback(null, outcome);
    });
  };
  return { resolver: new Resolver(query as unknown as typeof lookup), asked };
}

type Answer = { error: string | undefined; addresses: string[] };

function look(
  { resolver: { lookup: look } }: { resolver: Resolver },
  name: string,
  all = true,
): Promise<Answer> {
  return new Promise((resolve) => {
    const callback: Parameters<LookupFunction>[2] = (error, result) => {
      const addresses = typeof result === 'string' ? [result] : result.map(({ address }) => address);
      resolve({ error: error?.code, addresses });
    };
    look(name, { all }, callback);
  });
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the resolver', () => {
  test('asks once for a name that many connections need at the same time', async () => {
    const made = resolver(() => ADDRESSES);
    await Promise.all(Array.from({ length: 50 }, () => look(made, 'a.test')));
    expect(made.asked).toEqual(['a.test']);
  });

  test('remembers an answer for ten seconds', async () => {
    const made = resolver(() => ADDRESSES);
    await look(made, 'a.test');
    const began = performance.now();
    const clock = vi.spyOn(performance, 'now');
    clock.mockReturnValue(began + 9_000);
    await look(made, 'a.test');
    expect(made.asked).toHaveLength(1);
    clock.mockReturnValue(began + 10_100);
    await look(made, 'a.test');
    expect(made.asked).toHaveLength(2);
  });

  test('remembers a failure for one second', async () => {
    const made = resolver(() => failure('ENOTFOUND'));
    expect((await look(made, 'a.test')).error).toBe('ENOTFOUND');
    const began = performance.now();
    const clock = vi.spyOn(performance, 'now');
    clock.mockReturnValue(began + 500);
    expect((await look(made, 'a.test')).error).toBe('ENOTFOUND');
    expect(made.asked).toHaveLength(1);
    clock.mockReturnValue(began + 1_100);
    await look(made, 'a.test');
    expect(made.asked).toHaveLength(2);
  });

  test('gives every address, each connection another first one, and keeps the preferred family in front', async () => {
    const made = resolver(() => ADDRESSES);
    expect((await look(made, 'a.test')).addresses).toEqual(['::1', '::2', '127.0.0.1', '127.0.0.2']);
    expect((await look(made, 'a.test')).addresses).toEqual(['::2', '::1', '127.0.0.2', '127.0.0.1']);
    expect((await look(made, 'a.test')).addresses).toEqual(['::1', '::2', '127.0.0.1', '127.0.0.2']);
  });

  test('gives one address to those who want one', async () => {
    const made = resolver(() => ADDRESSES);
    expect((await look(made, 'a.test', false)).addresses).toEqual(['::1']);
    expect((await look(made, 'a.test', false)).addresses).toEqual(['::2']);
  });

  test('takes a name without addresses for one that does not exist', async () => {
    const made = resolver(() => []);
    expect((await look(made, 'a.test')).error).toBe('ENOTFOUND');
  });

  test('forgets the oldest of more than a thousand names', async () => {
    const made = resolver(() => ADDRESSES);
    for (let i = 0; i <= 1_000; i++) await look(made, `${i}.test`);
    await look(made, '1000.test');
    expect(made.asked).toHaveLength(1_001);
    await look(made, '0.test');
    expect(made.asked).toHaveLength(1_002);
  });

  test('asks the system when nothing else is given', async () => {
    const { addresses } = await look({ resolver: new Resolver() }, 'localhost');
    expect(addresses.some((address) => address === '127.0.0.1' || address === '::1')).toBe(true);
  });
});
