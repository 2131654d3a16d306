/** The command as users run it: a process made from `dist/`. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Standard input; empty by default. */
  input?: string | Buffer;
}

/** A running command whose output can be waited for. */
export class Running {
  readonly process: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;
  readonly #listeners = new Set<() => void>();

  constructor(args: readonly string[], { cwd, env, input }: RunOptions = {}) {
    this.process = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env.PATH ?? '', ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.process.stdin.on('error', () => {}).end(input ?? '');
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      for (const listener of this.#listeners) listener();
    });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      for (const listener of this.#listeners) listener();
    });
    this.finished = once(this.process, 'close').then(([code, signal]) => ({
      code: exitCode(code as number | null, signal as NodeJS.Signals | null),
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Resolves with the match as soon as an output has it; rejects when the process ends without. */
  async says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this[stream]);
        if (match !== null) {
          this.#listeners.delete(look);
          resolve(match);
        }
      };
      this.#listeners.add(look);
      look();
    });
    const ended = this.finished.then(({ code, stdout, stderr }) => {
      const match = pattern.exec(this[stream]);
      if (match !== null) return match;
      throw new Error(`ended with ${code} before it said ${pattern}:\n${stdout}${stderr}`);
    });
    return await Promise.race([found, ended]);
  }
}

/** As a shell reports it: 128 and the number of the signal that ended the process. */
function exitCode(code: number | null, signal: NodeJS.Signals | null): number | null {
  return signal === null ? code : 128 + constants.signals[signal];
}

export function propylon(args: readonly string[], options?: RunOptions): Promise<Finished> {
  return new Running(args, options).finished;
}
