/**
 * An upstream of several targets, in front of the client of a worker: whom a request goes to, how many are let through,
 * and who is left out. All of it is this worker's own view; nothing is shared between workers.
 */
import { headerValue } from '../../http/header-block.js';
import { Deadlines } from '../deadlines.js';
import {
  type Origin,
  type RequestSender,
  STREAMED,
  type UpstreamCall,
  type UpstreamHandler,
  type UpstreamPort,
  type UpstreamRequest,
} from '../upstream.js';
import { BalancedCall } from './balanced-call.js';
import { hashText } from './hash.js';
import { HealthChecks } from './health-checks.js';
import { type Policy, policyOf } from './policies.js';
import { RetryBudget } from './retry-budget.js';
import type { BalancedUpstreamSettings } from './settings.js';
import { ShadowCopy } from './shadow-copy.js';
import { Target, type TargetOwner } from './target.js';
import { TARGET_VALUES } from './target-counts.js';

/** Copies under way at once; a slow shadow costs memory and connections, and must not cost more than that. */
const MAX_COPIES = 100;

export interface BalancedUpstreamOptions {
  /** For messages. */
  readonly name: string;
  readonly settings: BalancedUpstreamSettings;
  readonly scheme: 'http' | 'https';
  readonly client: UpstreamPort;
  /** Values of each target (target-counts.ts); absent: nobody reads them. */
  readonly counts?: readonly Float64Array[];
  /** For health checks; absent: none are made. */
  readonly checkClient?: UpstreamPort;
  readonly onFault: (error: unknown) => void;
}

export class BalancedUpstream implements UpstreamPort, TargetOwner {
  readonly name: string;
  readonly settings: BalancedUpstreamSettings;
  readonly client: UpstreamPort;
  readonly targets: readonly Target[];
  readonly slowStartMs: number;
  readonly budget: RetryBudget;
  readonly onFault: (error: unknown) => void;
  /** Whoever made this upstream makes them run, too; null: there are none. */
  readonly checks: HealthChecks | null;
  /** Gets the copies; set once by whoever knows the upstreams by name. */
  shadow: BalancedUpstream | null = null;

  readonly #policy: Policy;
  readonly #maxRequests: number;
  readonly #maxPending: number;
  /** Of calls that wait for their turn. */
  readonly #deadlines: Deadlines;
  /** Those that get requests; never empty. */
  #candidates: readonly Target[];
  #active = 0;
  /** First in, first out. */
  readonly #waiting = new Set<BalancedCall>();
  readonly #copies = new Set<ShadowCopy>();
  #ejected = 0;

  constructor(options: BalancedUpstreamOptions) {
    const { settings, scheme, counts, checkClient } = options;
    this.name = options.name;
    this.settings = settings;
    this.client = options.client;
    this.onFault = options.onFault;
    this.slowStartMs = settings.slowStartMs;
    this.budget = new RetryBudget(settings.retry?.budget ?? 0);
    this.targets = settings.targets.map(({ host, port, weight }, i) => {
      const origin = originOf(host, port, scheme, settings);
      return new Target(this, origin, weight, counts?.[i] ?? new Float64Array(TARGET_VALUES));
    });
    this.#candidates = this.targets;
    this.#policy = policyOf(settings.balance);
    const { healthCheck } = settings;
    this.checks =
      healthCheck === undefined || checkClient === undefined
        ? null
        : new HealthChecks(this.targets, healthCheck, checkClient);
    this.#maxRequests = settings.circuitBreaker?.maxRequests ?? Number.POSITIVE_INFINITY;
    this.#maxPending = settings.circuitBreaker?.maxPending ?? 0;
    this.#deadlines = new Deadlines(options.onFault);
  }

  request(request: UpstreamRequest, handler: UpstreamHandler, sender?: RequestSender): UpstreamCall {
    if (this.shadow !== null) this.#copy(this.shadow, request, sender);
    return this.send(request, handler, sender);
  }

