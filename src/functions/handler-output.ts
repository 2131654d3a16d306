/**
 * What a function prints. Standard output belongs to the access log, so everything goes to standard error, each line
 * behind the function's name. It is written straight to the descriptor: through Node's streams it would travel over
 * the main thread, and a function that prints without end would fill that thread's memory. Here it only waits itself.
 */

import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** Characters of one write that are printed: Lambda's limit of one log event. */
const MAX_CHARACTERS = 262_144;

const STDERR = 2;

/** Sends `console`, `process.stdout` and `process.stderr` of this thread to standard error. */
export function redirectOutput(functionName: string): void {
  const prefix = `[${functionName}] `;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const text = chunk.toString('utf8', 0, MAX_CHARACTERS).replace(/\n$/, '');
      print(`${prefix}${text.replaceAll('\n', `\n${prefix}`)}\n`);
      done();
    },
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    Object.defineProperty(process, stream, { configurable: true, enumerable: true, get: () => sink });
  }
  globalThis.console = new Console({ stdout: sink, stderr: sink });
}

/** Best effort: a standard error that is closed or full (EAGAIN) loses lines, never an invocation. */
function print(text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(STDERR, bytes, written);
  } catch {
    // Nowhere is left to say it.
  }
}
