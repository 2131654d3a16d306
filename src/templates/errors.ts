/** What can go wrong with a template: when it is compiled, and when it runs. */

/** The template is not one: found when a definition is loaded. */
export class TemplateError extends Error {
  /** From 1, in the template as it was given. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  constructor(message: string, line: number, column: number) {
    super(`${message} (line ${line}, column ${column})`);
    this.name = 'TemplateError';
    this.line = line;
    this.column = column;
  }
}

/** The template failed on this request: the documented 500; the message is for the log. */
export class TemplateRunError extends Error {
  /** Of the last call, loop or index the template began; 0 when none had begun. */
  readonly line: number;
  readonly column: number;
  constructor(message: string, line: number, column: number, options?: ErrorOptions) {
    super(line > 0 ? `${message} (line ${line}, column ${column})` : message, options);
    this.name = 'TemplateRunError';
    this.line = line;
    this.column = column;
  }
}

/** Thrown by what a template calls, where Java would throw; becomes a TemplateRunError with a place. */
export class CallError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CallError';
  }
}

/** Line and column of an offset. */
export function placeOf(source: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = source.indexOf('\n', start);
    if (end < 0 || end >= offset) return { line, column: offset - start + 1 };
    line++;
    start = end + 1;
  }
}
