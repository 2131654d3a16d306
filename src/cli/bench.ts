/** `propylon bench`: load on any HTTP server, and what became of it. */
import { planDuration } from '../load/plan.js';
import { CannotConnect, startLoad } from '../load/run-load.js';
import type { LoadResult, Second } from '../load/tally.js';
import { judge } from '../load/thresholds.js';
import { benchPlan } from './bench-plan.js';
import { type BenchFlags, benchSettings } from './bench-settings.js';
import { headline, progressLine, resultJson, resultText } from './bench-text.js';
import { CommandError, safeJson } from './output.js';

/** Where nobody watches, a line this often shows that it goes on. */
const UNWATCHED_SECONDS = 10;
const INTERRUPTED = 130;

/** @returns the exit code: 1 when a threshold is broken or nothing was answered. @throws CommandError */
export async function bench(target: string, flags: BenchFlags): Promise<number> {
  const { plan, thresholds, title } = await benchPlan(benchSettings(target, flags));
  process.stderr.write(headline(title, plan));
  const progress = new Progress(planDuration(plan));
  const load = startLoad(plan, (second) => progress.second(second));
  let interrupts = 0;
  const interrupt = (): void => {
    if (++interrupts > 1) process.exit(INTERRUPTED);
    load.stop();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  let result: LoadResult;
  try {
    result = await load.result;
  } catch (error) {
    if (!(error instanceof CannotConnect)) throw error;
    const hint = /cannot connect: [A-Z_]*(CERT|SIGN|ALTNAME)/.test(error.message)
      ? ' (--insecure accepts any certificate)'
      : '';
    throw new CommandError(`${error.message}${hint}`);
  } finally {
    progress.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  const judgements = thresholds.map((threshold) => judge(threshold, result));
  process.stdout.write(
    flags.json === true
      ? safeJson(resultJson(title, plan, result, judgements))
      : `\n${resultText(result, judgements)}`,
  );
  const answered = result.requests > result.failed || Object.keys(result.statuses).length > 0;
  return answered && judgements.every(({ met }) => met) ? 0 : 1;
}

/** On standard error: one line that is overwritten for those who watch, now and then a line for a log. */
class Progress {
  readonly #totalMs: number;
  readonly #watched = process.stderr.isTTY === true;

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
  }

  second(second: Second): void {
    const line = progressLine(second, this.#totalMs);
    if (this.#watched) process.stderr.write(`\r\u001b[K${line}`);
    else if ((second.second + 1) % UNWATCHED_SECONDS === 0) process.stderr.write(`${line}\n`);
  }

  end(): void {
    if (this.#watched) process.stderr.write('\r\u001b[K');
  }
}