  /** The same without a shadow copy. */
  send(request: UpstreamRequest, handler: UpstreamHandler, sender?: RequestSender): BalancedCall {
    this.budget.earn();
    const call = new BalancedCall(this, request, handler, this.#keyOf(request, sender));
    if (this.#active < this.#maxRequests) {
      this.#active++;
      call.start();
    } else if (this.#waiting.size < this.#maxPending) {
      this.#waiting.add(call);
      this.#deadlines.arm(call, request.timeoutMs);
    } else {
      call.refuse(
        `Upstream ${this.name} has ${this.#active} requests under way and ${this.#waiting.size} waiting.`,
      );
    }
    return call;
  }

  /** Gives up what nobody waits for: health checks and shadow copies. */
  stop(): void {
    this.checks?.stop();
    for (const copy of this.#copies) copy.cancel();
  }

  // --- for calls, health checks and targets ---

  /**
   * Chooses the target of the next attempt.
   * @param tried targets that had this request before; others are preferred
   */
  choose(key: number, tried: readonly Target[] | null): Target {
    const candidates = this.#candidates;
    if (tried === null) return this.#policy(candidates, key);
    const others = candidates.filter((target) => !tried.includes(target));
    return this.#policy(others.length > 0 ? others : candidates, key);
  }

  /** A call that was let through is over: the next one is. */
  callEnded(): void {
    this.#active--;
    for (const call of this.#waiting) {
      this.leave(call);
      this.#active++;
      call.start();
      return;
    }
  }

  /** The call does not wait any more. */
  leave(call: BalancedCall): void {
    this.#waiting.delete(call);
    this.#deadlines.disarm(call);
  }

  attemptFailed(target: Target): void {
    target.failed();
    const detection = this.settings.outlierDetection;
    if (detection === undefined || target.ejected || target.failuresInRow < detection.consecutiveFailures)
      return;
    if (this.#ejected >= this.#mostEjected(detection.maxEjected)) return;
    this.#ejected++;
    target.setEjected(true);
    setTimeout(() => {
      this.#ejected--;
      // On probation: its next failure ejects it again, its next success acquits it.
      target.failuresInRow = detection.consecutiveFailures - 1;
      target.setEjected(false);
    }, detection.ejectionMs).unref();
  }

  availabilityChanged(): void {
    const available = this.targets.filter((target) => target.available);
    // With nobody left the checks are more likely to be wrong than all targets: everybody is tried.
    this.#candidates = available.length > 0 ? available : this.targets;
  }

  // --- internals ---

  /** At least one of several, so that a small percentage of few targets is not nothing. */
  #mostEjected(percent: number): number {
    const count = this.targets.length;
    return percent === 0 || count === 1 ? 0 : Math.max(1, Math.floor((count * percent) / 100));
  }

  #keyOf(request: UpstreamRequest, sender: RequestSender | undefined): number {
    if (this.settings.balance !== 'consistent-hash') return -1;
    const { hashOn } = this.settings;
    if (hashOn.kind === 'path') {
      const query = request.target.indexOf('?');
      return hashText(query < 0 ? request.target : request.target.slice(0, query));
    }
    const text =
      hashOn.kind === 'source-ip' ? sender?.sourceIp : headerValue(sender?.headers ?? '', hashOn.name);
    return text === undefined || text === '' ? -1 : hashText(text);
  }

  /** A copy has no effect on the request it is of: bodies that are still on their way are not copied. */
  #copy(shadow: BalancedUpstream, request: UpstreamRequest, sender: RequestSender | undefined): void {
    if (request.body === STREAMED || this.#copies.size >= MAX_COPIES) return;
    if (Math.random() * 100 >= (this.settings.shadow?.percent ?? 0)) return;
    const copy = new ShadowCopy(() => this.#copies.delete(copy));
    this.#copies.add(copy);
    copy.start(shadow, request, sender);
  }
}

function originOf(
  host: string,
  port: number | undefined,
  scheme: 'http' | 'https',
  { tls }: BalancedUpstreamSettings,
): Origin {
  const origin = { scheme, host, port: port ?? (scheme === 'https' ? 443 : 80) };
  return scheme === 'http' ? origin : { ...origin, ...tls };
}
