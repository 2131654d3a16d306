/**
 * The access log: one line per request. Workers format, because formatting is work and they are many; they send lines
 * in batches to the main thread, which alone writes.
 *
 * Text follows the Common Log Format and goes on with what API Gateway's formats know:
 *
 *   192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET /v1/pets/7 HTTP/1.1" 200 123 "curl/8.5" 4f0c... petstore/prod "/pets/{id}" 12.3 10.1 -
 *   address      time of arrival               method and path           status bytes agent  request id  API/stage  resource  latency integration latency, error type
 *
 * The query is never logged: it is where tokens and personal data travel.
 */
import { openSync } from 'node:fs';
import type { Exchange } from '../exchange/exchange.js';
import { headerValue } from '../http/header-block.js';
import { logError } from './error-log.js';
import { FdWriter } from './fd-writer.js';
import { escapeText, jsonString } from './printable.js';

/** One line with its line end, in ASCII. */
export type AccessLogFormatter = (exchange: Exchange, endedAt: number) => string;

/**
 * The formatter reads the exchange itself: an object between the two would be built and thrown away per request. Call it
 * once per exchange, when it has ended, answered or not.
 */
export function accessLogFormatter(format: 'text' | 'json'): AccessLogFormatter {
  return format === 'json' ? formatJson : formatText;
}

function formatText(exchange: Exchange, endedAt: number): string {
  const { request, stage } = exchange;
  const latency = endedAt - request.arrivedAt;
  const agent = headerValue(request.headers, 'user-agent');
  return (
    `${request.sourceIp} - - [${commonLogTime(Date.now() - latency)}] ` +
    `"${escapeText(exchange.method)} ${escapeText(pathOf(exchange))} HTTP/1.1" ` +
    `${exchange.status === 0 ? '-' : exchange.status} ${exchange.bytesSent} ` +
    `"${agent === undefined ? '-' : escapeText(agent)}" ${exchange.requestId} ` +
    `${stage === null ? '-' : `${stage.apiId}/${stage.stageName}`} ` +
    `"${exchange.resourceTemplate === '' ? '-' : escapeText(exchange.resourceTemplate)}" ` +
    `${tenths(latency)} ${exchange.integrationLatency < 0 ? '-' : tenths(exchange.integrationLatency)} ` +
    `${exchange.errorType === '' ? '-' : exchange.errorType}\n`
  );
}

/** Members without a value are null, so that every line has the same members. */
function formatJson(exchange: Exchange, endedAt: number): string {
  const { request, stage } = exchange;
  const latency = endedAt - request.arrivedAt;
  const agent = headerValue(request.headers, 'user-agent');
  return (
    `{"time":"${isoTime(Date.now() - latency)}","requestId":"${exchange.requestId}",` +
    `"apiId":${stage === null ? 'null' : jsonString(stage.apiId)},` +
    `"stage":${stage === null ? 'null' : jsonString(stage.stageName)},` +
    `"resourcePath":${exchange.resourceTemplate === '' ? 'null' : jsonString(exchange.resourceTemplate)},` +
    `"httpMethod":${jsonString(exchange.method)},"path":${jsonString(pathOf(exchange))},` +
    `"protocol":"HTTP/1.1","status":${exchange.status === 0 ? 'null' : exchange.status},` +
    `"responseLength":${exchange.bytesSent},"sourceIp":${jsonString(request.sourceIp)},` +
    `"userAgent":${agent === undefined ? 'null' : jsonString(agent)},"responseLatency":${tenths(latency)},` +
    `"integrationLatency":${exchange.integrationLatency < 0 ? 'null' : tenths(exchange.integrationLatency)},` +
    `"errorType":${exchange.errorType === '' ? 'null' : jsonString(exchange.errorType)}}\n`
  );
}

/** `$context.path`; what the client sent when no stage was reached. */
function pathOf(exchange: Exchange): string {
  return exchange.contextPath === '' ? exchange.request.path : exchange.contextPath;
}

/** API Gateway logs whole milliseconds; a proxy's own share is below one. */
function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let textSecond = -1;
let textTime = '';

/** `10/Oct/2025:13:55:36 +0000`, made anew when the second changes. */
function commonLogTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1e3);
  if (second !== textSecond) {
    textSecond = second;
    const iso = new Date(second * 1e3).toISOString();
    const month = MONTHS[Number(iso.slice(5, 7)) - 1];
    textTime = `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
  }
  return textTime;
}

let jsonSecond = -1;
let jsonPrefix = '';

/** `2025-10-10T13:55:36.042Z`, its first part made anew when the second changes. */
function isoTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  const second = Math.floor(whole / 1e3);
  if (second !== jsonSecond) {
    jsonSecond = second;
    jsonPrefix = new Date(second * 1e3).toISOString().slice(0, 20);
  }
  return `${jsonPrefix}${String(whole % 1e3).padStart(3, '0')}Z`;
}

/** What may wait while the sink is slower than the traffic: some 30,000 lines, a second or less of a busy node. */
const BUFFER_BYTES = 8 * 1024 * 1024;

const STDOUT = 1;

/** Logs can hold addresses of people: not for everyone on the machine. */
const FILE_MODE = 0o640;

/** The main thread's side: writes batches to a file or to standard output, in order, never waiting for the sink. */
export class AccessLogWriter {
  readonly #file: string | undefined;
  readonly #writer: FdWriter;
  readonly #onHangUp = (): void => this.reopen();

  /**
   * @param file absent: standard output. A file is appended to, and opened again on SIGHUP, as log rotation expects
   * @throws Error when the file cannot be opened
   */
  constructor(file?: string) {
    this.#file = file;
    this.#writer = new FdWriter(file === undefined ? STDOUT : open(file), BUFFER_BYTES, (error) =>
      logError(`access log: ${error.message}; its lines are dropped`, 'access log'),
    );
    if (file !== undefined) process.on('SIGHUP', this.#onHangUp);
  }

  /** Lines given up since the start. */
  get dropped(): number {
    return this.#writer.dropped;
  }

  /** @param lines whole lines as the formatter made them; `count` of them */
  write(lines: string, count: number): void {
    this.#writer.write(lines, count);
  }

  /** Opens the file again under its name; when that fails, the old one is written on. */
  reopen(): void {
    if (this.#file === undefined) return;
    try {
      this.#writer.replace(open(this.#file));
    } catch (error) {
      logError(`${(error as Error).message}; writing on to the old file`, 'access log');
    }
  }

  /** Writes what waits, for at most `timeoutMs`. */
  async close(timeoutMs = 2_000): Promise<void> {
    process.off('SIGHUP', this.#onHangUp);
    await this.#writer.flush(timeoutMs);
    if (this.#file !== undefined) this.#writer.close();
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'a', FILE_MODE);
  } catch (error) {
    throw new Error(`cannot open the access log: ${(error as Error).message}`, { cause: error });
  }
}
