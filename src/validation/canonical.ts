import { spend, spendText } from '../java/budget.js';

/** A text that two JSON objects or lists share when they are equal: members in the order of their names. Spends from the budget. */
export function canonical(value: object): string {
  return write(value);
}

/** True for what has no members: such values are equal when they are the same. */
export function isPlain(value: unknown): value is string | number | boolean | null {
  return typeof value !== 'object' || value === null;
}

function write(value: unknown): string {
  spend(1);
  if (typeof value === 'string') spendText(value.length);
  if (isPlain(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  const members = Object.entries(value as Record<string, unknown>).sort(([a], [b]) =>
    a < b ? -1 : a > b ? 1 : 0,
  );
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`;
}
