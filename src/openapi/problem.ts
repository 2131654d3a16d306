/** What an import has to say about a document, with the place it stands at. */

export interface Problem {
  severity: 'error' | 'warning';
  /** As the caller named the document. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** JSON pointer (RFC 6901) into the document; empty: the document itself. */
  pointer: string;
  /** One sentence: what is wrong and what to do. */
  message: string;
}

/** A place in a document. */
export type Location = Pick<Problem, 'file' | 'line' | 'column' | 'pointer'>;

/** Finds the place a JSON pointer names, or the nearest ancestor the document has; follows `$ref`s. */
export type Locate = (pointer: string) => Location;

/** `file:line:column severity pointer: message`, the form compilers use, so that terminals make the place a link. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, severity, pointer, message } = problem;
  return printable(`${file}:${line}:${column} ${severity} ${pointer === '' ? '/' : pointer}: ${message}`);
}

/** Keys of a document may hold line ends and terminal control sequences: they are shown as `\\u001b`. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

/** Of each severity; a hostile document could have a million, and nobody reads more than this. */
const MAX_PROBLEMS = 1000;

/** Collects problems, each once, up to a bound. */
export class ProblemLog {
  readonly problems: Problem[] = [];
  private readonly seen = new Set<string>();
  private readonly counts = { error: 0, warning: 0 };

  get hasErrors(): boolean {
    return this.counts.error > 0;
  }

  add(severity: Problem['severity'], at: Location, message: string): void {
    if (this.counts[severity] > MAX_PROBLEMS) return;
    // An integration shared through `$ref` is read once per operation; its problems stand in one place.
    const identity = `${at.line}:${at.column} ${message}`;
    if (this.seen.has(identity)) return;
    this.seen.add(identity);
    const last = ++this.counts[severity] > MAX_PROBLEMS;
    const text = `There are more than ${MAX_PROBLEMS} ${severity}s, the rest is not listed: correct these first.`;
    this.problems.push({ severity, ...at, message: last ? text : message });
  }
}
