/** What a function may answer (reference 02 sections 6.2 and 6.3, headers by section 3). */
import { type HeaderBlock, headerLine } from '../../http/header-block.js';
import { REMAPPED_PREFIX, responseHeaderRule } from '../response-headers.js';

export interface ProxyResponse {
  status: number;
  /** Everything the function sent that may pass, and a Content-Type. */
  headers: HeaderBlock;
  body: string | null;
  isBase64Encoded: boolean;
}

/** A fault of the function's answer; the message says which rule it breaks. */
export class MalformedResponse extends Error {}

const MEMBERS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']);

const INTEGER = /^[+-]?\d{1,9}$/;

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a function's payload. Members that are null count as absent: frameworks that serialise objects write them so.
 * @throws MalformedResponse for anything outside the contract
 */
export function readProxyResponse(payload: Uint8Array): ProxyResponse {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new MalformedResponse(text === '' ? 'the payload is empty' : 'the payload is not JSON');
  }
  if (!isObject(parsed)) throw new MalformedResponse('the payload is not a JSON object');
  for (const member of Object.keys(parsed)) {
    if (!MEMBERS.has(member))
      throw new MalformedResponse(`unknown member ${JSON.stringify(member.slice(0, 64))}`);
  }
  return {
    status: readStatus(parsed.statusCode ?? 200),
    headers: readHeaders(parsed.headers ?? {}, parsed.multiValueHeaders ?? {}),
    body: readBody(parsed.body ?? null),
    isBase64Encoded: readFlag(parsed.isBase64Encoded ?? false),
  };
}

/**
 * 200 to 599. A 1xx would be taken for an interim response, and the next answer on the client's connection for this
 * one's; other numbers do not fit into a status line.
 */
function readStatus(value: unknown): number {
  const status = typeof value === 'string' && INTEGER.test(value) ? Number(value) : value;
  if (typeof status !== 'number' || !Number.isInteger(status)) {
    throw new MalformedResponse('statusCode is not an integer');
  }
  if (status < 200 || status > 599)
    throw new MalformedResponse(`statusCode ${status} is not within 200 to 599`);
  return status;
}

function readBody(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new MalformedResponse('body is neither text nor null');
}

function readFlag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new MalformedResponse('isBase64Encoded is not a boolean');
  return value;
}

/**
 * Both maps as lines, one a value; lines of one name stand in order: the array's values, then the single one under the
 * array's spelling, unless the array holds it already.
 */
function readHeaders(single: unknown, multi: unknown): HeaderBlock {
  if (!isObject(single)) throw new MalformedResponse('headers is not an object');
  if (!isObject(multi)) throw new MalformedResponse('multiValueHeaders is not an object');
  let block = '';
  let hasContentType = false;
  const arrays = new Map<string, { spelling: string; values: Set<string> }>();
  for (const name of Object.keys(multi)) {
    const values = multi[name];
    const lower = name.toLowerCase();
    if (!Array.isArray(values))
      throw new MalformedResponse(`multiValueHeaders ${quoted(name)} is not an array`);
    if (values.length === 0) continue;
    if (lower === 'content-type') hasContentType = true;
    let merged = arrays.get(lower);
    if (merged === undefined) {
      merged = { spelling: name, values: new Set() };
      arrays.set(lower, merged);
    }
    for (const value of values) {
      const text = valueText(name, value);
      merged.values.add(text);
      block += line(name, lower, text);
    }
  }
  for (const name of Object.keys(single)) {
    const lower = name.toLowerCase();
    const text = valueText(name, single[name]);
    if (lower === 'content-type') hasContentType = true;
    const merged = arrays.size === 0 ? undefined : arrays.get(lower);
    if (merged === undefined) block += line(name, lower, text);
    else if (!merged.values.has(text)) block += line(merged.spelling, lower, text);
  }
  return hasContentType ? block : `${block}Content-Type: application/json\r\n`;
}

function valueText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new MalformedResponse(`the value of header ${quoted(name)} is neither text, number nor boolean`);
}

function line(name: string, lower: string, value: string): string {
  const rule = responseHeaderRule('lambda-proxy', lower);
  const safe = headerLine(rule === 'remap' ? REMAPPED_PREFIX + name : name, value);
  if (safe === undefined) {
    throw new MalformedResponse(`header ${quoted(name)} has a name or a value that no header may have`);
  }
  return rule === 'drop' ? '' : safe;
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
