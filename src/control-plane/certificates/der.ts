/** The few forms of DER (ITU-T X.690) that a certificate needs. */

/** Tag, length, contents. */
function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body]);
}

function lengthOf(length: number): number[] {
  return length < 0x80 ? [length] : withCount(bytesOf(length));
}

function withCount(bytes: number[]): number[] {
  return [0x80 | bytes.length, ...bytes];
}

/** Big-endian, without leading zeros. */
function bytesOf(number: number): number[] {
  return number < 0x100 ? [number] : [...bytesOf(Math.floor(number / 0x100)), number % 0x100];
}

export function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return element(0x30, ...contents);
}

export function setOf(content: Uint8Array): Uint8Array {
  return element(0x31, content);
}

/** @param magnitude big-endian and not negative */
export function integer(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  // A leading bit would be the sign.
  return element(0x02, Buffer.from((digits[0] ?? 0) >= 0x80 ? [0] : []), digits);
}

/** @param dotted `1.2.840.113549.1.1.11` */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(number: number): number[] {
  const digits = [number & 0x7f];
  for (let left = number >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

export function nothing(): Uint8Array {
  return element(0x05);
}

export function yes(): Uint8Array {
  return element(0x01, Buffer.from([0xff]));
}

export function utf8(text: string): Uint8Array {
  return element(0x0c, Buffer.from(text, 'utf8'));
}

export function octets(content: Uint8Array): Uint8Array {
  return element(0x04, content);
}

export function bits(content: Uint8Array): Uint8Array {
  return element(0x03, Buffer.from([0]), content);
}

/** UTCTime, which ends with the year 2049; GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Uint8Array {
  const text = `${date
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(/[-:T]/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(text.slice(2)))
    : element(0x18, Buffer.from(text));
}

/** `[number] EXPLICIT`. */
export function tagged(number: number, content: Uint8Array): Uint8Array {
  return element(0xa0 | number, content);
}
