/** What all requests of one acceptor share: limits, the workers' links, and the bounds on what is in flight. */
import type { Counters, RefusalReason } from '../telemetry/counters.js';
import type { RefusedRequest } from './protocol.js';
import type { HeadLimits } from './request-head.js';
import type { WorkerLink } from './worker-link.js';

export interface AcceptorLimits extends HeadLimits {
  /** Requests under way in the whole node. */
  maxInFlight: number;
  maxBodyBytes: number;
  /** Request body bytes held for requests not yet answered, per acceptor. */
  maxHeldBytes: number;
}

/** How soon it is noticed that a client is gone which is not read. What it sends meanwhile is bounded by its body's limit. */
const PEEK_MS = 1_000;

/** Why the acceptor answers a request itself. */
export type OwnAnswerReason = RefusalReason | 'shed' | 'no_worker' | 'worker_died';

/** Called for each request the acceptor answers by itself, for counters and the access log. */
export type OwnAnswerObserver = (reason: OwnAnswerReason, request: RefusedRequest) => void;

export class AcceptorState {
  readonly limits: AcceptorLimits;
  /** A node that stops: answers ask clients to close their connections. */
  draining = false;
  /** Requests carry the client's address. */
  sourceIp = true;
  links: WorkerLink[] = [];
  /** Requests whose clients are not read at the moment: their upstream is slower. */
  readonly paused = new Set<{ readOn(): void }>();
  readonly #inFlight: Int32Array;
  readonly #counters: Counters;
  readonly #observer: OwnAnswerObserver;
  #heldBytes = 0;
  #own = 0;
  /** Of `#own`, what the other acceptors can see. */
  #published = 0;
  #publishing = false;
  #turn = 0;
  #onIdle: (() => void) | null = null;

  /** @param inFlight one counter shared by all acceptors of the node */
  constructor(limits: AcceptorLimits, inFlight: Int32Array, counters: Counters, observer: OwnAnswerObserver) {
    this.limits = limits;
    this.#counters = counters;
    this.#inFlight = inFlight;
    this.#observer = observer;
    setInterval(() => {
      for (const request of [...this.paused]) request.readOn();
    }, PEEK_MS).unref();
  }

  /** True when one more request is too many. */
  get full(): boolean {
    return Atomics.load(this.#inFlight, 0) - this.#published + this.#own >= this.limits.maxInFlight;
  }

  requestStarted(): void {
    this.#own++;
    this.#publishLater();
  }

  requestEnded(bodyBytes: number): void {
    this.#own--;
    this.#publishLater();
    this.#heldBytes -= bodyBytes;
    if (this.#own === 0 && this.#onIdle !== null) this.#onIdle();
  }

  /** Once a turn: the other acceptors of the node learn of this one's requests a turn late. */
  #publishLater(): void {
    if (this.#publishing) return;
    this.#publishing = true;
    setImmediate(this.#publish);
  }

  readonly #publish = (): void => {
    this.#publishing = false;
    this.#counters.setInFlight(this.#own);
    Atomics.add(this.#inFlight, 0, this.#own - this.#published);
    this.#published = this.#own;
  };

  /** Accounts for body bytes of a request until it ends. False: the bound is reached, refuse the request. */
  holdBytes(bytes: number): boolean {
    this.#heldBytes += bytes;
    return this.#heldBytes <= this.limits.maxHeldBytes;
  }

  refused(reason: OwnAnswerReason, request: RefusedRequest): void {
    this.#observer(reason, request);
  }

  /** The living worker with the fewest requests, ties in turn; null when none lives. */
  pickWorker(): WorkerLink | null {
    const links = this.links;
    const count = links.length;
    if (count === 1) return links[0] as WorkerLink;
    let best: WorkerLink | null = null;
    this.#turn++;
    for (let i = 0; i < count; i++) {
      const link = links[(this.#turn + i) % count] as WorkerLink;
      if (best === null || link.requests.size < best.requests.size) best = link;
    }
    return best;
  }

  /** Calls back once no request of this acceptor is under way. */
  whenIdle(callback: () => void): void {
    if (this.#own === 0) callback();
    else this.#onIdle = callback;
  }
}
