/**
 * The `headers` and `multiValueHeaders` of an event, in one pass over the header block. The pass is synchronous, so
 * its working arrays are shared by all requests: a header costs its JSON text and nothing else.
 */
import { completeTraceId } from '../../exchange/trace-id.js';
import { type HeaderBlock, trimmed } from '../../http/header-block.js';
import { canonicalName } from '../../http/header-spelling.js';
import { wireJson } from '../../http/wire-text.js';
import { flat } from './flat.js';

export interface EventHeaders {
  /** Members of `headers`, each begun with the end of the text before it: `","Name":"last value`. */
  single: string;
  /** Members of `multiValueHeaders`, in the same way: `"],"Name":["value","value`. */
  multi: string;
  contentType: string | undefined;
  /** JSON. */
  userAgent: string;
  /** The client's `X-Amzn-Trace-Id`, completed; needs no escapes. */
  traceId: string;
  /** The client's `X-Forwarded-For`, escaped; empty if none. */
  forwardedFor: string;
}

enum Role {
  ordinary,
  contentType,
  userAgent,
  /** The gateway adds the client's address to the value. */
  forwardedFor,
  traceId,
  /** Written by the gateway, or made for it alone (`X-HTTP-Method-Override`, reference 01 section 3 rule 8). */
  hidden,
}

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['content-type', Role.contentType],
  ['user-agent', Role.userAgent],
  ['x-forwarded-for', Role.forwardedFor],
  ['x-amzn-trace-id', Role.traceId],
  ['host', Role.hidden],
  ['x-forwarded-port', Role.hidden],
  ['x-forwarded-proto', Role.hidden],
  ['x-http-method-override', Role.hidden],
]);

interface Name {
  /** `","Content-Type":"` */
  readonly single: string;
  /** `"],"Content-Type":["` */
  readonly multi: string;
  readonly role: Role;
  /** Number of the pass that last met this name, and where it put it: finds repeated names without a map per request. */
  pass: number;
  index: number;
}

/** Emptied when full, between two passes; a pass adds no more names than fit into the headers of one request. */
const CACHED_NAMES = 2048;
const names = new Map<string, Name>();

const found: Name[] = [];
const lastValues: string[] = [];
const allValues: string[] = [];
let count = 0;
let pass = 0;
let contentType: string | undefined;
let clientTraceId: string | undefined;
let userAgent = 'null';
let forwardedFor = '';

/** Reads one request's headers. @param hasBody there is a body: without a Content-Type it counts as JSON */
export function readEventHeaders(block: HeaderBlock, hasBody: boolean): EventHeaders {
  if (names.size > CACHED_NAMES) names.clear();
  pass++;
  count = 0;
  contentType = undefined;
  clientTraceId = undefined;
  userAgent = 'null';
  forwardedFor = '';
  for (let at = 0; at < block.length; ) {
    const colon = block.indexOf(':', at);
    const end = block.indexOf('\r\n', colon);
    if (colon < 0 || end < 0) break;
    visit(block.slice(at, colon), trimmed(block, colon + 1, end));
    at = end + 2;
  }

  let single = '';
  let multi = '';
  if (hasBody && contentType === undefined) {
    contentType = 'application/json';
    single = '","Content-Type":"application/json';
    multi = '"],"Content-Type":["application/json';
  }
  for (let i = 0; i < count; i++) {
    const name = found[i] as Name;
    single += name.single + lastValues[i];
    multi += name.multi + allValues[i];
  }
  return {
    single,
    multi,
    contentType,
    userAgent,
    traceId: completeTraceId(clientTraceId),
    forwardedFor: wireJson(forwardedFor),
  };
}

function visit(lower: string, value: string): void {
  const name = names.get(lower) ?? newName(lower);
  if (name.role >= Role.forwardedFor) {
    if (name.role === Role.forwardedFor)
      forwardedFor = forwardedFor === '' ? value : `${forwardedFor}, ${value}`;
    else if (name.role === Role.traceId) clientTraceId = value;
    return;
  }
  const json = wireJson(value);
  if (name.role === Role.contentType) contentType = value;
  else if (name.role === Role.userAgent) userAgent = `"${json}"`;
  if (name.pass === pass) {
    lastValues[name.index] = json;
    allValues[name.index] += `","${json}`;
    return;
  }
  name.pass = pass;
  name.index = count;
  found[count] = name;
  lastValues[count] = json;
  allValues[count] = json;
  count++;
}

function newName(lower: string): Name {
  const spelling = wireJson(canonicalName(lower));
  const name: Name = {
    single: flat(`","${spelling}":"`),
    multi: flat(`"],"${spelling}":["`),
    role: ROLES.get(lower) ?? Role.ordinary,
    pass: 0,
    index: 0,
  };
  // A copy, because a slice would keep its whole header block alive.
  names.set(Buffer.from(lower, 'latin1').toString('latin1'), name);
  return name;
}
