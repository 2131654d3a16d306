/**
 * One request to an upstream of several targets: it waits for its turn, and has one attempt at a target or several. What
 * the caller hears is what it would hear from a client: the head, data and end of one answer, or one error.
 */
import { performance } from 'node:perf_hooks';
import type { HeaderBlock } from '../../http/header-block.js';
import { Deadline } from '../deadlines.js';
import { IDEMPOTENT } from '../options.js';
import {
  STREAMED,
  type UpstreamCall,
  UpstreamError,
  type UpstreamHandler,
  type UpstreamPort,
  type UpstreamRequest,
} from '../upstream.js';
import type { BalancedUpstream } from './balanced-upstream.js';
import type { Target } from './target.js';

/**
 * Bytes of a streamed body that are kept, so that it can go elsewhere when there is no connection, although the attempt
 * seems to take them. While it takes none, every part is kept: the attempt holds the same bytes, so it costs nothing,
 * and how many there are is the caller's own bound.
 */
const KEPT_BYTES = 524_288;

/** Different durations the rest of a time-out is rounded to. */
const TIME_STEPS = 64;

/** Of an answer that is not passed on: so much is read to keep its connection. */
const DISCARDED_BYTES = 65_536;

/** A target that answers so is not well: it, or something behind it, is missing or overloaded. */
function isGatewayFailure(status: number): boolean {
  return status >= 502 && status <= 504;
}

export class BalancedCall extends Deadline implements UpstreamCall {
  readonly #upstream: BalancedUpstream;
  readonly #request: UpstreamRequest;
  readonly #handler: UpstreamHandler;
  readonly #key: number;
  readonly #startedAt = performance.now();

  /** The attempt under way whose answer counts; null while waiting, and after the end. */
  #attempt: Attempt | null = null;
  #attempts = 0;
  #tried: Target[] | null = null;
  #started = false;
  #ended = false;
  #cancelled = false;
  #paused = false;
  /** Parts of a streamed body nobody has taken yet; null once they cannot be repeated. */
  #kept: Uint8Array[] | null;
  #keptBytes = 0;
  #bodyEnded = false;
  /** `write` said false and `onDrain` is owed. */
  #blocked = false;

  constructor(upstream: BalancedUpstream, request: UpstreamRequest, handler: UpstreamHandler, key: number) {
    super();
    this.#upstream = upstream;
    this.#request = request;
    this.#handler = handler;
    this.#key = key;
    this.#kept = request.body === STREAMED ? [] : null;
  }

  // --- for the upstream ---

  /** It is let through. */
  start(): void {
    this.#started = true;
    this.#startAttempt();
  }

