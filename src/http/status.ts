import { STATUS_CODES } from 'node:http';

const LINES: readonly string[] = Array.from(
  { length: 1000 },
  (_, code) => `${code} ${STATUS_CODES[code] ?? 'Unknown'}`,
);

/** Code and reason phrase, `404 Not Found`. @param code 0 to 999 */
export function statusLine(code: number): string {
  return LINES[code] ?? `${code} Unknown`;
}

/**
 * Everything of an answer's head but what belongs to the connection (Connection, Date, framing), with its last line end.
 * @param headers a header block
 */
export function answerHead(status: number, headers: string): string {
  return `${statusLine(status)}\r\n${headers}`;
}

/** Answers that end after their head (RFC 9110 section 6.4.1), HEAD aside. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304 || (status >= 100 && status < 200);
}
