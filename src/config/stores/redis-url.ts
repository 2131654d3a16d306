/**
 * Where a Redis is, as users write it:
 *
 *     redis://[[user]:password@]host[:6379][/db]                                   a single server
 *     redis+sentinel://[[user]:password@]host[:26379],host[:26379]/master[/db]     found through Sentinel
 *     redis+cluster://[[user]:password@]host[:6379],host[:6379]                    a Redis Cluster
 *
 * `rediss` for `redis` asks for TLS, towards sentinels too. Sentinels that want credentials of their own get them from
 * `?sentinel-user=…&sentinel-password=…`. User and password are percent-encoded.
 */
export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster';
  tls: boolean;
  hosts: HostPort[];
  db: number;
  /** With kind 'sentinel' only. */
  master: string;
  credentials: Credentials;
  sentinelCredentials: Credentials;
  /** The URL without credentials. */
  description: string;
}

export interface HostPort {
  host: string;
  port: number;
}

export interface Credentials {
  username?: string;
  password?: string;
}

/** One sentence, without the URL: it may hold a password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const URL_FORM =
  /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?$/;
const HOST_FORM = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/;
const MASTER_FORM = /^[A-Za-z0-9._-]+$/;
const DB_FORM = /^\d{1,4}$/;
const MAX_HOSTS = 64;

/** @throws RedisUrlError */
export function parseRedisUrl(url: string): RedisAddress {
  const match = URL_FORM.exec(url);
  if (match === null) {
    throw new RedisUrlError(
      'the Redis URL has another form than redis://[user:password@]host[:port][/db], redis+sentinel://host,host/master or redis+cluster://host,host (rediss for TLS; special characters of a password as %XX)',
    );
  }
  const [, s, mode, userInfo, authority = '', path = '', query = ''] = match;
  const kind = mode === 'sentinel' || mode === 'cluster' ? mode : 'single';
  const tls = s === 's';
  const hosts = parseHosts(authority, kind === 'sentinel' ? 26_379 : 6379);
  if (kind === 'single' && hosts.length > 1) {
    throw new RedisUrlError(
      'the Redis URL names several hosts: write redis+sentinel:// or redis+cluster:// for redis://',
    );
  }
  const segments = path.split('/').slice(1);
  const master = kind === 'sentinel' ? decoded(segments.shift() ?? '') : '';
  if (kind === 'sentinel' && !MASTER_FORM.test(master)) {
    throw new RedisUrlError(
      'the Redis URL names no master: redis+sentinel://host,host/mymaster, as the sentinels call it',
    );
  }
  const db = parseDatabase(segments, kind);
  const list = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  const parameters = parseQuery(query, kind);
  return {
    kind,
    tls,
    hosts,
    db,
    master,
    credentials: parseUserInfo(userInfo),
    sentinelCredentials: {
      ...given('username', parameters.get('sentinel-user')),
      ...given('password', parameters.get('sentinel-password')),
    },
    description: `redis${s}${mode === undefined ? '' : `+${mode}`}://${list}${master === '' ? '' : `/${master}`}${db === 0 ? '' : `/${db}`}`,
  };
}

function parseHosts(authority: string, defaultPort: number): HostPort[] {
  const hosts = authority.split(',').map((text) => {
    const match = HOST_FORM.exec(text);
    const host = match?.[1] ?? match?.[2];
    const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
    if (host === undefined || port < 1 || port > 65_535) {
      throw new RedisUrlError(
        text === ''
          ? 'the Redis URL names no host'
          : 'the Redis URL has a host that is no host[:port] (an IPv6 address stands in brackets)',
      );
    }
    return { host, port };
  });
  if (hosts.length > MAX_HOSTS) throw new RedisUrlError(`the Redis URL names more than ${MAX_HOSTS} hosts`);
  return hosts;
}

function parseDatabase(segments: readonly string[], kind: RedisAddress['kind']): number {
  const text = segments[0] ?? '';
  if (segments.length > 1 || (text !== '' && !DB_FORM.test(text))) {
    throw new RedisUrlError('the Redis URL has a path that is no database number, such as /2');
  }
  if (kind === 'cluster' && Number(text) !== 0) {
    throw new RedisUrlError('the Redis URL names a database: a Redis Cluster has only number 0');
  }
  return Number(text);
}

function parseUserInfo(userInfo: string | undefined): Credentials {
  if (userInfo === undefined || userInfo === '') return {};
  const colon = userInfo.indexOf(':');
  const username = decoded(colon < 0 ? userInfo : userInfo.slice(0, colon));
  const password = colon < 0 ? '' : decoded(userInfo.slice(colon + 1));
  if (password === '') {
    throw new RedisUrlError(
      'the Redis URL has a user without a password: redis://user:password@host, or redis://:password@host without a user',
    );
  }
  return username === '' ? { password } : { username, password };
}

/** Unknown parameters are refused: somebody believes that they do something. */
function parseQuery(query: string, kind: RedisAddress['kind']): URLSearchParams {
  // A plus sign is itself here, as in the rest of the URL.
  const parameters = new URLSearchParams(query.replaceAll('+', '%2B'));
  for (const name of parameters.keys()) {
    if (kind !== 'sentinel' || (name !== 'sentinel-user' && name !== 'sentinel-password')) {
      throw new RedisUrlError(
        'the Redis URL has a parameter that is not known; after ? there can be sentinel-user and sentinel-password, with redis+sentinel://',
      );
    }
  }
  if (parameters.has('sentinel-user') && !parameters.get('sentinel-password')) {
    throw new RedisUrlError('the Redis URL has a sentinel-user without a sentinel-password');
  }
  return parameters;
}

function given(name: keyof Credentials, value: string | null): Credentials {
  return value === null || value === '' ? {} : { [name]: value };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('the Redis URL has a % that is not followed by two hexadecimal digits');
  }
}
