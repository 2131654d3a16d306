/** `$util`: the six functions of reference 03 section 4. Arguments are texts already; a missing one is the empty text. */
import { checkText, spendText } from '../../java/budget.js';
import type { Value } from '../../java/values.js';
import { parseJson as parse } from '../../jsonpath/json.js';
import { CallError } from '../errors.js';

/** StringEscapeUtils.escapeJavaScript of commons-lang 2: quotes, backslash, slash, control and non-ASCII characters. */
export function escapeJavaScript(text: string): string {
  spendText(text.length);
  return checkText(text.replace(/["'\\/]|[^\x20-\x7e]/g, escaped));
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['\b', '\\b'],
  ['\n', '\\n'],
  ['\t', '\\t'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

function escaped(char: string): string {
  const unit = char.charCodeAt(0);
  if (unit >= 0x20 && unit < 0x7f) return `\\${char}`;
  return NAMED.get(char) ?? `\\u${unit.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Members are reachable with dots and indexes; a text that is no JSON gives nothing. */
export function parseJson(text: string): Value {
  spendText(text.length * 4);
  return parse(text);
}

/** java.net.URLEncoder: form encoding of UTF-8. */
export function urlEncode(text: string): string {
  spendText(text.length);
  const encoded = encodeURIComponent(text.replace(LONE_SURROGATE, '?'));
  return checkText(encoded.replace(/%20|[!'()~]/g, (match) => FORM.get(match) ?? match));
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const FORM: ReadonlyMap<string, string> = new Map([
  ['%20', '+'],
  ['!', '%21'],
  ["'", '%27'],
  ['(', '%28'],
  [')', '%29'],
  ['~', '%7E'],
]);

/** java.net.URLDecoder: bytes that are no UTF-8 become U+FFFD, a broken escape is an error. */
export function urlDecode(text: string): string {
  spendText(text.length);
  return text.replaceAll('+', ' ').replace(/(?:%[0-9A-Fa-f]{2})+|%/g, (escapes) => {
    if (escapes === '%')
      throw new CallError('URLDecoder: Incomplete or illegal hex characters in a % escape');
    return Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8');
  });
}

export function base64Encode(text: string): string {
  spendText(text.length);
  return checkText(Buffer.from(text, 'utf8').toString('base64'));
}

export function base64Decode(text: string): string {
  spendText(text.length);
  return Buffer.from(text, 'base64').toString('utf8');
}
