import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRedisUrl, RedisUrlError } from '../../../src/config/stores/redis-url.js';

describe('A Redis URL', () => {
  it('names a single server, with defaults for what is not written', () => {
    expect(parseRedisUrl('redis://localhost')).toEqual({
      kind: 'single',
      tls: false,
      hosts: [{ host: 'localhost', port: 6379 }],
      db: 0,
      master: '',
      credentials: {},
      sentinelCredentials: {},
      description: 'redis://localhost:6379',
    });
    expect(parseRedisUrl('redis://10.0.0.1:7000/')).toMatchObject({
      db: 0,
      hosts: [{ host: '10.0.0.1', port: 7000 }],
    });
    expect(parseRedisUrl('redis://[::1]:7000/3')).toMatchObject({
      db: 3,
      hosts: [{ host: '::1', port: 7000 }],
      description: 'redis://[::1]:7000/3',
    });
  });

  it('carries user and password, percent-encoded, and describes itself without them', () => {
    const address = parseRedisUrl('rediss://us%40er:p%3Aa%2Fs%25s+1@h:1');
    expect(address).toMatchObject({ tls: true, credentials: { username: 'us@er', password: 'p:a/s%s+1' } });
    expect(address.description).toBe('rediss://h:1');
    expect(parseRedisUrl('redis://:pw@h').credentials).toEqual({ password: 'pw' });
  });

  it('names sentinels and the master they watch', () => {
    expect(
      parseRedisUrl('rediss+sentinel://u:p@a,b:1/mymaster/2?sentinel-user=su&sentinel-password=s%2Bp+x'),
    ).toEqual({
      kind: 'sentinel',
      tls: true,
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
      ],
      db: 2,
      master: 'mymaster',
      credentials: { username: 'u', password: 'p' },
      sentinelCredentials: { username: 'su', password: 's+p+x' },
      description: 'rediss+sentinel://a:26379,b:1/mymaster/2',
    });
  });

  it('names nodes of a cluster', () => {
    expect(parseRedisUrl('redis+cluster://a:1,b')).toMatchObject({
      kind: 'cluster',
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6379 },
      ],
      description: 'redis+cluster://a:1,b:6379',
    });
  });

  it.each([
    ['http://h', 'another form'],
    ['redis:h', 'another form'],
    ['redis://', 'names no host'],
    ['redis+cluster://a,,b', 'names no host'],
    ['redis://h:0', 'no host[:port]'],
    ['redis://h:65536', 'no host[:port]'],
    ['redis://::1', 'brackets'],
    ['redis://a,b', 'redis+sentinel://'],
    ['redis://h/name', 'no database number'],
    ['redis://h/1/2', 'no database number'],
    ['redis+cluster://h/1', 'only number 0'],
    ['redis+sentinel://h', 'names no master'],
    ['redis+sentinel://h/my%20master', 'names no master'],
    ['redis://user@h', 'without a password'],
    ['redis://user:@h', 'without a password'],
    ['redis://:%zz@h', 'hexadecimal'],
    ['redis://h?timeout=5', 'not known'],
    ['redis+sentinel://h/m?db=5', 'not known'],
    ['redis+sentinel://h/m?sentinel-user=u', 'without a sentinel-password'],
    [`redis+cluster://${'h,'.repeat(64)}h`, 'more than 64'],
  ])('%s is refused with what to do', (url, reason) => {
    expect(() => parseRedisUrl(url)).toThrow(RedisUrlError);
    expect(() => parseRedisUrl(url)).toThrow(reason);
  });

  it('is understood or refused, and never repeated with its password', () => {
    const part = fc.string({ unit: fc.constantFrom(...'ab:/@?#[],%+=&.1 '), maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom('', '+sentinel', '+cluster'), part, part, (mode, before, after) => {
        const secret = 'S3CRET';
        let said: string;
        try {
          const address = parseRedisUrl(`redis${mode}://${before}:${secret}@${after}`);
          expect(address.credentials.password).toContain(secret);
          said = address.description;
        } catch (error) {
          if (!(error instanceof RedisUrlError)) throw error;
          said = error.message;
        }
        expect(said).not.toContain(secret);
      }),
    );
  });

  it('gives back any user and password', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (username, password) => {
        const userInfo = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
        expect(parseRedisUrl(`redis://${userInfo}@h`).credentials).toEqual({ username, password });
      }),
    );
  });
});