  /** It is not let through, and hears of it soon. */
  refuse(message: string): void {
    this.#ended = true;
    process.nextTick(() => this.#tell(new UpstreamError('overload', message)));
  }

  /** It waited for its turn all its time. */
  override onDeadline(): void {
    this.#upstream.leave(this);
    this.#ended = true;
    const message = `Waited ${this.#request.timeoutMs} ms for one of the requests to upstream ${this.#upstream.name} to end.`;
    this.#tell(new UpstreamError('timeout', message));
  }

  // --- for the caller ---

  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#request.body !== STREAMED) return true;
    const attempt = this.#attempt;
    if (this.#kept !== null) {
      this.#kept.push(chunk);
      this.#keptBytes += chunk.length;
    }
    // Without an attempt under way it waits for its turn, which the caller's own window bounds.
    const room = attempt?.call.write(chunk) ?? false;
    if (!room) this.#blocked = true;
    else if (this.#keptBytes > KEPT_BYTES) this.#kept = null;
    return room;
  }

  end(): void {
    if (this.#ended) return;
    this.#bodyEnded = true;
    this.#attempt?.call.end();
  }

  pause(): void {
    this.#paused = true;
    this.#attempt?.call.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#attempt?.call.resume();
  }

  answered(): void {
    this.#attempt?.call.answered();
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#started) {
      this.#upstream.leave(this);
      return;
    }
    this.#attempt?.cancel();
    this.#attempt = null;
    this.#upstream.callEnded();
  }

  // --- for the attempt under way ---

  /** @returns false: the answer is not passed on, there is another attempt */
  head(attempt: Attempt, status: number, headers: string, contentLength: number): boolean {
    const { retry } = this.#upstream.settings;
    if (isGatewayFailure(status)) this.#upstream.attemptFailed(attempt.target);
    else attempt.sound = true;
    if (retry?.onStatus.has(status) && this.#mayRepeat(false)) {
      this.#startAttempt();
      return false;
    }
    this.#handler.onHead(status, headers, contentLength);
    return true;
  }

  data(chunk: Uint8Array): void {
    this.#handler.onData(chunk);
  }

  complete(): void {
    this.#finish();
    this.#handler.onEnd();
  }

  failed(attempt: Attempt, error: UpstreamError): void {
    if (this.#blames(error)) this.#upstream.attemptFailed(attempt.target);
    const { retry } = this.#upstream.settings;
    const reason = error.unconnected
      ? retry?.onConnectFailure
      : retry?.onReset && error.kind === 'network' && !attempt.headed;
    if (reason && this.#mayRepeat(error.unconnected)) {
      this.#startAttempt();
      return;
    }
    this.#finish();
    this.#handler.onError(error);
  }

  drained(): void {
    // Bytes have left: what was kept cannot be sent as if nothing had been.
    this.#kept = null;
    this.#drained();
  }

  // --- internals ---

  #startAttempt(): void {
    const upstream = this.#upstream;
    const target = upstream.choose(this.#key, this.#tried);
    this.#attempts++;
    if (upstream.settings.retry !== undefined) {
      if (this.#tried === null) this.#tried = [];
      this.#tried.push(target);
    }
    const attempt = new Attempt(this, target, upstream.client, this.#request, this.#timeLeft());
    this.#attempt = attempt;
    if (this.#paused) attempt.call.pause();
    if (this.#request.body === STREAMED) this.#replay(attempt.call);
  }

  /** Gives a new attempt the parts of the body that came before it. */
  #replay(call: UpstreamCall): void {
    let room = true;
    for (const part of this.#kept ?? []) room = call.write(part);
    if (this.#upstream.settings.retry === undefined) this.#kept = null;
    if (this.#bodyEnded) call.end();
    else if (room && this.#blocked) process.nextTick(() => this.#drained());
  }

  #drained(): void {
    if (this.#ended || !this.#blocked) return;
    this.#blocked = false;
    this.#handler.onDrain();
  }

  /** @param unsent nothing of the request has reached anybody */
  #mayRepeat(unsent: boolean): boolean {
    const { retry } = this.#upstream.settings;
    if (retry === undefined || this.#attempts >= retry.attempts || this.#timeLeft() <= 0) return false;
    if (unsent) return this.#request.body !== STREAMED || this.#kept !== null;
    if (this.#request.body === STREAMED) return false;
    if (!retry.nonIdempotent && !IDEMPOTENT.has(this.#request.method)) return false;
    return this.#upstream.budget.spend();
  }

  /** Whether the failure speaks against the target: not when we refused, or a client may have been the slow one. */
  #blames(error: UpstreamError): boolean {
    if (error.kind === 'overload' || (error.kind === 'address' && !error.unconnected)) return false;
    return error.kind !== 'timeout' || (this.#request.body !== STREAMED && !this.#paused);
  }

  /**
   * Milliseconds; the time-out is that of the request, however many attempts it has. In few different durations, since
   * each is a timer (deadlines.ts): what is left is rounded up by a sixty-fourth of the whole at most.
   */
  #timeLeft(): number {
    const whole = this.#request.timeoutMs;
    const step = whole / TIME_STEPS;
    return whole - Math.floor((performance.now() - this.#startedAt) / step) * step;
  }

  #finish(): void {
    this.#ended = true;
    this.#attempt = null;
    this.#upstream.callEnded();
  }

  #tell(error: UpstreamError): void {
    if (this.#cancelled) return;
    try {
      this.#handler.onError(error);
    } catch (fault) {
      this.#upstream.onFault(fault);
    }
  }
}

/** One attempt at one target. */
class Attempt implements UpstreamHandler {
  readonly target: Target;
  readonly call: UpstreamCall;
  /** The head of its answer has come. */
  headed = false;
  /** The target answers: once the answer is whole, it is well. */
  sound = false;
  /** Null once its answer does not count any more. */
  #owner: BalancedCall | null;
  #over = false;
  #discarded = 0;

  constructor(
    owner: BalancedCall,
    target: Target,
    client: UpstreamPort,
    request: UpstreamRequest,
    timeoutMs: number,
  ) {
    const { method, target: path, headers, body, bodyLength } = request;
    this.#owner = owner;
    this.target = target;
    target.started();
    this.call = client.request(
      { origin: target.origin, method, target: path, headers, body, bodyLength, timeoutMs },
      this,
    );
  }

  cancel(): void {
    this.#owner = null;
    this.call.cancel();
    this.#end();
  }

  onHead(status: number, headers: HeaderBlock, contentLength: number): void {
    this.headed = true;
    if (this.#owner?.head(this, status, headers, contentLength) !== false) return;
    this.#owner = null;
    if (contentLength > DISCARDED_BYTES) this.cancel();
  }

  onData(chunk: Uint8Array): void {
    if (this.#owner !== null) {
      this.#owner.data(chunk);
      return;
    }
    this.#discarded += chunk.length;
    if (this.#discarded > DISCARDED_BYTES) this.cancel();
  }

  onEnd(): void {
    this.#end();
    if (this.sound) this.target.succeeded();
    this.#owner?.complete();
  }

  onError(error: UpstreamError): void {
    this.#end();
    this.#owner?.failed(this, error);
  }

  onDrain(): void {
    this.#owner?.drained();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.target.ended();
  }
}
