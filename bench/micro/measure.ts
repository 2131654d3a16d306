/** What every micro bench file uses: named operations, measured in nanoseconds each. */
import { Bench } from 'tinybench';
import { table } from '../report.js';

/** Calls per sample unless told otherwise. One call of 30 ns is shorter than reading the clock: samples are loops. */
const CALLS = 1000;

/** Keeps results alive, so that the compiler cannot drop the work that made them. */
export const sink: { value: unknown } = { value: null };

export interface Measured {
  name: string;
  /** Nanoseconds per call. */
  median: number;
  p99: number;
}

export class Micro {
  readonly #title: string;
  readonly #calls: number;
  readonly #bench = new Bench({ time: 400, warmupTime: 200 });

  /** @param calls per sample: fewer for operations that take milliseconds */
  constructor(title: string, calls = CALLS) {
    this.#title = title;
    this.#calls = calls;
  }

  /** `operation` is given the number of the call, to pick one of several inputs by. */
  add(name: string, operation: (call: number) => unknown): this {
    const calls = this.#calls;
    this.#bench.add(name, () => {
      for (let call = 0; call < calls; call++) sink.value = operation(call);
    });
    return this;
  }

  /** Runs everything, prints the table, and hands the numbers to the process that started this one. */
  async run(): Promise<void> {
    await this.#bench.run();
    const measured = this.#bench.tasks.map(({ name, result }): Measured => {
      if (result.state !== 'completed') throw new Error(`${this.#title}, ${name}: ${result.state}`);
      // Milliseconds for all calls of a sample.
      const { p50, p99 } = result.latency;
      return { name, median: (p50 * 1e6) / this.#calls, p99: (p99 * 1e6) / this.#calls };
    });
    const rows = measured.map(({ name, median, p99 }) => [name, nanoseconds(median), nanoseconds(p99)]);
    process.stdout.write(`${table([[this.#title, 'median ns', 'p99 ns'], ...rows])}\n\n`);
    process.send?.(measured);
  }
}

function nanoseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toString();
}

/** Copies that no earlier use has flattened or hashed: strings as they come from a socket. */
export function fresh(texts: readonly string[]): string[] {
  return texts.map((text) => Buffer.from(text, 'latin1').toString('latin1'));
}
