/** The last step of a request's life: counters, access log line, and the cause of an error, once per ended exchange. */
import type { Exchange } from '../exchange/exchange.js';
import { type AccessLogFormatter, accessLogFormatter } from '../telemetry/access-log.js';
import type { Counters } from '../telemetry/counters.js';
import { logError } from '../telemetry/error-log.js';

/** Lines leave together: at the latest after this long, or when so many wait. */
const BATCH_MS = 50;
const BATCH_LINES = 512;

export class RequestLog {
  readonly #counters: Counters;
  readonly #format: AccessLogFormatter | null;
  readonly #send: (lines: string, count: number) => void;
  #lines = '';
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    counters: Counters,
    format: 'off' | 'text' | 'json',
    send: (lines: string, count: number) => void,
  ) {
    this.#counters = counters;
    this.#format = format === 'off' ? null : accessLogFormatter(format);
    this.#send = send;
  }

  /** Every exchange gets a line, which names its request id. */
  get on(): boolean {
    return this.#format !== null;
  }

  underWay(exchange: Exchange): void {
    exchange.counted = true;
    this.#counters.stageInFlight(slotOf(exchange), 1);
  }

  ended(exchange: Exchange, endedAt: number): void {
    const slot = slotOf(exchange);
    if (exchange.counted) this.#counters.stageInFlight(slot, -1);
    this.#counters.record(
      slot,
      exchange.status,
      endedAt - exchange.request.arrivedAt,
      exchange.integrationLatency,
      exchange.bytesSent,
    );
    if (exchange.errorCause !== '') logError(errorLine(exchange), exchange.errorCause);
    if (this.#format === null) return;
    this.#lines += this.#format(exchange, endedAt);
    this.#count++;
    if (this.#count >= BATCH_LINES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#count === 0) return;
    this.#send(this.#lines, this.#count);
    this.#lines = '';
    this.#count = 0;
  }
}

function slotOf({ stage }: Exchange): number {
  return stage === null ? 0 : stage.counterSlot;
}

function errorLine(exchange: Exchange): string {
  const { stage } = exchange;
  const where = stage === null ? '' : ` ${stage.apiId}/${stage.stageName}`;
  return `request ${exchange.requestId}${where} ${exchange.method} ${exchange.resourceTemplate}: ${exchange.status} ${exchange.errorCause}`;
}
