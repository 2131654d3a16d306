/**
 * Errors on standard error, one line each, limited per cause: a backend that is down fails thousands of times a second
 * and says the same each time. Memory is bounded whatever arrives, and a stalled reader stalls nobody.
 */
import { FdWriter } from './fd-writer.js';
import { printable } from './printable.js';

/** Lines per cause and window. */
const LINES = 10;
const WINDOW_MS = 1_000;
/** Causes told apart in one window; what comes beyond shares one. Bounds both memory and the lines of a second. */
const CAUSES = 64;
const OTHER = 'other causes';
/** A line longer than this is cut: bodies and payloads do not belong here. */
const LINE_LENGTH = 2_000;
const BUFFER_BYTES = 256 * 1024;

interface Cause {
  lines: number;
  suppressed: number;
}

export class ErrorLog {
  readonly #write: (line: string) => void;
  readonly #causes = new Map<string, Cause>();
  #window: NodeJS.Timeout | undefined;

  /** @param write takes one line, its line end included */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** @param cause what repeats count together under, free of ids and addresses of requests; by default the line */
  log(line: string, cause = line): void {
    this.#window ??= setTimeout(() => this.#endWindow(), WINDOW_MS).unref();
    const cut = cause.slice(0, LINE_LENGTH);
    const key = this.#causes.has(cut) || this.#causes.size < CAUSES ? cut : OTHER;
    let entry = this.#causes.get(key);
    if (entry === undefined) {
      entry = { lines: 0, suppressed: 0 };
      this.#causes.set(key, entry);
    }
    if (entry.lines < LINES) {
      entry.lines++;
      this.#print(line);
    } else {
      entry.suppressed++;
    }
  }

  /** Tells now what was suppressed so far; for a shutdown. */
  endWindow(): void {
    clearTimeout(this.#window);
    this.#endWindow();
  }

  #endWindow(): void {
    this.#window = undefined;
    for (const [cause, { suppressed }] of this.#causes) {
      if (suppressed > 0) this.#print(`${suppressed} more suppressed: ${cause}`);
    }
    this.#causes.clear();
  }

  #print(line: string): void {
    const text = line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}...` : line;
    this.#write(`${new Date().toISOString()} ${printable(text)}\n`);
  }
}

const STDERR = 2;

/** When standard error itself fails, there is nobody left to tell. */
const stderr = new FdWriter(STDERR, BUFFER_BYTES, () => {});

const shared = new ErrorLog((line) => stderr.write(Buffer.from(line, 'utf8').toString('latin1'), 1));

/** One line on standard error, from any thread, with the time before it; see `ErrorLog.log`. */
export function logError(line: string, cause?: string): void {
  shared.log(line, cause);
}

/** Before the process ends: what was suppressed and what still waits, for at most `timeoutMs`. */
export function flushErrorLog(timeoutMs = 500): Promise<void> {
  shared.endWindow();
  return stderr.flush(timeoutMs);
}
