/** What a command is at, on the last line of a terminal; nothing where nobody sits at one. */
import { printable } from '../telemetry/printable.js';

const ERASE_LINE = '\r\x1b[K';

export class Progress {
  readonly #terminal = process.stderr.isTTY === true;
  #shown = '';

  show(text: string): void {
    if (!this.#terminal || text === this.#shown) return;
    this.#shown = text;
    const width = Math.max(20, process.stderr.columns || 80) - 1;
    process.stderr.write(ERASE_LINE + printable(text).slice(0, width));
  }

  /** Before anything else is printed. */
  end(): void {
    if (this.#shown !== '') process.stderr.write(ERASE_LINE);
    this.#shown = '';
  }

  /** A result, in place of what was shown. */
  print(text: string): void {
    this.end();
    process.stdout.write(text);
  }
}
