/**
 * Which of several targets gets a request. Each policy looks at all of them: they are a hundred at most, usually few,
 * and weights change while targets warm up.
 */
import { combined } from './hash.js';
import type { BalancedUpstreamSettings } from './settings.js';
import type { Target } from './target.js';

/**
 * @param targets at least one
 * @param key hash of what the request is assigned by; -1: it has none
 */
export type Policy = (targets: readonly Target[], key: number) => Target;

export function policyOf(balance: BalancedUpstreamSettings['balance']): Policy {
  if (balance === 'least-requests') return leastRequests;
  return balance === 'consistent-hash' ? consistentHash : roundRobin;
}

/**
 * In turn, by weight, and smoothly: 2 and 1 become A B A, not A A B. Everybody earns its weight, the richest pays for
 * all (as nginx does it).
 */
function roundRobin(targets: readonly Target[]): Target {
  let best = targets[0] as Target;
  let total = 0;
  for (const target of targets) {
    const { weight } = target;
    target.credit += weight;
    total += weight;
    if (target.credit > best.credit) best = target;
  }
  best.credit -= total;
  return best;
}

/**
 * Of two at random the one with less to do for its weight. Looking at all and taking the idlest would send every
 * worker's next request to the same target.
 */
function leastRequests(targets: readonly Target[]): Target {
  const first = drawn(targets, null);
  const second = drawn(targets, first);
  return second.active / second.weight < first.active / first.weight ? second : first;
}

/** One at random, by weight; another than `taken` if there is one. */
function drawn(targets: readonly Target[], taken: Target | null): Target {
  let total = 0;
  for (const target of targets) if (target !== taken) total += target.weight;
  let left = Math.random() * total;
  let last = taken ?? (targets[0] as Target);
  for (const target of targets) {
    if (target === taken) continue;
    last = target;
    left -= target.weight;
    if (left < 0) break;
  }
  return last;
}

/**
 * Rendezvous hashing: every target bids for the key, the highest bid wins. When a target goes, its keys spread over the
 * others by weight and nobody else's move; there is no ring to keep.
 */
function consistentHash(targets: readonly Target[], key: number): Target {
  if (key < 0) return roundRobin(targets);
  let best = targets[0] as Target;
  let highest = Number.NEGATIVE_INFINITY;
  for (const target of targets) {
    // Uniform in (0, 1); the logarithm makes shares proportional to weights.
    const draw = (combined(key, target.seed) + 0.5) / 4_294_967_296;
    const bid = -target.weight / Math.log(draw);
    if (bid > highest) {
      highest = bid;
      best = target;
    }
  }
  return best;
}
