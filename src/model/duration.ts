/** Times as people write them in settings and definitions. */

const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/;
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `30` and `30s`, `500ms`, `5m`, `1h` as whole milliseconds; a number alone is seconds. NaN: it is no time. */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text);
  if (match === null) return Number.NaN;
  return Math.round(Number(match[1]) * UNITS[(match[2] ?? 's') as keyof typeof UNITS]);
}

/** `500ms`, `30s`: milliseconds as they may be written. */
export function formatDuration(ms: number): string {
  const unit = (['h', 'm', 's'] as const).find((name) => ms > 0 && ms % UNITS[name] === 0) ?? 'ms';
  return `${ms / UNITS[unit]}${unit}`;
}
