import { STATUS_CODES } from 'node:http';

const LINES: readonly string[] = Array.from(
  { length: 1000 },
  (_, code) => `${code} ${STATUS_CODES[code] ?? 'Unknown'}`,
);

/** Code and reason phrase, `404 Not Found`. @param code 0 to 999 */
export function statusLine(code: number): string {
  return LINES[code] ?? `${code} Unknown`;
}

const KEEP_ALIVE = 'Connection: keep-alive';
const CLOSE = 'Connection: close';

/**
 * Everything of an answer's head but what the acceptor adds (Date and framing), without its last line end: the form in
 * which heads cross threads and in which uWebSockets.js takes one whole.
 * @param headers a header block
 */
export function answerHead(status: number, headers: string): string {
  return `${statusLine(status)}\r\n${headers}${KEEP_ALIVE}`;
}

/** The same head for a connection that ends with this answer. */
export function closingHead(head: string): string {
  return head.slice(0, -KEEP_ALIVE.length) + CLOSE;
}

/** Answers that end after their head (RFC 9110 section 6.4.1), HEAD aside. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304 || (status >= 100 && status < 200);
}
