/** Operators, with the rules of Velocity 1.7 and Java's arithmetic. A missing reference is the empty text already. */
import { checkText, spend, spendCompare, spendJoin } from '../../java/budget.js';
import { double, integer, isNumber, type JavaNumber, toDouble, truncated } from '../../java/numbers.js';
import { javaEquals, textOf } from '../../java/text.js';
import { JavaDouble, JavaList, JavaMap, JavaObject, type Value } from '../../java/values.js';

/**
 * What a condition makes of a value. Only `false` is false (and a computation that has no result): on AWS a missing
 * value counts as true, because it is the empty text there, and the empty text is not null (reference 03 section 1).
 */
export function truthy(value: Value): boolean {
  return value !== false && value !== null && value !== undefined;
}

type Whole = number | bigint;

/** Null: one side is no number. */
function numbers(left: Value, right: Value): readonly [JavaNumber, JavaNumber] | null {
  return isNumber(left) && isNumber(right) ? [left, right] : null;
}

function compute(
  left: Value,
  right: Value,
  whole: (a: bigint, b: bigint) => bigint,
  floating: (a: number, b: number) => number,
): Value {
  const pair = numbers(left, right);
  if (pair === null) return null;
  const [a, b] = pair;
  if (a instanceof JavaDouble || b instanceof JavaDouble) return double(floating(toDouble(a), toDouble(b)));
  spend(1);
  return integer(whole(BigInt(a), BigInt(b)));
}

export function add(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (Number.isSafeInteger(sum)) return sum;
  }
  if (typeof left === 'string' || typeof right === 'string') return joined(textOf(left) + textOf(right), 1);
  return compute(
    left,
    right,
    (a, b) => a + b,
    (a, b) => a + b,
  );
}

export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return compute(
    left,
    right,
    (a, b) => a - b,
    (a, b) => a - b,
  );
}

export function multiply(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    // Not -0: whole numbers of Java have none.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return compute(
    left,
    right,
    (a, b) => a * b,
    (a, b) => a * b,
  );
}

/** Whole numbers divide towards zero; by zero there is no result. */
export function divide(left: Value, right: Value): Value {
  const pair = numbers(left, right);
  if (pair === null || isZero(pair[1])) return null;
  if (typeof left === 'number' && typeof right === 'number') return (left - (left % right)) / right + 0;
  return compute(
    left,
    right,
    (a, b) => a / b,
    (a, b) => a / b,
  );
}

export function modulo(left: Value, right: Value): Value {
  const pair = numbers(left, right);
  if (pair === null || isZero(pair[1])) return null;
  if (typeof left === 'number' && typeof right === 'number') return (left % right) + 0;
  return compute(
    left,
    right,
    (a, b) => a % b,
    (a, b) => a % b,
  );
}

function isZero(value: JavaNumber): boolean {
  return toDouble(value) === 0;
}

/** `==`: numbers by value, equal classes by `equals`, anything else by how it prints. */
export function equal(left: Value, right: Value): boolean {
  if (typeof left === 'string' && typeof right === 'string') {
    spendCompare(left, right);
    return left === right;
  }
  if (left === right) return true;
  if (isNumber(left) && isNumber(right)) return order(left, right) === 0;
  const missing = left === null || left === undefined;
  if (missing || right === null || right === undefined)
    return missing && (right === null || right === undefined);
  if (isContainer(left) && isContainer(right)) return javaEquals(left, right);
  return textOf(left) === textOf(right);
}

function isContainer(value: Value): boolean {
  return value instanceof JavaMap || value instanceof JavaList || value instanceof JavaObject;
}

function order(left: JavaNumber, right: JavaNumber): number {
  const a: Whole = left instanceof JavaDouble ? left.value : left;
  const b: Whole = right instanceof JavaDouble ? right.value : right;
  if (a < b) return -1;
  if (a > b) return 1;
  return a <= b ? 0 : Number.NaN;
}

/** Only numbers have an order; everything else compares false. */
export function less(left: Value, right: Value): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left < right;
  return isNumber(left) && isNumber(right) && order(left, right) < 0;
}

export function lessOrEqual(left: Value, right: Value): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left <= right;
  return isNumber(left) && isNumber(right) && order(left, right) <= 0;
}

export function greater(left: Value, right: Value): boolean {
  return less(right, left);
}

export function greaterOrEqual(left: Value, right: Value): boolean {
  return lessOrEqual(right, left);
}

/** A list literal. */
export function listOf(items: Value[]): JavaList {
  spend(items.length);
  return new JavaList(items, false);
}

/** A text in double quotes with references in it; `cost` pays for how many. */
export function joined(text: string, cost: number): string {
  spend(cost);
  spendJoin(text.length);
  return checkText(text);
}

/** `[from..to]`, upwards or downwards; null when a bound is no number. */
export function range(from: Value, to: Value): Value {
  if (!isNumber(from) || !isNumber(to)) return null;
  const first = Number(truncated(from, 32));
  const last = Number(truncated(to, 32));
  const count = Math.abs(last - first) + 1;
  spend(count);
  const step = first <= last ? 1 : -1;
  const items = new Array<Value>(count);
  for (let i = 0; i < count; i++) items[i] = first + i * step;
  return new JavaList(items, false);
}
