/** Numbers as Java reads and prints them. */
import { BudgetError } from './budget.js';
import { JavaDouble } from './values.js';

export type JavaNumber = number | bigint | JavaDouble;

/** Bits of the largest whole number: digits past this are nobody's amount, only a way to burn time. */
const LARGEST = 1n << 4096n;

/** Digits of a whole number of JSON that becomes a bigint; longer ones keep their digits but count as doubles. */
const MAX_INTEGER_DIGITS = 400;

/** Characters an exponent may unfold to when a JSON number prints without one. */
const MAX_PLAIN_DIGITS = 400;

/** The smallest form of a whole number: a number where it is exact. */
export function integer(value: bigint): number | bigint {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  if (value > LARGEST || value < -LARGEST) throw new BudgetError('a number grew past 4096 bits');
  return value;
}

/** A double as Java computes and prints it. */
export function double(value: number): JavaDouble {
  const text = doubleText(value);
  return new JavaDouble(value, text, Number.isFinite(value) ? text : 'null');
}

/** `Double.toString`: 1.0, 100.5, 1.0E10, 1.0E-5. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const digits = mantissa.includes('.') ? mantissa : `${mantissa}.0`;
  return `${digits}E${Number(exponent)}`;
}

/** A JSON number that is not a small whole one, from its text. */
export function jsonNumber(text: string): JavaNumber {
  if (!/[.eE]/.test(text)) {
    if (text === '-0') return new JavaDouble(-0, '0', '-0');
    if (text.length <= MAX_INTEGER_DIGITS) return integer(BigInt(text));
    return new JavaDouble(Number(text), text, text);
  }
  return new JavaDouble(Number(text), plainDigits(text), text);
}

/** The digits without an exponent (reference 03 section 2.1), unless they would be absurdly many. */
function plainDigits(text: string): string {
  const at = text.search(/[eE]/);
  if (at < 0) return text;
  const exponent = Number(text.slice(at + 1));
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.slice(negative ? 1 : 0, at).split('.');
  if (Math.abs(exponent) + whole.length + fraction.length > MAX_PLAIN_DIGITS) return text;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  let plain: string;
  if (point <= 0) plain = `0.${'0'.repeat(-point)}${digits}`;
  else if (point >= digits.length) plain = digits + '0'.repeat(point - digits.length);
  else plain = `${digits.slice(0, point)}.${digits.slice(point)}`;
  plain = plain.replace(/^0+(?=\d)/, '');
  return negative ? `-${plain}` : plain;
}

/** As a JavaScript number, for comparisons and doubles. */
export function toDouble(value: JavaNumber): number {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : value.value;
}

/** `intValue()` and `longValue()` of a number that may be a double: towards zero, at the limits of the type. */
export function truncated(value: JavaNumber, bits: 32 | 64): number | bigint {
  if (value instanceof JavaDouble) {
    if (Number.isNaN(value.value)) return 0;
    const limit = bits === 32 ? 2147483647n : 9223372036854775807n;
    if (value.value >= Number(limit)) return integer(limit);
    if (value.value <= -Number(limit)) return integer(-limit - 1n);
    return Math.trunc(value.value);
  }
  return integer(BigInt.asIntN(bits, BigInt(value)));
}

export function isNumber(value: unknown): value is JavaNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof JavaDouble;
}

/** Java's class of a whole number, by its size. */
export function integerClass(value: number | bigint): string {
  if (value >= -2147483648 && value <= 2147483647) return 'java.lang.Integer';
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return 'java.lang.Long';
  return 'java.math.BigInteger';
}
