import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CredentialSource, type Credentials } from '../../src/aws/credentials.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A source whose look-ups are answered one by one by the test. */
function source() {
  const lookUps: { resolve: (credentials: Credentials) => void; reject: (error: Error) => void }[] = [];
  const credentials = new CredentialSource(
    () => new Promise((resolve, reject) => lookUps.push({ resolve, reject })),
  );
  return { credentials, lookUps };
}

function key(accessKeyId: string, validForMs?: number): Credentials {
  const expiry = validForMs === undefined ? {} : { expiration: new Date(Date.now() + validForMs) };
  return { accessKeyId, secretAccessKey: 's', ...expiry };
}

test('many callers share one look-up, and its result is kept', async () => {
  const { credentials, lookUps } = source();
  const callers = [credentials.get(), credentials.get(), credentials.get()];
  lookUps[0]?.resolve(key('a'));
  expect((await Promise.all(callers)).map((found) => found.accessKeyId)).toEqual(['a', 'a', 'a']);
  vi.advanceTimersByTime(86_400_000);
  await credentials.get();
  expect(lookUps).toHaveLength(1);
});

test('a failed look-up is believed for ten seconds, then tried again', async () => {
  const { credentials, lookUps } = source();
  const first = credentials.get();
  lookUps[0]?.reject(new Error('no key'));
  await expect(first).rejects.toThrow('no key');
  vi.advanceTimersByTime(9_999);
  await expect(credentials.get()).rejects.toThrow('no key');
  expect(lookUps).toHaveLength(1);
  vi.advanceTimersByTime(1);
  const second = credentials.get();
  lookUps[1]?.resolve(key('b'));
  expect((await second).accessKeyId).toBe('b');
});

test('a look-up that never ends fails after twenty seconds', async () => {
  const { credentials } = source();
  const found = credentials.get();
  const failure = expect(found).rejects.toThrow('no answer within 20 s');
  await vi.advanceTimersByTimeAsync(20_000);
  await failure;
});

test('credentials are renewed before they expire, while calls go on with the old ones', async () => {
  const { credentials, lookUps } = source();
  const first = credentials.get();
  lookUps[0]?.resolve(key('old', 600_000));
  await first;
  vi.advanceTimersByTime(299_000);
  await credentials.get();
  expect(lookUps).toHaveLength(1);
  vi.advanceTimersByTime(2_000);
  expect((await credentials.get()).accessKeyId).toBe('old');
  expect((await credentials.get()).accessKeyId).toBe('old');
  expect(lookUps).toHaveLength(2);
  lookUps[1]?.resolve(key('new', 600_000));
  await vi.advanceTimersByTimeAsync(0);
  expect((await credentials.get()).accessKeyId).toBe('new');
});

test('a renewal that fails harms no call before the expiry; after it the failure shows', async () => {
  const { credentials, lookUps } = source();
  const first = credentials.get();
  lookUps[0]?.resolve(key('old', 60_000));
  await first;
  await credentials.get();
  lookUps[1]?.reject(new Error('gone'));
  await vi.advanceTimersByTimeAsync(0);
  expect((await credentials.get()).accessKeyId).toBe('old');
  vi.advanceTimersByTime(60_000);
  const late = credentials.get();
  lookUps[2]?.reject(new Error('still gone'));
  await expect(late).rejects.toThrow('still gone');
});
