/** What happens to response headers on their way to the client (reference 02 section 3, with 2.4 for single cells). */

/** `custom`: HTTP and AWS, for headers set by mappings; the proxies: for headers of the backend or the function. */
export type ResponseHeaderKind = 'custom' | 'http-proxy' | 'lambda-proxy';

/** `remap`: the header leaves as `x-amzn-Remapped-{name}` only. */
export type ResponseHeaderRule = 'pass' | 'remap' | 'drop';

export const REMAPPED_PREFIX = 'x-amzn-Remapped-';

/**
 * Remapped for every kind. The last three are the gateway's own headers: `x-amzn-requestid` is in the reference for
 * HTTP_PROXY, and a second `x-amz-apigw-id` or request id beside ours would be as ambiguous from the other kinds.
 */
const REMAPPED = [
  ...['connection', 'content-length', 'date', 'server'],
  ...['authorization', 'content-md5', 'expect', 'host', 'max-forwards', 'proxy-authenticate', 'trailer'],
  ...['upgrade', 'user-agent', 'www-authenticate'],
  ...['x-amzn-requestid', 'x-amz-apigw-id'],
];

/** Beside Transfer-Encoding. Keep-Alive and Proxy-Connection describe the backend's connection, not the client's. */
const DROPPED: Readonly<Record<ResponseHeaderKind, readonly string[]>> = {
  // The gateway writes its own trace id on these two (reference 01 section 6).
  custom: ['x-amzn-trace-id'],
  'http-proxy': ['content-encoding', 'via', 'keep-alive', 'proxy-connection'],
  'lambda-proxy': ['x-amzn-trace-id', 'via'],
};

function table(kind: ResponseHeaderKind): ReadonlyMap<string, ResponseHeaderRule> {
  return new Map<string, ResponseHeaderRule>([
    ...REMAPPED.map((name): [string, ResponseHeaderRule] => [name, 'remap']),
    ['transfer-encoding', 'drop'],
    ...DROPPED[kind].map((name): [string, ResponseHeaderRule] => [name, 'drop']),
  ]);
}

const TABLES: Readonly<Record<ResponseHeaderKind, ReadonlyMap<string, ResponseHeaderRule>>> = {
  custom: table('custom'),
  'http-proxy': table('http-proxy'),
  'lambda-proxy': table('lambda-proxy'),
};

/** The rule for one header; names outside the tables pass. `lowerName` must be in lower case. */
export function responseHeaderRule(kind: ResponseHeaderKind, lowerName: string): ResponseHeaderRule {
  return TABLES[kind].get(lowerName) ?? 'pass';
}
