/** What commands say. Results go to standard output, what is wrong to standard error, a line each. */
import { formatProblem, type Problem } from '../openapi/problem.js';
import { printable } from '../telemetry/printable.js';

/** Ends a command with one line per message and exit code 1, without a stack. */
export class CommandError extends Error {
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/** One line on standard error, with the program's name before it. */
export function complain(line: string): void {
  process.stderr.write(`propylon: ${printable(line)}\n`);
}

/** A path as the user would write it: relative when it is below the working directory. */
export function shownPath(path: string): string {
  const folder = `${process.cwd()}/`;
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

/** `1 route`, `2 routes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A problem as one line; names and texts in it are the document's own, and must not steer a terminal. */
export function problemLine(problem: Problem): string {
  return `${printable(formatProblem(problem))}\n`;
}

/** C1 controls, line separators and direction marks, which `JSON.stringify` leaves as they are. */
const STEERING = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A document for programs that may be printed to a terminal, too. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return `${json.replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
