/** Methods of Java's numbers and Boolean, the static ones of Integer, Long and Double included. */
import { double, integer, isNumber, type JavaNumber, toDouble, truncated } from '../../java/numbers.js';
import { javaEquals, textOf } from '../../java/text.js';
import { JavaDouble, type Value } from '../../java/values.js';
import { CallError } from '../errors.js';

export type NumberMethod = (target: JavaNumber, a: Value, b: Value) => Value;
export type BooleanMethod = (target: boolean, a: Value) => Value;

const INT = 2147483647n;
const LONG = 9223372036854775807n;

/** `Integer.parseInt` and `Long.parseLong`: an optional sign and digits of the radix, nothing else. */
function parseWhole(text: Value, radix: Value, limit: bigint): Value {
  if (typeof text !== 'string' || typeof radix !== 'number') return undefined;
  const wrong = new CallError(`For input string: "${text.length > 40 ? `${text.slice(0, 37)}...` : text}"`);
  if (radix < 2 || radix > 36 || text.length > 70) throw wrong;
  const match = /^([+-]?)([0-9a-zA-Z]+)$/.exec(text);
  if (match === null) throw wrong;
  let value = 0n;
  for (const char of match[2] ?? '') {
    const digit = Number.parseInt(char, radix);
    if (Number.isNaN(digit)) throw wrong;
    value = value * BigInt(radix) + BigInt(digit);
  }
  if (match[1] === '-') value = -value;
  if (value > limit || value < -limit - 1n) throw wrong;
  return integer(value);
}

function parseDouble(text: Value): Value {
  if (typeof text !== 'string') return undefined;
  const trimmed = text.trim();
  if (!/^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?$/.test(trimmed)) {
    throw new CallError(`For input string: "${text.length > 40 ? `${text.slice(0, 37)}...` : text}"`);
  }
  return double(Number(trimmed.replace(/[fFdD]$/, '')));
}

/** Two's complement for negative numbers, as `Integer.toHexString` and its like. */
function unsigned(value: Value, radix: number): Value {
  if (!isNumber(value) || value instanceof JavaDouble) return undefined;
  const whole = BigInt(value);
  const bits = whole >= -INT - 1n && whole <= INT ? 32 : 64;
  return BigInt.asUintN(bits, whole).toString(radix);
}

function compare(a: JavaNumber, b: Value): Value {
  if (!isNumber(b) || a instanceof JavaDouble !== b instanceof JavaDouble) return undefined;
  const left = toDouble(a);
  const right = toDouble(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function pick(a: Value, b: Value, larger: boolean): Value {
  if (!isNumber(a) || !isNumber(b)) return undefined;
  return toDouble(a) >= toDouble(b) === larger ? a : b;
}

const whole = (target: JavaNumber): boolean => !(target instanceof JavaDouble);

export const NUMBER_METHODS: ReadonlyMap<string, NumberMethod> = new Map<string, NumberMethod>([
  ['intValue/0', (n) => truncated(n, 32)],
  ['longValue/0', (n) => truncated(n, 64)],
  ['shortValue/0', (n) => integer(BigInt.asIntN(16, BigInt(truncated(n, 32))))],
  ['byteValue/0', (n) => integer(BigInt.asIntN(8, BigInt(truncated(n, 32))))],
  ['doubleValue/0', (n) => (n instanceof JavaDouble ? n : double(toDouble(n)))],
  ['floatValue/0', (n) => (n instanceof JavaDouble ? n : double(toDouble(n)))],
  ['toString/0', (n) => textOf(n)],
  ['toString/1', (n, value) => (whole(n) && isNumber(value) ? textOf(value) : undefined)],
  [
    'toString/2',
    (_n, value, radix) => {
      if (!isNumber(value) || value instanceof JavaDouble || typeof radix !== 'number') return undefined;
      return value.toString(radix < 2 || radix > 36 ? 10 : radix);
    },
  ],
  ['hashCode/0', (n) => (n instanceof JavaDouble ? truncated(n, 32) : integer(BigInt.asIntN(32, BigInt(n))))],
  ['equals/1', (n, other) => javaEquals(n, other)],
  ['compareTo/1', compare],
  ['compare/2', (_n, a, b) => (isNumber(a) ? compare(a, b) : undefined)],
  ['parseInt/1', (n, text) => (whole(n) ? parseWhole(text, 10, INT) : undefined)],
  ['parseInt/2', (n, text, radix) => (whole(n) ? parseWhole(text, radix, INT) : undefined)],
  ['parseLong/1', (n, text) => (whole(n) ? parseWhole(text, 10, LONG) : undefined)],
  ['parseDouble/1', (_n, text) => parseDouble(text)],
  [
    'valueOf/1',
    (n, value) => {
      if (isNumber(value)) return value;
      return whole(n) ? parseWhole(value, 10, INT) : parseDouble(value);
    },
  ],
  ['toHexString/1', (_n, value) => unsigned(value, 16)],
  ['toBinaryString/1', (_n, value) => unsigned(value, 2)],
  ['toOctalString/1', (_n, value) => unsigned(value, 8)],
  ['max/2', (_n, a, b) => pick(a, b, true)],
  ['min/2', (_n, a, b) => pick(a, b, false)],
  ['isNaN/0', (n) => (n instanceof JavaDouble ? Number.isNaN(n.value) : undefined)],
  [
    'isInfinite/0',
    (n) => (n instanceof JavaDouble ? Math.abs(n.value) === Number.POSITIVE_INFINITY : undefined),
  ],
]);

export const BOOLEAN_METHODS: ReadonlyMap<string, BooleanMethod> = new Map<string, BooleanMethod>([
  ['toString/0', (value) => String(value)],
  ['booleanValue/0', (value) => value],
  ['equals/1', (value, other) => value === other],
  ['hashCode/0', (value) => (value ? 1231 : 1237)],
  [
    'parseBoolean/1',
    (_value, text) => (typeof text === 'string' ? text.toLowerCase() === 'true' : undefined),
  ],
  ['valueOf/1', (_value, text) => (typeof text === 'string' ? text.toLowerCase() === 'true' : undefined)],
]);
