/**
 * Active health checks of one upstream, spread over the interval: one check is due every `interval / targets`. They have
 * a client of their own, so that they do not wait behind the traffic they are about.
 */
import type { UpstreamCall, UpstreamHandler, UpstreamPort } from '../upstream.js';
import type { HealthCheckSettings } from './settings.js';
import type { Target } from './target.js';

export class HealthChecks {
  /** Milliseconds between two calls of `next`. */
  readonly everyMs: number;
  readonly #client: UpstreamPort;
  readonly #checks: readonly TargetCheck[];
  #next = 0;

  constructor(targets: readonly Target[], settings: HealthCheckSettings, client: UpstreamPort) {
    this.everyMs = settings.intervalMs / targets.length;
    this.#client = client;
    this.#checks = targets.map((target) => new TargetCheck(target, settings));
  }

  /** Checks the target whose turn it is. */
  next(): void {
    this.#checks[this.#next]?.start(this.#client);
    this.#next = (this.#next + 1) % this.#checks.length;
  }

  /** Gives up what is under way. */
  stop(): void {
    for (const check of this.#checks) check.stop();
  }
}

/** The checks of one target, one at a time. */
class TargetCheck implements UpstreamHandler {
  readonly #target: Target;
  readonly #settings: HealthCheckSettings;
  /** Null when none is under way. */
  #call: UpstreamCall | null = null;
  #status = 0;
  /** In a row. */
  #failures = 0;
  #successes = 0;

  constructor(target: Target, settings: HealthCheckSettings) {
    this.#target = target;
    this.#settings = settings;
  }

  start(client: UpstreamPort): void {
    if (this.#call !== null) return;
    const { path, host, timeoutMs } = this.#settings;
    const { origin, address } = this.#target;
    const headers = `Host: ${host ?? address}\r\nUser-Agent: propylon-health-check\r\n`;
    this.#call = client.request(
      { origin, method: 'GET', target: path, headers, body: null, bodyLength: 0, timeoutMs },
      this,
    );
  }

  stop(): void {
    this.#call?.cancel();
  }

  onHead(status: number): void {
    this.#status = status;
  }

  onData(): void {}

  onEnd(): void {
    this.#ended(this.#status >= 200 && this.#status < 400);
  }

  onError(): void {
    this.#ended(false);
  }

  onDrain(): void {}

  #ended(healthy: boolean): void {
    this.#call = null;
    this.#failures = healthy ? 0 : this.#failures + 1;
    this.#successes = healthy ? this.#successes + 1 : 0;
    const { unhealthyAfter, healthyAfter } = this.#settings;
    if (this.#target.healthy && this.#failures >= unhealthyAfter) this.#target.setHealthy(false);
    else if (!this.#target.healthy && this.#successes >= healthyAfter) this.#target.setHealthy(true);
  }
}
