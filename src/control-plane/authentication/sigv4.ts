/** Verification of Signature Version 4, header form, as AWS's services do it and with their answers. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ControlPlaneRequest } from '../control-plane.js';
import { ApiError } from '../wire/errors.js';

export interface Signature {
  accessKeyId: string;
  /** `YYYYMMDD`. */
  date: string;
  region: string;
  service: string;
  /** Lower case, in the order signed. */
  signedHeaders: readonly string[];
  /** Hexadecimal. */
  signature: string;
  /** `x-amz-date`, as in `20260102T030405Z`. */
  timestamp: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'apigateway';
/** What clocks may differ, which is also how long a copy of a request can be sent again. */
const SKEW_MS = 5 * 60_000;
const TIMESTAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** What the request says about its signature. @throws ApiError when there is none, or a part is missing */
export function readSignature({ headers }: ControlPlaneRequest): Signature {
  const { authorization } = headers;
  if (authorization === undefined || authorization === '') {
    throw new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (!authorization.startsWith(`${ALGORITHM} `)) {
    throw new ApiError(
      'IncompleteSignatureException',
      `Unsupported Authorization scheme: it needs to be ${ALGORITHM}`,
    );
  }
  const parameters = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(',')
      .map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()];
      }),
  );
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !parameters.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  const timestamp = headers['x-amz-date'] ?? '';
  if (!TIMESTAMP.test(timestamp)) {
    missing.push("Authorization header requires existence of a 'X-Amz-Date' header in ISO-8601 basic form.");
  }
  const [accessKeyId = '', date = '', region = '', service = '', end, more] = (
    parameters.get('Credential') ?? ''
  ).split('/');
  if (missing.length === 0 && (end !== 'aws4_request' || more !== undefined)) {
    missing.push(
      'Credential must have exactly 5 slash-delimited elements: key/date/region/service/aws4_request.',
    );
  }
  if (missing.length > 0) throw new ApiError('IncompleteSignatureException', missing.join(' '));
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (parameters.get('SignedHeaders') ?? '').split(';'),
    signature: parameters.get('Signature') ?? '',
    timestamp,
  };
}

/** @param now milliseconds @throws ApiError when the signature is old, for another place, or not of this key and request */
export function verifySignature(
  request: ControlPlaneRequest,
  signature: Signature,
  secret: string,
  region: string,
  now: number,
): void {
  checkTime(signature, now);
  checkScope(signature, region);
  const { signedHeaders } = signature;
  const unsigned = ['host', 'x-amz-date'].find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined)
    throw mismatch(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  const expected = Buffer.from(signatureOf(request, signature, secret), 'latin1');
  const given = Buffer.from(signature.signature, 'latin1');
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) throw mismatch(MISMATCH);
}

function mismatch(message: string): ApiError {
  return new ApiError('InvalidSignatureException', message);
}

function checkTime({ timestamp }: Signature, now: number): void {
  const [, year, month, day, hour, minute, second] = TIMESTAMP.exec(timestamp) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // A date that is none compares as false both ways.
  if (at >= now - SKEW_MS && at <= now + SKEW_MS) return;
  const current = basicTime(now);
  throw mismatch(
    at > now
      ? `Signature not yet current: ${timestamp} is still later than ${basicTime(now + SKEW_MS)} (${current} + 5 min.)`
      : `Signature expired: ${timestamp} is now earlier than ${basicTime(now - SKEW_MS)} (${current} - 5 min.)`,
  );
}

function basicTime(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
}

function checkScope({ date, region, service, timestamp }: Signature, expectedRegion: string): void {
  const day = timestamp.slice(0, 8);
  if (date !== day) {
    throw mismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${day}', from '${timestamp}'.`,
    );
  }
  if (region !== expectedRegion) {
    throw mismatch(
      `Credential should be scoped to a valid region, not '${region}': this node's is '${expectedRegion}'.`,
    );
  }
  if (service !== SERVICE) throw mismatch(`Credential should be scoped to correct service: '${SERVICE}'.`);
}

function signatureOf(request: ControlPlaneRequest, signature: Signature, secret: string): string {
  const { date, region, service, timestamp } = signature;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const canonical = sha256(canonicalRequest(request, signature.signedHeaders));
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`);
  return hmac(key, [ALGORITHM, timestamp, scope, canonical].join('\n')).toString('hex');
}

function canonicalRequest(
  { method, target, headers, body }: ControlPlaneRequest,
  signed: readonly string[],
): string {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const lines = signed.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`);
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    lines.join(''),
    signed.join(';'),
    bodyHash(headers, body),
  ].join('\n');
}

/** A client may state the hash; only the body's own will do. */
function bodyHash(headers: Readonly<Record<string, string>>, body: Uint8Array): string {
  const hash = sha256(body);
  const stated = headers['x-amz-content-sha256'];
  if (stated !== undefined && stated !== hash) throw mismatch(MISMATCH);
  return hash;
}

/** The path as it came, dot segments resolved, encoded once more, as every service but S3 wants it. */
function canonicalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const end = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.map(encode).join('/')}${end}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    return [encode(decode(name)), encode(decode(value))] as const;
  });
  return pairs
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @throws ApiError for what is no percent-encoded text, which nobody can have signed */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw mismatch(MISMATCH);
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
