/**
 * Lines to a file descriptor without ever blocking the event loop. Node writes to a piped stdout or stderr
 * synchronously, so a log collector that stalls would stall the gateway; here one write at a time runs in libuv's
 * thread pool, what comes meanwhile waits in a bounded buffer, and what does not fit is dropped and counted.
 */
import { close, write } from 'node:fs';

/** A descriptor that somebody else made non-blocking answers EAGAIN while its pipe is full. */
const RETRY_MS = 20;

export class FdWriter {
  #fd: number;
  readonly #limit: number;
  readonly #onError: (error: NodeJS.ErrnoException) => void;
  #waiting: string[] = [];
  #waitingLines = 0;
  /** Bytes waiting and being written. */
  #size = 0;
  #writing = false;
  #dropped = 0;
  /** Replaced descriptor that the write under way still uses. */
  #stale: number | undefined;
  #closed = false;
  #flushes: (() => void)[] = [];

  /**
   * @param limit bytes that may wait, those being written included
   * @param onError hears of every write that failed; its lines are dropped
   */
  constructor(fd: number, limit: number, onError: (error: NodeJS.ErrnoException) => void) {
    this.#fd = fd;
    this.#limit = limit;
    this.#onError = onError;
  }

  /** Lines that were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * @param lines one or more whole lines, each with its line end, in ASCII (so that characters are bytes)
   * @param count how many lines
   */
  write(lines: string, count: number): void {
    if (this.#closed || this.#size + lines.length > this.#limit) {
      this.#dropped += count;
      return;
    }
    this.#waiting.push(lines);
    this.#waitingLines += count;
    this.#size += lines.length;
    if (!this.#writing) this.#next();
  }

  /** Resolves when nothing waits, or after `timeoutMs`: a stalled reader must not hold up a shutdown. */
  flush(timeoutMs: number): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#flushes.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Goes on with another descriptor; the old one is closed as soon as no write uses it. */
  replace(fd: number): void {
    this.#release();
    this.#fd = fd;
  }

  /** Closes the descriptor as soon as no write uses it. What still waits and whatever comes later is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dropped += this.#waitingLines;
    this.#waiting = [];
    this.#waitingLines = 0;
    this.#release();
  }

  #release(): void {
    if (this.#writing && this.#stale === undefined) this.#stale = this.#fd;
    else close(this.#fd, () => {});
  }

  #next(): void {
    if (this.#waiting.length === 0) {
      for (const done of this.#flushes.splice(0)) done();
      return;
    }
    const batch = Buffer.from(this.#waiting.join(''), 'latin1');
    const lines = this.#waitingLines;
    this.#waiting = [];
    this.#waitingLines = 0;
    this.#writing = true;
    this.#writeOut(this.#fd, batch, 0, lines);
  }

  #writeOut(fd: number, batch: Buffer, offset: number, lines: number): void {
    write(fd, batch, offset, batch.length - offset, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeOut(fd, batch, offset, lines), RETRY_MS);
      } else if (error !== null) {
        this.#dropped += lines;
        this.#onError(error);
        this.#written(batch.length);
      } else if (offset + written < batch.length) {
        this.#writeOut(fd, batch, offset + written, lines);
      } else {
        this.#written(batch.length);
      }
    });
  }

  #written(size: number): void {
    this.#size -= size;
    this.#writing = false;
    if (this.#stale !== undefined) close(this.#stale, () => {});
    this.#stale = undefined;
    this.#next();
  }
}
