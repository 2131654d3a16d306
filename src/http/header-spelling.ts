/**
 * Header names as clients usually spell them. Names reach us in lower case, while API Gateway shows the client's own
 * spelling and functions look headers up by it: so events carry `Content-Type`, `X-Forwarded-For` and so on. A client
 * that spelled a name otherwise is not reproduced; that is the price of a parser that folds names.
 */

/** Names that do not follow the rule "every word capitalised". */
const WHOLE_NAMES: Readonly<Record<string, string>> = {
  etag: 'ETag',
  'http2-settings': 'HTTP2-Settings',
  soapaction: 'SOAPAction',
  'x-b3-parentspanid': 'X-B3-ParentSpanId',
  'x-b3-spanid': 'X-B3-SpanId',
  'x-b3-traceid': 'X-B3-TraceId',
  'x-xsrf-token': 'X-XSRF-TOKEN',
  // W3C names these in lower case, and its libraries look them up so.
  baggage: 'baggage',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
};

/** Words with a spelling of their own, wherever they stand in a name (`WWW-Authenticate`, `Sec-CH-UA-Mobile`). */
const WORDS: ReadonlyMap<string, string> = new Map(
  [
    ...[
      'CH',
      'CSRF',
      'DNS',
      'DNT',
      'DPR',
      'ECT',
      'GPC',
      'HTTP',
      'IP',
      'MD5',
      'NEL',
      'P3P',
      'RTT',
      'SSL',
      'TE',
    ],
    ...['TLS', 'UA', 'URI', 'URL', 'WWW', 'XSS', 'CloudFront', 'WebSocket', 'RequestId'],
  ].map((word) => [word.toLowerCase(), word]),
);

/** Real traffic has some hundred names; the bound is there for clients that invent them. */
const CACHE_ENTRIES = 1024;
const cache = new Map<string, string>(Object.entries(WHOLE_NAMES));

/** The usual spelling of a lower-case header name, e.g. `etag` -> `ETag`, `x-real-ip` -> `X-Real-IP`. */
export function canonicalName(lower: string): string {
  const known = cache.get(lower);
  if (known !== undefined) return known;
  const name = lower.split('-').map(spellWord).join('-');
  // A copy, because a slice would keep the header block it was cut from alive.
  if (cache.size < CACHE_ENTRIES) cache.set(Buffer.from(lower, 'latin1').toString('latin1'), name);
  return name;
}

function spellWord(word: string): string {
  return WORDS.get(word) ?? word.charAt(0).toUpperCase() + word.slice(1);
}
